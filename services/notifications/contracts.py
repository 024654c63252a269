"""The messages said and heard; what outsiders may rely on."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from marshmallow import EXCLUDE, Schema, fields, validate

from services.notifications.events import LetterEvent, MessageFailed, MessageSent
from shared.fields import Line
from shared.messages import Said

CHANNEL = "mail"


class MessageSentSchema(Schema):
    """A letter was handed over. `channel` is mail, the only one there is."""

    appointment = fields.String(required=True)
    attempt = fields.Integer(required=True)
    kind = fields.String(required=True)
    channel = fields.Constant(CHANNEL)


class MessageFailedSchema(MessageSentSchema):
    """A letter will not reach the guest; `because` is one of a few words and quotes nothing."""

    because = fields.String(required=True)


SAYS: dict[type, tuple[str, int, Schema]] = {
    MessageSent: ("MessageSent", 1, MessageSentSchema()),
    MessageFailed: ("MessageFailed", 1, MessageFailedSchema()),
}


def say(event: LetterEvent) -> Said | None:
    """How an event is said to the others; None for what is nobody else's business."""
    if type(event) not in SAYS:
        return None
    kind, version, schema = SAYS[type(event)]
    return Said(type=kind, version=version, subject=event.appointment, data=schema.dump(event))


class Heard(Schema):
    """A heard message: we read what we use and leave the rest."""

    class Meta:
        unknown = EXCLUDE

    # It becomes part of Message-IDs, calendar UIDs and links.
    appointment = fields.String(required=True, validate=validate.Regexp(r"[A-Za-z0-9-]{1,100}\Z"))


class AttemptHeard(Heard):
    """What every message about one attempt has."""

    attempt = fields.Integer(required=True, strict=True, validate=validate.Range(min=1))


class WordingHeard(Schema):
    """A text in both languages; it may have a key of its own, which we don't use."""

    class Meta:
        unknown = EXCLUDE

    de = fields.String(required=True)
    en = fields.String(required=True)


class NamedHeard(Schema):
    """A room or a clerk as the guest knows them."""

    class Meta:
        unknown = EXCLUDE

    name = fields.String(required=True)


class AskedStopHeard(Schema):
    """A stop that was asked for: only the concern is known for certain."""

    class Meta:
        unknown = EXCLUDE

    name = fields.Nested(WordingHeard, required=True)


class StopHeard(AskedStopHeard):
    """A stop as it was confirmed."""

    starts_at = fields.AwareDateTime(required=True)
    ends_at = fields.AwareDateTime(required=True)
    room = fields.Nested(NamedHeard, required=True)
    clerk = fields.Nested(NamedHeard, required=True)


class AppointmentRequestedHeard(AttemptHeard):
    """booking: a guest has asked. `guest` is the sealed token."""

    guest = fields.String(required=True)
    language = fields.String(required=True)
    starts_at = fields.AwareDateTime(required=True)
    stops = fields.List(fields.Nested(AskedStopHeard), required=True)


class AppointmentReassignedHeard(AttemptHeard):
    """booking: the same time and the same rooms, with another clerk."""

    stops = fields.List(fields.Nested(StopHeard), required=True, validate=validate.Length(min=1))


class AppointmentConfirmedHeard(AppointmentReassignedHeard):
    """booking: the visit stands, at first (AppointmentConfirmed) or at another time (AppointmentMoved)."""

    site = fields.String(required=True)
    starts_at = fields.AwareDateTime(required=True)
    ends_at = fields.AwareDateTime(required=True)
    party_size = fields.Integer(required=True, strict=True, validate=validate.Range(min=1))
    step_free = fields.Boolean(required=True)
    documents = fields.List(fields.Nested(WordingHeard), required=True)


class AppointmentHeldHeard(AttemptHeard):
    """booking: everything is held; the guest must say yes before `confirm_by`."""

    starts_at = fields.AwareDateTime(required=True)
    confirm_by = fields.AwareDateTime(required=True)


