"""A toy ensemble to try the shared core with: `counters` counts what two speakers, `toy` and `other`, tell it to.

Deliberately not idempotent: a message that takes effect twice is counted twice, and shows. `seats` is a table whose
primary key refuses what the decider, told to be `careless`, lets through.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, assert_never

from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import CheckConstraint, Column, Integer, MetaData, Table, Text, insert

from shared.app import App, Delivery
from shared.config import KEY_BYTES, Settings
from shared.database import connect, writing
from shared.definition import Change, Definition, Projection, Recorded
from shared.messages import CONTENT_TYPE, Cause, Message, Said, again, envelope, following, numbered
from shared.migrations import core
from shared.replays import Effect, Mode, Replays
from shared.tables import Write, upsert

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
MOST = 1_000_000
LATER = "CountedLater"
"""A type of message that can wait."""
ASKING = "CountedAsking"
"""A type of message whose reaction asks what is kept in memory."""


class Refused(Exception):
    """The caller's order can't be carried out."""

    def __init__(self, reason: str, field: str | None = None, detail: str = "") -> None:
        super().__init__(reason)
        self.reason, self.field, self.detail = reason, field, detail


# -------------------------------------------------------------------------------------------------- events and commands


@dataclass(frozen=True, slots=True)
class Counted:
    """`total` is what the tally stands at after it."""

    tally: str
    by: int
    total: int
    note: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Marked:
    """Private: it is stored, and said to nobody."""

    tally: str


@dataclass(frozen=True, slots=True)
class SeatTaken:
    """At most once per seat."""

    seat: str
    who: str


Event = Counted | Marked | SeatTaken


@dataclass(frozen=True, slots=True)
class Count:
    """Add to a tally."""

    id: str
    now: datetime
    tally: str
    by: int = 1
    note: str = ""


@dataclass(frozen=True, slots=True)
class Move:
    """Take from one tally what is there at least, and give it to another: two streams or none."""

    id: str
    now: datetime
    origin: str
    target: str
    by: int


@dataclass(frozen=True, slots=True)
class Mark:
    """Do something that nobody hears of."""

    id: str
    now: datetime
    tally: str


@dataclass(frozen=True, slots=True)
class TakeSeat:
    """Take a seat that is free; `careless` does not look."""

    id: str
    now: datetime
    seat: str
    who: str
    careless: bool = False


@dataclass(frozen=True, slots=True)
class Tally:
    """How much has been counted, and by how many events."""

    total: int = 0
    events: int = 0


@dataclass(frozen=True, slots=True)
class Seat:
    """Who sits there."""

    who: str | None = None


# -------------------------------------------------------------------------------------------------------------- decider


def needs(command: Any, states: Mapping[str, Any]) -> set[str]:
    """Move asks for its target only when it knows its origin: two rounds."""
    match command:
        case Count() | Mark():
            return {f"tally-{command.tally}"}
        case Move():
            first = f"tally-{command.origin}"
            return {first, f"tally-{command.target}"} if first in states else {first}
        case TakeSeat():
            return {f"seat-{command.seat}"}
        case _:
            raise TypeError("not a command of the toy")


def initial(stream: str) -> Any:
    """Nothing yet."""
    return Seat() if stream.startswith("seat-") else Tally()


def evolve(state: Any, event: Event) -> Any:
    """Add up."""
    match event:
        case Counted():
            return Tally(event.total, state.events + 1)
        case Marked():
            return replace(state, events=state.events + 1)
        case SeatTaken():
            return Seat(event.who)
        case _:
            assert_never(event)


def decide(command: Any, states: Mapping[str, Any]) -> Sequence[Event]:
    """The rules, and what makes a command a poison: its note."""
    match command:
        case Count(note="decide raises"):
            raise RuntimeError(f"as told by {command.tally}")
        case Count(note="refuse") | Count(by=0):
            raise Refused("nothing_to_count", "by", "Count at least one.")
        case Count():
            return (_counted(command.tally, command.by, states, command.note, command.now),)
        case Mark():
            return (Marked(command.tally),)
        case Move():
            if states[f"tally-{command.origin}"].total < command.by:
                raise Refused("too_little")
            taken = _counted(command.origin, -command.by, states, "", command.now)
            return (taken, _counted(command.target, command.by, states, "", command.now))
        case TakeSeat():
            if states[f"seat-{command.seat}"].who is not None and not command.careless:
                raise Refused("taken")
            return (SeatTaken(command.seat, command.who),)
        case _:
            raise TypeError("not a command of the toy")


def _counted(tally: str, by: int, states: Mapping[str, Any], note: str, at: datetime) -> Counted:
    return Counted(tally, by, states[f"tally-{tally}"].total + by, note, at)


def stream_of(event: Event) -> str:
    """A stream per tally, a stream per seat."""
    return f"seat-{event.seat}" if isinstance(event, SeatTaken) else f"tally-{event.tally}"


DECIDER = SimpleNamespace(needs=needs, initial=initial, evolve=evolve, decide=decide, stream_of=stream_of)

# --------------------------------------------------------------------------------------------- messages and read tables


def say(event: Event) -> Said | None:
    """What is counted is said."""
    if isinstance(event, Counted):
        return Said("Counted", 1, event.tally, {"tally": event.tally, "by": event.by, "note": event.note})
    return None


def react(message: Message, now: datetime) -> Sequence[Any]:
    """Count what was counted elsewhere, under the speaker's name."""
    if message.data.get("note") == "react raises":
        raise LookupError("as told")
    if message.type not in ("Counted", LATER, ASKING):
        return ()
    order = following(message, "counters")
    tally = f"{message.source}.{message.data['tally']}"
    return (Count(order, message.time, tally, message.data["by"], message.data.get("note", "")),)


