"""What outsiders may rely on: the messages said, what is used of the messages heard, and the HTTP calls."""

from collections.abc import Mapping, Sequence
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, post_load, validate, validates_schema

from services.rooms.events import (
    WEEKDAYS,
    Closure,
    Hours,
    HoursOpened,
    Pattern,
    RoomDeclined,
    RoomDefined,
    RoomEvent,
    RoomReleased,
    RoomReserved,
    Weekday,
)
from shared.fields import Clock, Key, Line, Truth
from shared.messages import Said

# ---------------------------------------------------------------------------------------------------------------- says


class RoomDefinedV1(Schema):
    room = fields.String(required=True)
    name = fields.String(required=True)
    site = fields.String(required=True)
    seats = fields.Integer(required=True)
    equipment = fields.List(fields.String(), required=True)
    step_free = fields.Boolean(required=True)
    parties = fields.Integer(required=True)


class OpeningV1(Schema):
    from_ = fields.AwareDateTime(required=True, data_key="from")
    until = fields.AwareDateTime(required=True)


class OpenDayV1(Schema):
    date = fields.Date(required=True)
    open = fields.List(fields.Nested(OpeningV1), required=True)


class RoomOpenedV1(Schema):
    """Replaces what was said about the dates from `from` to `until`, both inclusive; dates without a day are closed."""

    room = fields.String(required=True)
    from_ = fields.Date(required=True, data_key="from")
    until = fields.Date(required=True)
    days = fields.List(fields.Nested(OpenDayV1), required=True)


class StopHeldV1(Schema):
    """Held from the begin of the buffer before the stop to the end of the one after it."""

    stop = fields.Integer(required=True)
    room = fields.String(required=True)
    name = fields.String(required=True)
    site = fields.String(required=True)
    starts_at = fields.AwareDateTime(required=True)
    ends_at = fields.AwareDateTime(required=True)
    blocked_from = fields.AwareDateTime(required=True, attribute="reach_from")
    blocked_until = fields.AwareDateTime(required=True)
    lane = fields.Integer(required=True)


class RoomReservedV1(Schema):
    appointment = fields.String(required=True)
    attempt = fields.Integer(required=True)
    stops = fields.List(fields.Nested(StopHeldV1), required=True)


class RoomReleasedV1(RoomReservedV1):
    """The stops that were held."""


class RoomDeclinedV1(Schema):
    appointment = fields.String(required=True)
    attempt = fields.Integer(required=True)
    because = fields.String(required=True, validate=validate.OneOf(["no_fitting_room", "closed", "taken"]))
    alternatives = fields.List(fields.AwareDateTime(), required=True)


SAYS: dict[type, tuple[str, str, Schema]] = {
    RoomDefined: ("RoomDefined", "room", RoomDefinedV1()),
    HoursOpened: ("RoomOpened", "room", RoomOpenedV1()),
    RoomReserved: ("RoomReserved", "appointment", RoomReservedV1()),
    RoomDeclined: ("RoomDeclined", "appointment", RoomDeclinedV1()),
    RoomReleased: ("RoomReleased", "appointment", RoomReleasedV1()),
}
"""Event -> name of the message, the field that is its subject, its schema."""


def say(event: RoomEvent) -> Said | None:
    """The message an event becomes; None for what is private."""
    if type(event) not in SAYS:
        return None
    name, subject, schema = SAYS[type(event)]
    return Said(type=name, version=1, subject=getattr(event, subject), data=schema.dump(event))


# --------------------------------------------------------------------------------------------------------------- hears


class _Heard(Schema):
    class Meta:
        unknown = EXCLUDE


