"""What outsiders may rely on: the messages this service says, and what it uses of those it hears."""

from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, post_dump, post_load, validate, validates_schema

from services.staff_calendar.events import (
    PUBLIC,
    BusyTimesChanged,
    ClerkDefined,
    ClerkWished,
    GuestCalled,
    HoursOpened,
    StaffCalendarEvent,
    StaffDeclined,
    StaffReleased,
    StaffReserved,
    StaffSubstituted,
    StaffWithdrawn,
    VisitFinished,
)
from shared.fields import Instant
from shared.messages import Said

MOST_STOPS = 20

# ---------------------------------------------------------------------------------------------------------------- says


class StreetPartV1(Schema):
    street = fields.String(required=True)
    first = fields.String(required=True, allow_none=True)
    last = fields.String(required=True, allow_none=True)
    side = fields.String(required=True)
    postcode = fields.String(required=True, allow_none=True)


class ResponsibilityV1(Schema):
    department = fields.String(required=True)
    kind = fields.String(required=True)
    key = fields.String(required=True, allow_none=True)
    first = fields.String(required=True, allow_none=True)
    last = fields.String(required=True, allow_none=True)
    streets = fields.List(fields.Nested(StreetPartV1), required=True)
    fallback = fields.Boolean(required=True)


class ClerkDefinedV1(Schema):
    clerk = fields.String(required=True)
    name = fields.String(required=True)
    departments = fields.List(fields.String(), required=True)
    competences = fields.List(fields.String(), required=True)
    responsibility = fields.List(fields.Nested(ResponsibilityV1), required=True)
    languages = fields.List(fields.String(), required=True)