metadata = MetaData()
totals = Table(
    "totals",
    metadata,
    Column("tally", Text, primary_key=True),
    # What either database refuses: PostgreSQL says DataError from 2**31, the constraint says IntegrityError before.
    Column("total", Integer, CheckConstraint(f"total <= {MOST}"), nullable=False),
    Column("note", Text, nullable=False),
)
lines = Table(
    "lines",
    metadata,
    Column("n", Integer, primary_key=True),
    Column("stream", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("event", Text, nullable=False),
)
seats = Table("seats", metadata, Column("seat", Text, primary_key=True), Column("who", Text, nullable=False))
_TOTAL = upsert(totals, ["tally"])
_LINE = insert(lines)
_SIT = insert(seats)


def _line(event: Event, at: Recorded) -> Iterable[Write]:
    return ((_LINE, {"stream": at.stream, "version": at.version, "event": type(event).__name__}),)


def _total(event: Counted, _at: Recorded) -> Iterable[Write]:
    return ((_TOTAL, {"tally": event.tally, "total": event.total, "note": event.note}),)


def _sit(event: SeatTaken, _at: Recorded) -> Iterable[Write]:
    return ((_SIT, {"seat": event.seat, "who": event.who}),)


CHANGES: Mapping[Table, Mapping[type, Change]] = {
    lines: {Counted: _line, Marked: _line, SeatTaken: _line},
    totals: {Counted: _total},
    seats: {SeatTaken: _sit},
}
"""One row that is overwritten, one that is added, and the guarded one."""
project = Projection(Event, CHANGES)


def mark_again(name: str, now: datetime, tally: str) -> Mark:
    """The toy's one side effect that can be done again."""
    return Mark(name, now, tally)


REPLAYS = Replays({"hold": Effect("hold"), "mark": Effect("marking", mark_again)})


def definition(name: str = "counters", hears: tuple[str, ...] = ("toy", "other"), **more: Any) -> Definition:
    """The toy as a service of that name."""
    return Definition(
        name=name,
        decider=DECIDER,
        events=Event,
        say=say,
        project=project,
        metadata=metadata,
        migrations=Path(__file__).parent,
        http_default="127.0.0.1:0",
        hears=hears,
        react=react,
        can_wait="Counted".__ne__,
        asks=ASKING.__eq__,
        **{"heard": {"Counted": 1, LATER: 1, ASKING: 1}, "replays": REPLAYS} | more,
    )


SPEAKER = definition("toy", hears=())
COUNTERS = definition()

# --------------------------------------------------------------------------------------------------------- as it is run


def settings(home: Path, database_url: str, service: str = "counters", amqp_url: str = "", **more: Any) -> Settings:
    """Settings of a toy with fixed keys."""
    home.joinpath("run").mkdir(parents=True, exist_ok=True)
    fixed: dict[str, Any] = {
        "service": service,
        "amqp_url": amqp_url,
        "database_url": database_url.replace("{service}", service),
        "http_address": "127.0.0.1:0",
        "smtp_url": "",
        "timezone": "Europe/Berlin",
        "land": "NW",
        "public_url": "",
        "home": home,
        "log_level": "INFO",
        "log_format": "json",
        "batch": 200,
        "prefetch": 500,
        "master_key": bytes(KEY_BYTES),
        "transport_key": b"t" * KEY_BYTES,
        "secret": b"s" * KEY_BYTES,
    }
    return Settings(**{name: value for name, value in (fixed | more).items() if name in Settings.__slots__})


def create_tables(database_url: str) -> None:
    """What the migrations of a toy would make."""
    engine = connect(database_url)
    with writing(engine) as connection, Operations.context(MigrationContext.configure(connection)):
        for create in (core.create, core.create_orders, core.create_ended_sessions):
            create()
        metadata.create_all(connection)
    engine.dispose()


def app(home: Path, database_url: str, definition: Definition = COUNTERS, **more: Any) -> App:
    """A process of the toy, as it is after a start; `database_url` must have its tables."""
    return App(definition, settings(home, database_url, definition.name, **more), clock=lambda: NOON)


@dataclass
class Speaker:
    """Makes the messages that a service would say, with the right sequence per stream."""

    source: str = "toy"
    sequences: dict[str, int] = field(default_factory=dict)
    position: int = 0
    texts: dict[int, str] = field(default_factory=dict)

    def say(self, tally: str = "a", by: int = 1, note: str = "", kind: str = "Counted", version: int = 1) -> Delivery:
        """The next message about a tally."""
        stream = f"tally-{tally}"
        sequence = self.sequences[stream] = self.sequences.get(stream, -1) + 1
        self.position += 1
        said = Said(kind, version, tally, {"tally": tally, "by": by, "note": note})
        event_id = f"{self.source}-{stream}-{sequence}"
        time = (NOON + timedelta(seconds=self.position)).isoformat()
        cause = Cause("c", "d")
        text = envelope(
            said, source=self.source, event_id=event_id, time=time, stream=stream, sequence=sequence, cause=cause
        )
        self.texts[self.position] = text
        return Delivery(CONTENT_TYPE, numbered(text, self.position))

    def replay(self, job: str, position: int) -> Delivery:
        """What was said at that position, as a replay brings it."""
        return Delivery(CONTENT_TYPE, again(self.texts[position], position, job, Mode.REDELIVER))


MakeApp = Callable[..., App]
