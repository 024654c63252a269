"""What outsiders may rely on: the messages said, what is used of the messages heard, and the HTTP calls."""

from collections.abc import Mapping
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, post_dump, pre_load, validate, validates_schema

from services.visitor_access.events import (
    GuestAnnounced,
    GuestArrived,
    GuestLeft,
    GuestMissed,
    GuestRegistered,
    GuestRemoved,
    VisitEvent,
)
from shared.fields import Instant, Key
from shared.messages import Said

STATUSES = ("announced", "registered", "arrived", "left", "missed", "removed")


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
        AppointmentDeclined,
        AppointmentExpired,
        AppointmentCancelled,
        GuestForgotten,
    )
}


# ---------------------------------------------------------------------------------------------------------------- HTTP


class ArrivalBody(Schema):
    """`at`: for a desk without a line that brings in later what it wrote down. `site`: where the desk stands."""

    at = Instant()
    site = Key()


class DepartureBody(Schema):
    """`at` as for arrivals."""

    at = Instant()


class AccessListQuery(Schema):
    """Without a date, today; without a site, all of them."""

    site = Key()
    date = fields.Date()
    include = fields.String(validate=validate.OneOf(["removed"]))

    @pre_load
    def _drop_empty(self, data: Mapping[str, Any], **_: Any) -> dict[str, Any]:
        # `?site=&date=` is what a form sends when nothing was chosen.
        return {name: data[name] for name in self.fields if data.get(name)}


class StopAnswer(Schema):
    room = fields.String(required=True)
    clerk = fields.String(required=True)


class GuestAnswer(Schema):
    """A guest as the desk sees it. `name` is null when the guest is forgotten or the key has not come yet."""

    appointment = fields.String(required=True)
    name = fields.String(required=True, allow_none=True)
    status = fields.String(required=True, validate=validate.OneOf(STATUSES))
    number = fields.String(required=True, allow_none=True, data_key="pass")
    party_size = fields.Integer(required=True)
    site = fields.String(required=True)
    date = fields.Date(required=True)
    starts_at = Instant(required=True)
    ends_at = Instant(required=True)
    stops = fields.List(fields.Nested(StopAnswer), required=True)
    arrived_at = Instant(required=True, allow_none=True)
    left_at = Instant(required=True, allow_none=True)
    left_assumed = fields.Boolean(required=True)


class CountsAnswer(Schema):
    announced = fields.Integer(required=True)
    registered = fields.Integer(required=True)
    arrived = fields.Integer(required=True)
    left = fields.Integer(required=True)
    missed = fields.Integer(required=True)
    removed = fields.Integer(required=True)


class AccessListAnswer(Schema):
    """`counts` are visits, `people` the persons who come with them."""

    site = fields.String(required=True, allow_none=True)
    date = fields.Date(required=True)
    counts = fields.Nested(CountsAnswer, required=True)
    people = fields.Nested(CountsAnswer, required=True)
    guests = fields.List(fields.Nested(GuestAnswer), required=True)
