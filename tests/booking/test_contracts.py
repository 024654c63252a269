"""What booking says is what the examples say, and it can read what it hears."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.booking import contracts, reactions
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
    Document,
    GuestForgotten,
    Held,
    MoveDeclined,
    MoveRequested,
    Plan,
    PlannedStop,
    QuestionWithdrawn,
    Text,
)
from services.booking.place import PLACE
from shared.messages import read

EXAMPLES = Path(__file__).parent.parent / "contracts"


def example(name: str) -> dict[str, object]:
    """The data of an example message."""
    data: dict[str, object] = json.loads((EXAMPLES / f"{name}.v1.json").read_text())["data"]
    return data


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)


REQUESTED = example("booking.AppointmentRequested")
APPOINTMENT = str(REQUESTED["appointment"])
NAME = Text("Reisepass, Ausgabe", "Passport, collection")
DOCUMENTS = (Document("alter-pass", "Bisheriger Reisepass", "Your previous passport"),)


def _plan(starts: str, ends: str, blocked: str) -> Plan:
    stop = PlannedStop(
        stop=1,
        concern="reisepass-ausgabe",
        name=NAME,
        department="buergerbuero",
        competences=("pass",),
        responsibility=None,
        seats=3,
        equipment=("fingerprint",),
        step_free=True,
        starts_at=_at(starts),
        ends_at=_at(ends),
        blocked_until=_at(blocked),
        room="r-101",
        clerk="c-17",
    )
    return Plan("rathaus", _at(starts).date(), _at(starts), _at(ends), 2, True, "de", (stop,), DOCUMENTS)


FIRST = _plan("2026-11-24T09:00:00+01:00", "2026-11-24T09:10:00+01:00", "2026-11-24T09:15:00+01:00")
SECOND = _plan("2026-11-25T14:00:00+01:00", "2026-11-25T14:10:00+01:00", "2026-11-25T14:15:00+01:00")
ROOMS = (Held(1, "r-101", "Raum 101", FIRST.starts_at, FIRST.stops[0].blocked_until),)
TIMES = FIRST.starts_at, FIRST.stops[0].blocked_until
CLERKS = (Held(1, "c-17", "J. Brinkmann", FIRST.starts_at, FIRST.stops[0].blocked_until),)
SUBSTITUTES = (Held(1, "c-18", "A. Demir", *TIMES),)
OTHER = (_at("2026-11-24T09:10:00+01:00"),)
ASKED = datetime(2026, 11, 22, 9, tzinfo=UTC)
SAID = [
    (
        "AppointmentRequested",
        AppointmentRequested(
            APPOINTMENT, 1, FIRST, _at("2026-11-22T10:05:00+01:00"), ASKED, str(REQUESTED["guest"]), "print"
        ),
    ),
    ("AppointmentMoveRequested", MoveRequested(APPOINTMENT, 2, SECOND, _at("2026-11-22T10:15:00+01:00"), ASKED)),
    ("AppointmentConfirmed", AppointmentConfirmed(APPOINTMENT, 1, FIRST, ROOMS, CLERKS)),
    (
        "AppointmentHeld",
        AppointmentHeld(APPOINTMENT, 1, FIRST, ROOMS, CLERKS, _at("2026-11-22T10:30:00+01:00")),
    ),
    ("AppointmentMoved", AppointmentMoved(APPOINTMENT, 2, SECOND, ROOMS, CLERKS, FIRST.starts_at)),
    ("AppointmentQuestioned", AppointmentQuestioned(APPOINTMENT, 1, _at("2026-11-24T11:00:00+01:00"), 1)),
    ("QuestionWithdrawn", QuestionWithdrawn(APPOINTMENT, 1)),
    (
        "AppointmentReassigned",
        AppointmentReassigned(APPOINTMENT, 1, FIRST, ROOMS, (Held(1, "c-18", "A. Demir", *TIMES),)),
    ),
    (
        "AppointmentDeclined",
        AppointmentDeclined(APPOINTMENT, 1, ("room_taken",), OTHER, FIRST.starts_at, "de", late=False),
    ),
    ("AppointmentMoveDeclined", MoveDeclined(APPOINTMENT, 2, ("clerk_taken",), (), SECOND.starts_at, "de")),
    ("AppointmentExpired", AppointmentExpired(APPOINTMENT, 1, FIRST.starts_at, "de")),
    ("AppointmentCancelled", AppointmentCancelled(APPOINTMENT, 1, "guest", was_confirmed=True)),
    ("GuestForgotten", GuestForgotten(APPOINTMENT)),
    ("SessionsEnded", SessionsEnded("infotheke-1", _at("2026-11-22T09:00:00+00:00"))),
]


@pytest.mark.parametrize(("name", "event"), SAID, ids=[name for name, _ in SAID])
def test_it_says_exactly_the_example(name: str, event: object):
    """Whoever listens may rely on every field."""
    said = contracts.say(event)  # type: ignore[arg-type]
    assert said is not None
    about = "infotheke-1" if name == "SessionsEnded" else APPOINTMENT
    assert (said.type, said.version, said.subject) == (name, 1, about)
    assert json.loads(json.dumps(said.data)) == example(f"booking.{name}")


def test_there_is_an_example_of_everything_it_says():
    """And of nothing else."""
    assert {path.name.split(".")[1] for path in EXAMPLES.glob("booking.*")} == {name for name, _ in SAID}


@pytest.mark.parametrize("path", sorted(p for source in PLACE.hears for p in EXAMPLES.glob(f"{source}.*")), ids=str)
def test_it_reads_what_it_hears(path: Path):
    """Every message of its sources leads to a command, or is of no use here."""
    message = read(path.read_bytes())
    commands = reactions.react(message, ASKED)
    assert (message.type in contracts.HEARD) == bool(commands)
    assert all(command.now == ASKED for command in commands)
