"""Heard message -> own command. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from services.notifications.commands import (
    AskGuest,
    AskToConfirm,
    CloseVisit,
    DropQuestion,
    ForgetGuest,
    KeepVisit,
    LetterCommand,
    NoteGuest,
    NotePass,
    NoteStops,
    NoteVisit,
    SendAgain,
)
from services.notifications.contracts import hear
from services.notifications.decider import appointment_of
from services.notifications.events import Stop, Visit, Wording
from services.notifications.projections import SEND
from shared.messages import Message, following
from shared.replays import Effect, Replays

Make = Callable[[str, datetime, dict[str, Any]], LetterCommand]


def send_again(name: str, now: datetime, message: str) -> SendAgain:
    """What makes one letter due again, when operations name it."""
    return SendAgain(name, now, appointment_of(message), message)


REPLAYS = Replays({SEND: Effect("mail", send_again)})
"""A letter that was sent has no timer any more, and no message that comes again makes a second one of the same id."""


def can_wait(_kind: str) -> bool:
    """A mail is under way for seconds anyway."""
    return True


def react(message: Message, now: datetime) -> Sequence[LetterCommand]:
    """The command that follows from a message; () for what we have no use for. Raises marshmallow.ValidationError."""
    data = hear(message.source, message.type, message.data)
    if data is None:
        return ()
    return (MAKES[message.type](following(message, "notifications"), now, data),)


# `name` is the id the command gets.


def _requested(name: str, now: datetime, d: dict[str, Any]) -> NoteGuest:
    concerns = _wordings(stop["name"] for stop in d["stops"])
    return NoteGuest(name, now, d["appointment"], d["guest"], d["language"], d["starts_at"], concerns)


def _confirmed(name: str, now: datetime, d: dict[str, Any]) -> NoteVisit:
    return NoteVisit(name, now, d["appointment"], d["attempt"], "confirmation", _visit(d))


def _moved(name: str, now: datetime, d: dict[str, Any]) -> NoteVisit:
    return NoteVisit(name, now, d["appointment"], d["attempt"], "moved", _visit(d))


def _reassigned(name: str, now: datetime, d: dict[str, Any]) -> NoteStops:
    return NoteStops(name, now, d["appointment"], d["attempt"], _stops(d))


def _move_declined(name: str, now: datetime, d: dict[str, Any]) -> KeepVisit:
    kind = "move_expired" if "expired" in d["because"] else "move_declined"
    return KeepVisit(name, now, d["appointment"], d["attempt"], kind, d["starts_at"], tuple(d["alternatives"]))


def _questioned(name: str, now: datetime, d: dict[str, Any]) -> AskGuest:
    return AskGuest(name, now, d["appointment"], d["attempt"], d["starts_at"])


def _question_withdrawn(name: str, now: datetime, d: dict[str, Any]) -> DropQuestion:
    return DropQuestion(name, now, d["appointment"])


def _held(name: str, now: datetime, d: dict[str, Any]) -> AskToConfirm:
    return AskToConfirm(name, now, d["appointment"], d["attempt"], d["starts_at"], d["confirm_by"])


def _cancelled(name: str, now: datetime, d: dict[str, Any]) -> CloseVisit:
    return CloseVisit(name, now, d["appointment"], d["attempt"], "cancelled", tell=d["was_confirmed"])


def _declined(name: str, now: datetime, d: dict[str, Any]) -> CloseVisit:
    # A decline that comes at once is shown on the page the guest is still looking at; a late one is not.
    late, alternatives = d["late"], tuple(d["alternatives"])
    return CloseVisit(name, now, d["appointment"], d["attempt"], "declined", late, d["starts_at"], alternatives)


def _expired(name: str, now: datetime, d: dict[str, Any]) -> CloseVisit:
    return CloseVisit(name, now, d["appointment"], d["attempt"], "expired", True, d["starts_at"])


def _forgotten(name: str, now: datetime, d: dict[str, Any]) -> ForgetGuest:
    return ForgetGuest(name, now, d["appointment"])


def _registered(name: str, now: datetime, d: dict[str, Any]) -> NotePass:
    return NotePass(name, now, d["appointment"], d["attempt"], d["number"])


MAKES: Mapping[str, Make] = {
    "AppointmentRequested": _requested,
    "AppointmentConfirmed": _confirmed,
    "AppointmentMoved": _moved,
    "AppointmentReassigned": _reassigned,
    "AppointmentMoveDeclined": _move_declined,
    "AppointmentHeld": _held,
    "AppointmentQuestioned": _questioned,
    "QuestionWithdrawn": _question_withdrawn,
    "AppointmentCancelled": _cancelled,
    "AppointmentDeclined": _declined,
    "AppointmentExpired": _expired,
    "GuestForgotten": _forgotten,
    "GuestRegistered": _registered,
}


def _visit(d: dict[str, Any]) -> Visit:
    return Visit(
        site=d["site"],
        starts_at=d["starts_at"],
        ends_at=d["ends_at"],
        party_size=d["party_size"],
        step_free=d["step_free"],
        stops=_stops(d),
        documents=_wordings(d["documents"]),
    )


def _stops(d: dict[str, Any]) -> tuple[Stop, ...]:
    return tuple(
        Stop(Wording(**stop["name"]), stop["starts_at"], stop["ends_at"], stop["room"]["name"], stop["clerk"]["name"])
        for stop in d["stops"]
    )


def _wordings(heard: Iterable[dict[str, str]]) -> tuple[Wording, ...]:
    """Every text once, in the order in which it came: two concerns may ask for the same document."""
    return tuple(dict.fromkeys(Wording(**text) for text in heard))