class AppointmentQuestionedHeard(AttemptHeard):
    """booking: the clerk would rather have another time; `starts_at`: which, if any was named."""

    starts_at = fields.AwareDateTime(required=True, allow_none=True)


class AppointmentCancelledHeard(AttemptHeard):
    """booking: called off, by the guest or by the house."""

    was_confirmed = fields.Boolean(required=True)


class AppointmentExpiredHeard(AttemptHeard):
    """booking: the time asked for could not be held until all had answered."""

    starts_at = fields.AwareDateTime(required=True)


class MoveDeclinedHeard(AppointmentExpiredHeard):
    """booking: the new time asked for could not be had; the old one stays."""

    because = fields.List(fields.String(), required=True)
    alternatives = fields.List(fields.AwareDateTime(), required=True)


class AppointmentDeclinedHeard(MoveDeclinedHeard):
    """booking: the time asked for could not be had. `late`: the guest had left the page before that was known."""

    late = fields.Boolean(load_default=False)


class GuestRegisteredHeard(AttemptHeard):
    """visitor_access: the pass of this attempt."""

    number = fields.String(required=True, data_key="pass", validate=validate.Regexp(r"[0-9A-Z]{1,40}\Z"))


HEARD: Mapping[tuple[str, str], type[Heard]] = {
    ("booking", "AppointmentRequested"): AppointmentRequestedHeard,
    ("booking", "AppointmentConfirmed"): AppointmentConfirmedHeard,
    ("booking", "AppointmentMoved"): AppointmentConfirmedHeard,
    ("booking", "AppointmentReassigned"): AppointmentReassignedHeard,
    ("booking", "AppointmentMoveDeclined"): MoveDeclinedHeard,
    ("booking", "AppointmentHeld"): AppointmentHeldHeard,
    ("booking", "AppointmentQuestioned"): AppointmentQuestionedHeard,
    ("booking", "QuestionWithdrawn"): Heard,
    ("booking", "AppointmentCancelled"): AppointmentCancelledHeard,
    ("booking", "AppointmentDeclined"): AppointmentDeclinedHeard,
    ("booking", "AppointmentExpired"): AppointmentExpiredHeard,
    ("booking", "GuestForgotten"): Heard,
    ("visitor_access", "GuestRegistered"): GuestRegisteredHeard,
}
VERSIONS = {kind: 1 for _source, kind in HEARD}
"""The newest version of each that is known here."""


@cache
def _schema(source: str, kind: str) -> Schema:
    return HEARD[source, kind]()


def hear(source: str, kind: str, data: Mapping[str, Any]) -> dict[str, Any] | None:
    """What we use of a heard message; None for a message we have no use for. Raises marshmallow.ValidationError."""
    if (source, kind) not in HEARD:
        return None
    loaded: dict[str, Any] = _schema(source, kind).load(data)
    return loaded


class MessagesQuery(Schema):
    told = "Which appointment's messages are asked for."

    appointment = Line(required=True, longest=100)


class MessageAnswer(Schema):
    told = "What became of one message. No address, no name."

    id = fields.String()
    kind = fields.String(
        metadata={
            "enum": [
                "confirmation",
                "moved",
                "cancelled",
                "declined",
                "expired",
                "not_confirmed",
                "move_declined",
                "move_expired",
                "asked_to_move",
                "asked_for_another",
                "asked_to_confirm",
            ]
        }
    )
    attempt = fields.Integer()
    status = fields.String(metadata={"enum": ["due", "sent", "failed", "deferred", "dropped"]})
    tries = fields.Integer()
    at = fields.AwareDateTime(metadata={"description": "when it became so"})
    because = fields.String(allow_none=True)


class MessagesAnswer(Schema):
    told = "All messages of an appointment, in the order in which they became due."

    messages = fields.List(fields.Nested(MessageAnswer))
