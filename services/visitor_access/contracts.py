"""What outsiders may rely on: the messages this service says, and what it uses of those it hears."""

from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, post_dump, validate, validates_schema

from services.visitor_access.events import (
    ArrivalUndone,
    GuestAnnounced,
    GuestArrived,
    GuestLeft,
    GuestMissed,
    GuestRegistered,
    GuestRemoved,
    VisitEvent,
)
from shared.messages import Said


def _number() -> fields.String:
    return fields.String(required=True, data_key="pass")


# ---------------------------------------------------------------------------------------------------------------- says


class _AboutAGuest(Schema):
    appointment = fields.String(required=True)


class GuestAnnouncedV1(_AboutAGuest):
    attempt = fields.Integer(required=True)
    site = fields.String(required=True)
    date = fields.Date(required=True)
    starts_at = fields.AwareDateTime(required=True)
    party_size = fields.Integer(required=True)


class GuestRegisteredV1(_AboutAGuest):
    attempt = fields.Integer(required=True)
    number = _number()
    site = fields.String(required=True)
    date = fields.Date(required=True)
    starts_at = fields.AwareDateTime(required=True)


class GuestRemovedV1(_AboutAGuest):
    attempt = fields.Integer(required=True)
    because = fields.String(required=True, validate=validate.OneOf(["declined", "expired", "cancelled"]))


class GuestArrivedV1(_AboutAGuest):
    number = _number()
    at = fields.AwareDateTime(required=True)


class ArrivalUndoneV1(GuestArrivedV1):
    """The arrival was a mis-click; so was a departure after it."""


class GuestLeftV1(_AboutAGuest):
    """`assumed` is there, and true, only where nobody saw the guest leave."""

    number = _number()
    at = fields.AwareDateTime(required=True)
    assumed = fields.Boolean()

    @post_dump
    def _only_when_assumed(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return data if data.get("assumed") else {name: value for name, value in data.items() if name != "assumed"}


class GuestMissedV1(_AboutAGuest):
    number = _number()


SAYS: dict[type, Schema] = {
    GuestAnnounced: GuestAnnouncedV1(),
    GuestRegistered: GuestRegisteredV1(),
    GuestRemoved: GuestRemovedV1(),
    GuestArrived: GuestArrivedV1(),
    ArrivalUndone: ArrivalUndoneV1(),
    GuestLeft: GuestLeftV1(),
    GuestMissed: GuestMissedV1(),
}


def say(event: VisitEvent) -> Said | None:
    """The message an event becomes; None for what is private."""
    schema = SAYS.get(type(event))
    if schema is None:
        return None
    return Said(type=type(event).__name__, version=1, subject=event.appointment, data=schema.dump(event))


# --------------------------------------------------------------------------------------------------------------- hears


class _Heard(Schema):
    class Meta:
        unknown = EXCLUDE

    appointment = fields.String(required=True)


class _Place(_Heard):
    attempt = fields.Integer(required=True, strict=True)
    site = fields.String(required=True)
    date = fields.Date(required=True)
    starts_at = fields.AwareDateTime(required=True)
    ends_at = fields.AwareDateTime(required=True)
    party_size = fields.Integer(required=True, strict=True)

    @validates_schema
    def _on_its_day(self, data: dict[str, Any], **_: Any) -> None:
        # The day's end is told from starts_at, the list from date.
        if data["starts_at"].date() != data["date"]:
            raise ValidationError("starts_at is not on this date", "date")


class _Named(Schema):
    class Meta:
        unknown = EXCLUDE

    name = fields.String(required=True)


class _HeardStop(Schema):
    class Meta:
        unknown = EXCLUDE

    room = fields.Nested(_Named, required=True)
    clerk = fields.Nested(_Named, required=True)


class AppointmentRequested(_Place):
    guest = fields.String(required=True)


class AppointmentConfirmed(_Place):
    stops = fields.List(fields.Nested(_HeardStop), required=True)


class AppointmentMoved(AppointmentConfirmed):
    """Told like a confirmation, for the new attempt."""


class AppointmentReassigned(_Heard):
    attempt = fields.Integer(required=True, strict=True)
    stops = fields.List(fields.Nested(_HeardStop), required=True)


class AppointmentDeclined(_Heard):
    pass


class AppointmentExpired(_Heard):
    pass


class AppointmentCancelled(_Heard):
    pass


class GuestForgotten(_Heard):
    pass


HEARD: dict[str, Schema] = {
    schema.__name__: schema()
    for schema in (
        AppointmentRequested,
        AppointmentConfirmed,
        AppointmentMoved,
        AppointmentReassigned,
        AppointmentDeclined,
        AppointmentExpired,
        AppointmentCancelled,
        GuestForgotten,
    )
}
VERSIONS = dict.fromkeys(HEARD, 1)
"""The newest version of each that is known here."""