class _HeardStop(_Heard):
    stop = fields.Integer(required=True, strict=True)
    seats = fields.Integer(required=True, strict=True)
    equipment = fields.List(fields.String(), required=True)
    step_free = fields.Boolean(required=True)
    starts_at = fields.AwareDateTime(required=True)
    ends_at = fields.AwareDateTime(required=True)
    blocked_until = fields.AwareDateTime(required=True)
    room = fields.String(load_default=None, allow_none=True)
    blocked_from = fields.AwareDateTime(load_default=None, allow_none=True)

    @validates_schema
    def _in_order(self, data: dict[str, Any], **_: Any) -> None:
        if not data["starts_at"] < data["ends_at"] <= data["blocked_until"]:
            raise ValidationError("ends before it starts, or is free before it ends", "ends_at")
        if data["blocked_from"] is not None and data["blocked_from"] > data["starts_at"]:
            raise ValidationError("is kept free only after it starts", "blocked_from")

    @post_load
    def _plain(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """No buffer is no buffer, said or not."""
        return data if data["blocked_from"] != data["starts_at"] else data | {"blocked_from": None}


class _Attempt(_Heard):
    appointment = fields.String(required=True)
    attempt = fields.Integer(required=True, strict=True)


class AppointmentRequested(_Attempt):
    site = fields.String(required=True)
    stops = fields.List(fields.Nested(_HeardStop), required=True, validate=validate.Length(min=1))


class AppointmentMoveRequested(AppointmentRequested):
    pass


class AppointmentMoved(_Attempt):
    pass


class AppointmentMoveDeclined(_Attempt):
    pass


class AppointmentDeclined(_Attempt):
    pass


class AppointmentExpired(_Attempt):
    pass


class AppointmentCancelled(_Attempt):
    pass


HEARD: dict[str, Schema] = {
    schema.__name__: schema()
    for schema in (
        AppointmentRequested,
        AppointmentMoveRequested,
        AppointmentMoved,
        AppointmentMoveDeclined,
        AppointmentDeclined,
        AppointmentExpired,
        AppointmentCancelled,
    )
}
VERSIONS = dict.fromkeys(HEARD, 1)
"""The newest version of each that is known here."""


# ---------------------------------------------------------------------------------------------------------------- HTTP


class RoomPath(Schema):
    room = Key(required=True)


class DayPath(RoomPath):
    date = fields.Date(required=True)


def _hours() -> fields.List[Any]:
    pair = fields.List(Clock(), validate=validate.Length(equal=2, error="Two times: from and until."))
    return fields.List(pair, validate=validate.Length(max=20))


Weekly = Schema.from_dict({day: _hours() for day in WEEKDAYS}, name="Weekly")


class ClosureBody(Schema):
    told = "Closed on the dates from `from` to `until`, both inclusive; `until` is not before `from`."

    from_ = fields.Date(required=True, data_key="from")
    until = fields.Date(required=True)
    reason = Line(load_default=None, allow_none=True)


class RoomBody(Schema):
    told = """A room: `weekly` gives per weekday the pairs of local times at which it opens and, later, closes.
    None overlap.

    `parties`: so many visits at once may share it, each with its part of the seats.
    """

    name = Line(required=True)
    site = Key(required=True)
    seats = fields.Integer(required=True, strict=True, validate=validate.Range(min=1, max=1000))
    equipment = fields.List(Key(), load_default=list, validate=validate.Length(max=50))
    step_free = Truth(load_default=False)
    parties = fields.Integer(load_default=1, strict=True, validate=validate.Range(min=1, max=50))
    weekly = fields.Nested(Weekly, load_default=dict)
    closures = fields.List(fields.Nested(ClosureBody), load_default=list, validate=validate.Length(max=200))


def pattern(weekly: Mapping[Weekday, Sequence[Sequence[str]]], closures: Sequence[Mapping[str, Any]]) -> Pattern:
    """The pattern of a body, its weekdays in order."""
    hours = tuple(Hours(day, from_, until) for day in WEEKDAYS for from_, until in weekly.get(day, ()))
    return Pattern(hours, tuple(Closure(**closure) for closure in closures))


class SitePath(Schema):
    site = Key(required=True)


class ClosuresBody(Schema):
    told = "When all of a site is closed: bridge days, company holidays. These replace what was set before."

    closures = fields.List(fields.Nested(ClosureBody), required=True, validate=validate.Length(max=200))


class SiteAnswer(ClosuresBody):
    site = Key(required=True)


class SitesAnswer(Schema):
    sites = fields.List(fields.Nested(SiteAnswer), required=True)


class RoomAnswer(RoomBody):
    room = Key(required=True)


class RoomsAnswer(Schema):
    rooms = fields.List(fields.Nested(RoomAnswer), required=True)


class ReservationAnswer(Schema):
    appointment = fields.String(required=True)
    attempt = fields.Integer(required=True)
    stop = fields.Integer(required=True)
    starts_at = fields.AwareDateTime(required=True)
    ends_at = fields.AwareDateTime(required=True)
    blocked_until = fields.AwareDateTime(required=True)


class DayAnswer(Schema):
    told = "When the room is open on a date, and which appointments have it."

    room = Key(required=True)
    date = fields.Date(required=True)
    open = fields.List(fields.Nested(OpeningV1), required=True)
    reservations = fields.List(fields.Nested(ReservationAnswer), required=True)
