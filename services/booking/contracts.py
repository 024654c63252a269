"""What outsiders may rely on: the messages booking says, and what it uses of those it hears."""

from collections.abc import Callable, Mapping
from typing import Any

from marshmallow import EXCLUDE, Schema, fields, post_dump, post_load

from services.booking.accounts.events import SessionsEnded
from services.booking.events import (
    AppointmentCancelled,
    AppointmentConfirmed,
    AppointmentDeclined,
    AppointmentExpired,
    AppointmentHeld,
    AppointmentMoved,
    AppointmentQuestioned,
    AppointmentReassigned,
    AppointmentRequested,
    BookingEvent,
    GuestForgotten,
    Held,
    MoveDeclined,
    MoveRequested,
    PlannedStop,
    QuestionWithdrawn,
)
from shared.fields import Instant
from shared.messages import Said

# ---------------------------------------------------------------------------------------------------------------- says


class TextV1(Schema):
    de = fields.String(required=True)
    en = fields.String(required=True)


class DocumentV1(TextV1):
    key = fields.String(required=True)


class PlannedStopV1(Schema):
    """To be held from the begin of the buffer before the stop to the end of the one after it."""

    stop = fields.Integer(required=True)
    concern = fields.String(required=True)
    name = fields.Nested(TextV1, required=True)
    department = fields.String(required=True)
    competences = fields.List(fields.String(), required=True)
    responsibility = fields.String(required=True, allow_none=True)
    starts_at = Instant(required=True)
    ends_at = Instant(required=True)
    blocked_from = Instant(required=True, attribute="reach_from")
    blocked_until = Instant(required=True)
    seats = fields.Integer(required=True)
    equipment = fields.List(fields.String(), required=True)
    step_free = fields.Boolean(required=True)
    room = fields.String(required=True, allow_none=True)
    clerk = fields.String(required=True, allow_none=True)

    @post_dump
    def _room(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """The wish is a room; which of its lanes is for its owner to say."""
        return data | {"room": data["room"] and data["room"].partition("/")[0]}


class AboutV1(Schema):
    appointment = fields.String(required=True)


class AttemptV1(AboutV1):
    attempt = fields.Integer(required=True)


class VisitV1(AttemptV1):
    site = fields.String(required=True)
    date = fields.Date(required=True)
    starts_at = Instant(required=True)
    ends_at = Instant(required=True)
    party_size = fields.Integer(required=True)
    step_free = fields.Boolean(required=True)
    language = fields.String(required=True)
    documents = fields.List(fields.Nested(DocumentV1), required=True)


class AppointmentMoveRequestedV1(VisitV1):
    """`audience`: classes of quotas that are open to the guest besides the public one; `spoken`: by the clerks."""

    hold_until = Instant(required=True)
    audience = fields.List(fields.String(), required=True)
    spoken = fields.String(required=True, allow_none=True)
    stops = fields.List(fields.Nested(PlannedStopV1), required=True)


class AppointmentRequestedV1(AppointmentMoveRequestedV1):
    """`guest` is sealed under a key that travels apart."""

    guest = fields.String(required=True)


class NamedV1(Schema):
    id = fields.String(required=True)
    name = fields.String(required=True)


class ConfirmedStopV1(Schema):
    stop = fields.Integer(required=True)
    concern = fields.String(required=True)
    name = fields.Nested(TextV1, required=True)
    starts_at = Instant(required=True)
    ends_at = Instant(required=True)
    room = fields.Nested(NamedV1, required=True)
    clerk = fields.Nested(NamedV1, required=True)


class AppointmentConfirmedV1(VisitV1):
    stops = fields.List(fields.Nested(ConfirmedStopV1), required=True)


class AppointmentReassignedV1(AppointmentConfirmedV1):
    """The same time and the same rooms, with another clerk."""


class AppointmentQuestionedV1(AttemptV1):
    """`starts_at`: when the clerk would rather see the guest; null: at any other time. The appointment stands."""

    starts_at = Instant(required=True, allow_none=True)


class QuestionWithdrawnV1(AttemptV1):
    """What AppointmentQuestioned said holds no more: the clerk wishes for nothing, or another one has taken over.

    Where another clerk still wishes for another time, AppointmentQuestioned follows.
    """


class AppointmentHeldV1(AppointmentConfirmedV1):
    """Everything is held, and the guest is asked to say yes before `confirm_by`; then AppointmentConfirmed is said."""

    confirm_by = Instant(required=True)


class AppointmentMovedV1(AppointmentConfirmedV1):
    previous_starts_at = Instant(required=True)


class AppointmentMoveDeclinedV1(AttemptV1):
    """`alternatives`: starts at the same site at which a room and a clerk were free, by booking's own read model."""

    because = fields.List(fields.String(), required=True)
    alternatives = fields.List(Instant(), required=True)
    starts_at = Instant(required=True)
    language = fields.String(required=True)


class AppointmentDeclinedV1(AppointmentMoveDeclinedV1):
    """`late`: the guest is no longer waiting for the answer; `alternatives` as where a move is declined."""

    late = fields.Boolean(required=True)


class AppointmentExpiredV1(AttemptV1):
    starts_at = Instant(required=True)
    language = fields.String(required=True)


class AppointmentCancelledV1(AttemptV1):
    by = fields.String(required=True)
    was_confirmed = fields.Boolean(required=True)


class GuestForgottenV1(AboutV1):
    pass


def _fields(*names: str) -> Callable[[Any], Mapping[str, Any]]:
    return lambda event: {name: getattr(event, name) for name in names}


def _requested(event: AppointmentRequested | MoveRequested) -> Mapping[str, Any]:
    own = {"appointment": event.appointment, "attempt": event.attempt, "hold_until": event.hold_until}
    guest = {"guest": event.guest} if isinstance(event, AppointmentRequested) else {}
    asked = {name: getattr(event.plan, name) for name in ("stops", "audience", "spoken")}
    return own | _visit(event) | asked | guest


def _confirmed(event: AppointmentConfirmed | AppointmentMoved | AppointmentReassigned) -> Mapping[str, Any]:
    own: dict[str, Any] = {"appointment": event.appointment, "attempt": event.attempt}
    if isinstance(event, AppointmentMoved):
        own["previous_starts_at"] = event.previous_starts_at
    rooms, clerks = _by_stop(event.rooms), _by_stop(event.clerks)
    return own | _visit(event) | {"stops": [_stop(stop, rooms, clerks) for stop in event.plan.stops]}


def _held(event: AppointmentHeld) -> Mapping[str, Any]:
    rooms, clerks = _by_stop(event.rooms), _by_stop(event.clerks)
    own = {"appointment": event.appointment, "attempt": event.attempt, "confirm_by": event.confirm_by}
    return own | _visit(event) | {"stops": [_stop(stop, rooms, clerks) for stop in event.plan.stops]}


def _visit(
    event: AppointmentRequested
    | MoveRequested
    | AppointmentHeld
    | AppointmentConfirmed
    | AppointmentMoved
    | AppointmentReassigned,
) -> dict[str, Any]:
    names = ("site", "date", "starts_at", "ends_at", "party_size", "step_free", "language", "documents")
    return {name: getattr(event.plan, name) for name in names}


def _by_stop(held: tuple[Held, ...]) -> dict[int, Held]:
    return {stop.stop: stop for stop in held}


def _stop(stop: PlannedStop, rooms: Mapping[int, Held], clerks: Mapping[int, Held]) -> dict[str, Any]:
    names = ("stop", "concern", "name", "starts_at", "ends_at")
    return {name: getattr(stop, name) for name in names} | {"room": rooms[stop.stop], "clerk": clerks[stop.stop]}


class SessionsEndedV1(Schema):
    """All sessions and tokens that an account began until then count no more; or only the session named."""

    account = fields.String(required=True)
    before = Instant(required=True)
    session = fields.String(required=True, allow_none=True)


SAYS: dict[type, tuple[str, Schema, Callable[[Any], Mapping[str, Any]]]] = {
    AppointmentRequested: ("AppointmentRequested", AppointmentRequestedV1(), _requested),
    MoveRequested: ("AppointmentMoveRequested", AppointmentMoveRequestedV1(), _requested),
    AppointmentConfirmed: ("AppointmentConfirmed", AppointmentConfirmedV1(), _confirmed),
    AppointmentHeld: ("AppointmentHeld", AppointmentHeldV1(), _held),
    AppointmentMoved: ("AppointmentMoved", AppointmentMovedV1(), _confirmed),
    AppointmentReassigned: ("AppointmentReassigned", AppointmentReassignedV1(), _confirmed),
    AppointmentQuestioned: (
        "AppointmentQuestioned",
        AppointmentQuestionedV1(),
        _fields("appointment", "attempt", "starts_at"),
    ),
    QuestionWithdrawn: ("QuestionWithdrawn", QuestionWithdrawnV1(), _fields("appointment", "attempt")),
    AppointmentDeclined: (
        "AppointmentDeclined",
        AppointmentDeclinedV1(),
        _fields("appointment", "attempt", "because", "alternatives", "starts_at", "language", "late"),
    ),
    MoveDeclined: (
        "AppointmentMoveDeclined",
        AppointmentMoveDeclinedV1(),
        _fields("appointment", "attempt", "because", "alternatives", "starts_at", "language"),
    ),
    AppointmentExpired: (
        "AppointmentExpired",
        AppointmentExpiredV1(),
        _fields("appointment", "attempt", "starts_at", "language"),
    ),
    AppointmentCancelled: (
        "AppointmentCancelled",
        AppointmentCancelledV1(),
        _fields("appointment", "attempt", "by", "was_confirmed"),
    ),
    GuestForgotten: ("GuestForgotten", GuestForgottenV1(), _fields("appointment")),
    SessionsEnded: ("SessionsEnded", SessionsEndedV1(), _fields("account", "before", "session")),
}


def say(event: BookingEvent) -> Said | None:
    """The message an event becomes; None for what is private."""
    if type(event) not in SAYS:
        return None
    name, schema, values = SAYS[type(event)]
    data = values(event)
    subject = data.get("appointment") or data["account"]
    return Said(type=name, version=1, subject=subject, data=schema.dump(data))


# --------------------------------------------------------------------------------------------------------------- hears


class Heard(Schema):
    class Meta:
        unknown = EXCLUDE


class RoomDefined(Heard):
    room = fields.String(required=True)
    name = fields.String(required=True)
    site = fields.String(required=True)
    seats = fields.Integer(required=True, strict=True)
    equipment = fields.List(fields.String(), required=True)
    step_free = fields.Boolean(required=True)
    parties = fields.Integer(load_default=1, strict=True)


class StreetHeard(Heard):
    street = fields.String(required=True)
    first = fields.String(load_default=None, allow_none=True)
    last = fields.String(load_default=None, allow_none=True)
    side = fields.String(load_default="both")
    postcode = fields.String(load_default=None, allow_none=True)


class RuleHeard(Heard):
    department = fields.String(required=True)
    kind = fields.String(required=True)
    key = fields.String(load_default=None, allow_none=True)
    first = fields.String(load_default=None, allow_none=True)
    last = fields.String(load_default=None, allow_none=True)
    streets = fields.List(fields.Nested(StreetHeard), load_default=list)
    fallback = fields.Boolean(load_default=False)


class ClerkDefined(Heard):
    clerk = fields.String(required=True)
    name = fields.String(required=True)
    departments = fields.List(fields.String(), required=True)
    competences = fields.List(fields.String(), required=True)
    responsibility = fields.List(fields.Nested(RuleHeard), required=True)
    languages = fields.List(fields.String(), required=True)


class OpeningHeard(Heard):
    site = fields.String(load_default="")
    from_ = Instant(required=True, data_key="from")
    until = Instant(required=True)
    quota_class = fields.String(load_default="public", data_key="class")
    release_minutes = fields.Integer(load_default=None, allow_none=True)


class DayHeard(Heard):
    date = fields.Date(required=True)
    open = fields.List(fields.Nested(OpeningHeard), required=True)


class HoursHeard(Heard):
    from_ = fields.Date(required=True, data_key="from")
    until = fields.Date(required=True)
    days = fields.List(fields.Nested(DayHeard), required=True)


class RoomOpened(HoursHeard):
    room = fields.String(required=True)


class ClerkOpened(HoursHeard):
    clerk = fields.String(required=True)


class SpanHeard(Heard):
    from_ = Instant(required=True, data_key="from")
    until = Instant(required=True)


class BusyDayHeard(Heard):
    date = fields.Date(required=True)
    busy = fields.List(fields.Nested(SpanHeard), required=True)


class ClerkBusy(Heard):
    clerk = fields.String(required=True)
    days = fields.List(fields.Nested(BusyDayHeard), required=True)


class AnswerHeard(Heard):
    appointment = fields.String(required=True)
    attempt = fields.Integer(required=True, strict=True)


class PlaceHeard(Heard):
    stop = fields.Integer(required=True, strict=True)
    name = fields.String(required=True)
    starts_at = Instant(required=True)
    ends_at = Instant(load_default=None, allow_none=True)
    blocked_from = Instant(load_default=None, allow_none=True)
    blocked_until = Instant(required=True)

    @post_load
    def _plain(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """No buffer is no buffer, said or not."""
        return data if data["blocked_from"] != data["starts_at"] else data | {"blocked_from": None}


class RoomPlaceHeard(PlaceHeard):
    id = fields.String(required=True, data_key="room")
    lane = fields.Integer(load_default=1, strict=True)


class ClerkPlaceHeard(PlaceHeard):
    id = fields.String(required=True, data_key="clerk")


class RoomReserved(AnswerHeard):
    stops = fields.List(fields.Nested(RoomPlaceHeard), required=True)


class StaffReserved(AnswerHeard):
    stops = fields.List(fields.Nested(ClerkPlaceHeard), required=True)


class ClerkWished(AnswerHeard):
    """`wish`: move, cancel, or none."""

    stop = fields.Integer(required=True, strict=True)
    wish = fields.String(required=True)
    starts_at = Instant(load_default=None, allow_none=True)


class StaffWithdrawn(AnswerHeard):
    pass


class DeclineHeard(AnswerHeard):
    because = fields.String(required=True)
    alternatives = fields.List(Instant(), load_default=list)


class GuestRegistered(Heard):
    appointment = fields.String(required=True)
    number = fields.String(required=True, data_key="pass")


HEARD: dict[str, Schema] = {
    "RoomDefined": RoomDefined(),
    "RoomOpened": RoomOpened(),
    "RoomReserved": RoomReserved(),
    "RoomDeclined": DeclineHeard(),
    "ClerkDefined": ClerkDefined(),
    "ClerkOpened": ClerkOpened(),
    "ClerkBusy": ClerkBusy(),
    "StaffReserved": StaffReserved(),
    "StaffDeclined": DeclineHeard(),
    "StaffSubstituted": StaffReserved(),
    "StaffWithdrawn": StaffWithdrawn(),
    "ClerkWished": ClerkWished(),
    "GuestRegistered": GuestRegistered(),
}
VERSIONS = dict.fromkeys(HEARD, 1)
"""The newest version of each that is known here."""