class OpeningV1(Schema):
    """`class` and `release_minutes` are there where it is not for everybody: so many minutes before a time begins,
    everybody may book it; null = never.
    """

    site = fields.String(required=True)
    from_ = Instant(required=True, data_key="from")
    until = Instant(required=True)
    quota_class = fields.String(data_key="class")
    release_minutes = fields.Integer(allow_none=True)

    @post_dump
    def _short(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        if data["class"] == PUBLIC:
            del data["class"], data["release_minutes"]
        return data


class OpenDayV1(Schema):
    date = fields.Date(required=True)
    open = fields.List(fields.Nested(OpeningV1), required=True)


class ClerkOpenedV1(Schema):
    """`from` and `until` are inclusive; a date between them that is not in `days` is closed."""

    clerk = fields.String(required=True)
    from_ = fields.Date(required=True, data_key="from")
    until = fields.Date(required=True)
    days = fields.List(fields.Nested(OpenDayV1), required=True)


class StopHeldV1(Schema):
    """Held from the begin of the buffer before the stop to the end of the one after it."""

    stop = fields.Integer(required=True)
    clerk = fields.String(required=True)
    name = fields.String(required=True)
    starts_at = Instant(required=True)
    ends_at = Instant(required=True)
    blocked_from = Instant(required=True, attribute="reach_from")
    blocked_until = Instant(required=True)


class StaffReservedV1(Schema):
    appointment = fields.String(required=True)
    attempt = fields.Integer(required=True)
    stops = fields.List(fields.Nested(StopHeldV1), required=True)


class StaffReleasedV1(StaffReservedV1):
    pass


class StaffDeclinedV1(Schema):
    """`because`: no_competent_clerk, not_on_duty or taken; `alternatives`: other starts that day, the nearest first."""

    appointment = fields.String(required=True)
    attempt = fields.Integer(required=True)
    because = fields.String(required=True)
    alternatives = fields.List(Instant(), required=True)


class SpanV1(Schema):
    from_ = Instant(required=True, data_key="from")
    until = Instant(required=True)


class BusyDayV1(Schema):
    date = fields.Date(required=True)
    busy = fields.List(fields.Nested(SpanV1), required=True)


class ClerkBusyV1(Schema):
    """All of the times at which the clerk is busy elsewhere on these dates; they replace what was said of them."""

    clerk = fields.String(required=True)
    days = fields.List(fields.Nested(BusyDayV1), required=True)


class StaffSubstitutedV1(StaffReservedV1):
    """Of the attempt's stops the one that has gone over; `previous` is the clerk who held it before."""

    previous = fields.String(required=True)


class StaffWithdrawnV1(StaffReservedV1):
    """`because`: absent. Nothing is held for the attempt any more, and nobody could take over."""

    because = fields.Constant("absent")


class VisitFinishedV1(Schema):
    appointment = fields.String(required=True)
    attempt = fields.Integer(required=True)
    stop = fields.Integer(required=True)
    clerk = fields.String(required=True)
    at = Instant(required=True)


class GuestCalledV1(VisitFinishedV1):
    """`name` is the clerk's, `room` where the guest is asked to go."""

    name = fields.String(required=True)
    room = fields.String(required=True)


class ClerkWishedV1(Schema):
    """`wish`: move (to `starts_at`, `ends_at`), cancel, or none: the clerk has put it back."""

    appointment = fields.String(required=True)
    attempt = fields.Integer(required=True)
    stop = fields.Integer(required=True)
    clerk = fields.String(required=True)
    wish = fields.String(required=True)
    starts_at = Instant(required=True, allow_none=True)
    ends_at = Instant(required=True, allow_none=True)


SAYS: dict[type, tuple[str, str, Schema]] = {
    ClerkDefined: ("ClerkDefined", "clerk", ClerkDefinedV1()),
    HoursOpened: ("ClerkOpened", "clerk", ClerkOpenedV1()),
    BusyTimesChanged: ("ClerkBusy", "clerk", ClerkBusyV1()),
    StaffReserved: ("StaffReserved", "appointment", StaffReservedV1()),
    StaffDeclined: ("StaffDeclined", "appointment", StaffDeclinedV1()),
    StaffReleased: ("StaffReleased", "appointment", StaffReleasedV1()),
    StaffSubstituted: ("StaffSubstituted", "appointment", StaffSubstitutedV1()),
    StaffWithdrawn: ("StaffWithdrawn", "appointment", StaffWithdrawnV1()),
    GuestCalled: ("GuestCalled", "appointment", GuestCalledV1()),
    ClerkWished: ("ClerkWished", "appointment", ClerkWishedV1()),
    VisitFinished: ("VisitFinished", "appointment", VisitFinishedV1()),
}
"""Event -> name of the message, the field that is its subject, its schema."""


def say(event: StaffCalendarEvent) -> Said | None:
    """The message an event becomes; None for what is private: the pattern behind the hours, and the clerks' days."""
    if type(event) not in SAYS:
        return None
    name, subject, schema = SAYS[type(event)]
    return Said(type=name, version=1, subject=getattr(event, subject), data=schema.dump(event))


# --------------------------------------------------------------------------------------------------------------- hears


class _Heard(Schema):
    class Meta:
        unknown = EXCLUDE


def _id(longest: int = 200) -> fields.String:
    return fields.String(required=True, validate=validate.Length(min=1, max=longest))


class _WantedStop(_Heard):
    stop = fields.Integer(required=True, strict=True)
    concern = fields.String(load_default="")
    name = fields.Dict(keys=fields.String(), values=fields.String(), load_default=dict)
    department = _id()
    competences = fields.List(fields.String(), required=True)
    responsibility = fields.String(required=True, allow_none=True)
    starts_at = Instant(required=True)
    ends_at = Instant(required=True)
    blocked_until = Instant(required=True)
    clerk = fields.String(load_default=None, allow_none=True)
    blocked_from = Instant(load_default=None, allow_none=True)

    @validates_schema
    def _in_order(self, data: dict[str, Any], **_: Any) -> None:
        if not data["starts_at"] < data["ends_at"] <= data["blocked_until"]:
            raise ValidationError("A stop starts, ends, and is blocked until then or later.", "ends_at")
        if data["blocked_from"] is not None and data["blocked_from"] > data["starts_at"]:
            raise ValidationError("A stop is blocked from its start or earlier.", "blocked_from")

    @post_load
    def _plain(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """No buffer is no buffer, said or not."""
        return data if data["blocked_from"] != data["starts_at"] else data | {"blocked_from": None}


class _Place(_Heard):
    appointment = _id()
    attempt = fields.Integer(required=True, strict=True, validate=validate.Range(min=1))
    site = _id()
    audience = fields.List(fields.String(), load_default=list)
    spoken = fields.String(load_default=None, allow_none=True)
    stops = fields.List(fields.Nested(_WantedStop), required=True, validate=validate.Length(min=1, max=MOST_STOPS))

    @validates_schema
    def _told_apart(self, data: dict[str, Any], **_: Any) -> None:
        if len({stop["stop"] for stop in data["stops"]}) < len(data["stops"]):
            raise ValidationError("Each stop has a number of its own.", "stops")


class _Requested(_Place):
    guest = fields.String(load_default="")


class _Named(_Heard):
    name = fields.String(required=True)


class _ConfirmedStop(_Heard):
    stop = fields.Integer(required=True, strict=True)
    room = fields.Nested(_Named, required=True)


class _Document(_Heard):
    de = fields.String(required=True)
    en = fields.String(required=True)


class _Attempt(_Heard):
    appointment = _id()
    attempt = fields.Integer(required=True, strict=True, validate=validate.Range(min=1))


class _Confirmed(_Attempt):
    party_size = fields.Integer(required=True, strict=True)
    language = fields.String(load_default="de")
    documents = fields.List(fields.Nested(_Document), load_default=list)
    stops = fields.List(fields.Nested(_ConfirmedStop), required=True)


class _About(_Heard):
    appointment = _id()


class _Seen(_About):
    at = Instant(load_default=None, allow_none=True)


HEARD: dict[str, Schema] = {
    "AppointmentRequested": _Requested(),
    "AppointmentMoveRequested": _Place(),
    "AppointmentConfirmed": _Confirmed(),
    "AppointmentMoved": _Confirmed(),
    "GuestForgotten": _About(),
    "GuestRegistered": _About(),
    "GuestArrived": _Seen(),
    "ArrivalUndone": _About(),
    "GuestLeft": _Seen(),
    "GuestMissed": _About(),
    "AppointmentMoveDeclined": _Attempt(),
    "AppointmentDeclined": _Attempt(),
    "AppointmentExpired": _Attempt(),
    "AppointmentCancelled": _Attempt(),
}
VERSIONS = dict.fromkeys(HEARD, 1)
"""The newest version of each that is known here."""
