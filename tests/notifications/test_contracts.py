"""What this service says and hears is what tests/contracts shows."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from marshmallow import ValidationError

from services.notifications import contracts, decider, reactions
from services.notifications.commands import (
    AskGuest,
    CloseVisit,
    DropQuestion,
    ForgetGuest,
    KeepVisit,
    NoteGuest,
    NotePass,
    NoteStops,
    NoteVisit,
)
from services.notifications.events import LetterEvent, MessageFailed, MessageSent, Wording
from services.notifications.place import PLACE
from services.notifications.upcasts import UPCASTS
from shared.codec import Codec
from shared.messages import Message, following, read
from tests.notifications import facts

CONTRACTS = Path(__file__).parent.parent / "contracts"
A = "0192f0c1-7a50-7c3e-9d61-5b1f0c2a7e11"
SAID = {
    "MessageSent": MessageSent(A, 1, "confirmation", f"{A}.confirmation.1", 1),
    "MessageFailed": MessageFailed(A, 1, "confirmation", f"{A}.confirmation.1", 1, "mailbox_unavailable"),
}
PRIVATE = (
    facts.guest_noted(),
    facts.confirmed(),
    facts.handed_over(),
    facts.passed(),
    facts.closed("cancelled"),
    facts.due("declined", asked_for=facts.LATER, alternatives=(facts.LATER,)),
    facts.deferred("confirmation", facts.NOW),
    facts.dropped("confirmation", "moved"),
    facts.repeated("confirmation"),
    facts.was_sent_again("confirmation"),
    facts.question_noted(facts.LATER),
    facts.question_closed(),
    facts.forgotten(),
)


def heard(name: str, **changes: Any) -> Message:
    """The example of that name as a heard message; `changes` replace parts of its data."""
    shown = json.loads((CONTRACTS / f"{name}.v1.json").read_text())
    shown["data"] |= changes
    return read(orjson.dumps(shown))


def test_there_is_an_example_of_every_message_said():
    """No message is said that outsiders have not seen."""
    assert {path.name.split(".")[1] for path in CONTRACTS.glob("notifications.*.json")} == SAID.keys()
    assert {cls.__name__ for cls in contracts.SAYS} == SAID.keys()


@pytest.mark.parametrize("kind", SAID)
def test_a_message_is_said_exactly_as_shown(kind):
    """Type, version, subject, stream and data."""
    shown = json.loads((CONTRACTS / f"notifications.{kind}.v1.json").read_text())
    said = contracts.say(SAID[kind])
    assert said is not None
    assert (f"foyer.notifications.{said.type}.v{said.version}", said.subject) == (shown["type"], shown["subject"])
    assert json.loads(json.dumps(said.data)) == shown["data"]
    assert decider.stream_of(SAID[kind]) == shown["stream"]


@pytest.mark.parametrize("event", PRIVATE, ids=lambda event: type(event).__name__)
def test_the_rest_is_private(event):
    """Publish less than you store."""
    assert contracts.say(event) is None


@pytest.mark.parametrize("event", [*PRIVATE, *SAID.values()], ids=lambda event: type(event).__name__)
def test_events_come_back_from_the_log_as_they_were(event):
    """Dumped and loaded, an event is the same."""

    codec = Codec(LetterEvent, UPCASTS)
    assert codec.load(*codec.dump(event)) == event


def test_every_message_of_the_others_can_be_heard():
    """What is of no use to us leads to nothing, the rest to one command with an id of its own making."""
    useful = set()
    for path in CONTRACTS.glob("*.json"):
        message = read(path.read_bytes())
        if message.source in PLACE.hears:
            commands = reactions.react(message, facts.NOW)
            assert [c.id for c in commands] == [following(message, "notifications")][: len(commands)]
            useful |= {(message.source, message.type)} if commands else set()
    assert useful == contracts.HEARD.keys()


def test_the_request_is_noted():
    """The token is kept as it is, the language, and what was asked for."""
    (command,) = reactions.react(heard("booking.AppointmentRequested"), facts.NOW)
    assert isinstance(command, NoteGuest)
    assert command.guest.startswith("s1.0192f0c1")
    assert (command.appointment, command.language) == (A, "de")
    assert command.concerns == (Wording("Reisepass, Ausgabe", "Passport, collection"),)


@pytest.mark.parametrize(("name", "kind", "attempt"), [("Confirmed", "confirmation", 1), ("Moved", "moved", 2)])
def test_details_are_noted(name, kind, attempt):
    """When, where, with whom and what to bring."""
    (command,) = reactions.react(heard(f"booking.Appointment{name}"), facts.NOW)
    assert isinstance(command, NoteVisit)
    assert (command.kind, command.attempt) == (kind, attempt)
    (stop,) = command.visit.stops
    assert (stop.room, stop.clerk, command.visit.site) == ("Raum 101", "J. Brinkmann", "rathaus")
    assert command.visit.documents == (Wording("Bisheriger Reisepass", "Your previous passport"),)
    assert command.visit.starts_at.utcoffset() is not None


def test_a_document_that_two_concerns_ask_for_is_noted_once():
    """The guest brings it once, too."""
    twice = [{"key": key, "de": "Ausweis", "en": "Identity card"} for key in ("a", "b")]
    (command,) = reactions.react(heard("booking.AppointmentConfirmed", documents=twice), facts.NOW)
    assert isinstance(command, NoteVisit)
    assert command.visit.documents == (Wording("Ausweis", "Identity card"),)


def test_ends_are_noted():
    """A cancellation is told where there was a confirmation, a decline where it came late, an expiry always."""
    at = datetime.fromisoformat("2026-11-24T09:00:00+01:00")
    later = datetime.fromisoformat("2026-11-24T09:10:00+01:00")
    ends = {
        ("AppointmentCancelled", ()): ("cancelled", True, None, ()),
        ("AppointmentCancelled", (("was_confirmed", False),)): ("cancelled", False, None, ()),
        ("AppointmentDeclined", ()): ("declined", False, at, (later,)),
        ("AppointmentDeclined", (("late", True),)): ("declined", True, at, (later,)),
        ("AppointmentExpired", ()): ("expired", True, at, ()),
    }
    for (name, changes), expected in ends.items():
        (command,) = reactions.react(heard(f"booking.{name}", **dict(changes)), facts.NOW)
        assert isinstance(command, CloseVisit)
        assert (command.kind, command.tell, command.asked_for, command.alternatives) == expected


def test_the_others_are_noted():
    """A declined move with the time asked for, a substitute by name, a pass by number, the end of all knowledge."""
    (kept,) = reactions.react(heard("booking.AppointmentMoveDeclined"), facts.NOW)
    assert isinstance(kept, KeepVisit)
    assert (kept.kind, kept.attempt, kept.alternatives) == ("move_declined", 2, ())
    assert kept.asked_for.astimezone(UTC).hour == 13
    (run_out,) = reactions.react(heard("booking.AppointmentMoveDeclined", because=["expired"]), facts.NOW)
    assert run_out == replace(kept, kind="move_expired")
    (handed_over,) = reactions.react(heard("booking.AppointmentReassigned"), facts.NOW)
    assert isinstance(handed_over, NoteStops)
    assert (handed_over.attempt, [stop.clerk for stop in handed_over.stops]) == (1, ["A. Demir"])
    (asking,) = reactions.react(heard("booking.AppointmentQuestioned"), facts.NOW)
    assert isinstance(asking, AskGuest)
    assert asking.proposed is not None
    assert (asking.attempt, asking.proposed.astimezone(UTC).hour) == (1, 10)
    (withdrawn,) = reactions.react(heard("booking.QuestionWithdrawn"), facts.NOW)
    assert isinstance(withdrawn, DropQuestion)
    (passed,) = reactions.react(heard("visitor_access.GuestRegistered"), facts.NOW)
    assert isinstance(passed, NotePass)
    assert (passed.attempt, passed.number) == (1, "7KQ4M2XD")
    (gone,) = reactions.react(heard("booking.GuestForgotten"), facts.NOW)
    assert isinstance(gone, ForgetGuest)


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("booking.AppointmentConfirmed", {"stops": []}),
        ("booking.AppointmentConfirmed", {"starts_at": "2026-11-24T09:00:00"}),
        ("booking.AppointmentConfirmed", {"party_size": 0}),
        ("booking.AppointmentRequested", {"guest": None}),
        ("booking.AppointmentRequested", {"appointment": "a1>\r\nBcc: b@example.org"}),
        ("booking.AppointmentCancelled", {"was_confirmed": "perhaps"}),
        ("visitor_access.GuestRegistered", {"pass": "x\r\nBcc: y"}),
        ("visitor_access.GuestRegistered", {"attempt": "1"}),
    ],
)
def test_what_is_wrong_is_parked(name, changes):
    """A poisoned message raises, so that the inbox keeps it and its successors."""
    with pytest.raises(ValidationError):
        reactions.react(heard(name, **changes), facts.NOW)


def test_fields_we_do_not_know_are_left():
    """The others may say more one day."""
    message = heard("booking.AppointmentConfirmed", weather="rain")
    assert reactions.react(message, facts.NOW) == reactions.react(replace(message, data=message.data), facts.NOW)
