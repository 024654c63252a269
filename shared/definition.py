"""What a service is, as data: everything the generic parts need to run it."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import UnionType
from typing import Any, Protocol, get_args

from sqlalchemy import MetaData, Table

from shared.codec import Upcast
from shared.messages import Message, Said
from shared.replays import Replays
from shared.tables import Write, instant


class Command(Protocol):
    """An order to a decider; the n-th event it leads to is named `{id}.{n}`."""

    @property
    def id(self) -> str: ...

    @property
    def now(self) -> datetime: ...


class Decider(Protocol):
    """A module with these functions is a decider; all of them are pure.

    `needs` names the streams wanted before deciding; it is asked again with what has been loaded until it wants
    nothing new.
    """

    @property
    def needs(self) -> Callable[[Any, Mapping[str, Any]], set[str]]: ...

    @property
    def initial(self) -> Callable[[str], Any]: ...

    @property
    def evolve(self) -> Callable[[Any, Any], Any]: ...

    @property
    def decide(self) -> Callable[[Any, Mapping[str, Any]], Sequence[Any]]: ...

    @property
    def stream_of(self) -> Callable[[Any], str]: ...


@dataclass(frozen=True, slots=True)
class Recorded:
    """Where and when an event stands in the log. `time` is aware, in UTC."""

    stream: str
    version: int
    id: str
    time: datetime

    @property
    def instant(self) -> str:
        """The time as tables hold it."""
        return instant(self.time)


Change = Callable[[Any, Recorded], Iterable[Write]]
"""What an event changes in one table."""


class Projection:
    """What feeds each table: the events that change it, and how. Called with an event, it gives all that follows.

    `unseen` are the events that change no table. Raises TypeError unless every event of the union is in one or the
    other.
    """

    def __init__(
        self, union: UnionType | type, tables: Mapping[Table, Mapping[type, Change]], unseen: Iterable[type] = ()
    ) -> None:
        self._events = get_args(union) or (union,)
        self._changes: dict[str, list[tuple[Table, Change]]] = {cls.__name__: [] for cls in unseen}
        for table, changes in tables.items():
            for cls, change in changes.items():
                self._changes.setdefault(cls.__name__, []).append((table, change))
        if unclear := {cls.__name__ for cls in self._events} ^ self._changes.keys():
            raise TypeError(f"neither in a table nor unseen, or no event of the service: {', '.join(sorted(unclear))}")

    def __call__(self, event: Any, at: Recorded) -> Iterator[Write]:
        """Raises TypeError for a write to another table than it was said to be for: a replay would leave it out."""
        for table, change in self._changes[type(event).__name__]:
            for write in change(event, at):
                if write[0].table is not table:
                    raise TypeError(f"{type(event).__name__} is not said to change {write[0].table}")
                yield write

    def changes(self, kind: str, tables: Collection[Table]) -> list[Change]:
        """What events of that type change in these tables. Raises KeyError for an unknown one."""
        return [change for table, change in self._changes[kind] if table in tables]

    def unneeded(self, tables: Collection[Table]) -> list[type]:
        """The events that change none of these tables."""
        return [cls for cls in self._events if not self.changes(cls.__name__, tables)]


def nothing_noted(_message: Message) -> Iterable[Write]:
    """For a service that keeps nothing of what it hears but its own events."""
    return ()


class UnknownVersion(LookupError):
    """A message that is heard, in a version that this code does not know: its fields may mean something else."""


def no_reaction(_message: Message, _now: datetime) -> Sequence[Any]:
    """For a service that hears nobody."""
    return ()


def none_can_wait(_kind: str) -> bool:
    """For a service whose every answer somebody waits for."""
    return False


def none_asks(_kind: str) -> bool:
    """For a service whose reactions ask nothing."""
    return False


@dataclass(frozen=True, slots=True)
class Definition:
    """One service: its decider, its events, how they are said, whom it hears, and its read tables.

    `stories` are the prefixes of its streams that belong to one subject (`{prefix}-{subject}`).
    `heard` are the types of messages that `react` and `note` make something of, each with its newest version known: one
    in a newer version is parked until there is code that knows it. All other types are of no use, in any version.
    `replays` says what a replay does here; without it none is taken, and nothing that hangs on timers is done.
    `can_wait` names the types of messages, and `key`, for whose effect nobody waits: they gather for a moment into one
    transaction.
    `asks` names those whose reaction asks what the service keeps in memory: the rest of their batch is committed first.
    `note` makes rows of a heard message that no event of one's own stands behind; `beside` are tables of such rows.
    `at_once` makes the rows that may not wait for the messages before it; to make them again changes nothing.
    `shares_keys` lets its publisher send subject keys; `reads_keys` names the sources whose keys it keeps.
    """

    name: str
    decider: Decider
    events: UnionType | type
    say: Callable[[Any], Said | None]
    project: Projection
    metadata: MetaData
    migrations: Path
    http_default: str
    upcasts: Mapping[tuple[str, int], Upcast] = field(default_factory=dict)
    hears: tuple[str, ...] = ()
    heard: Mapping[str, int] = field(default_factory=dict)
    react: Callable[[Message, datetime], Sequence[Any]] = no_reaction
    can_wait: Callable[[str], bool] = none_can_wait
    asks: Callable[[str], bool] = none_asks
    note: Callable[[Message], Iterable[Write]] = nothing_noted
    at_once: Callable[[Message], Iterable[Write]] = nothing_noted
    beside: MetaData = field(default_factory=MetaData)
    stories: tuple[str, ...] = ()
    shares_keys: bool = False
    reads_keys: tuple[str, ...] = ()
    replays: Replays | None = None

    def commands(self, message: Message, now: datetime) -> Sequence[Any]:
        """What `react` makes of a message. Raises UnknownVersion, and whatever it raises."""
        if not self._knows(message):
            newest = self.heard[message.type]
            known = "1" if newest == 1 else f"1 to {newest}"
            raise UnknownVersion(f"{message.type} came in version {message.version}, known here is {known}")
        return self.react(message, now)

    def written_at_once(self, message: Message) -> Iterable[Write]:
        """What `at_once` makes of a message, in a version that is known."""
        return self.at_once(message) if self._knows(message) else ()

    def _knows(self, message: Message) -> bool:
        newest = self.heard.get(message.type)
        return newest is None or 0 < message.version <= newest
