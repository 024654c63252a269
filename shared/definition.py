"""What a service is, as data: everything the generic parts need to run it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import UnionType
from typing import Any, Protocol

from sqlalchemy import MetaData

from shared.codec import Upcast
from shared.messages import Message, Said
from shared.replays import Replays
from shared.tables import Write


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


def nothing_noted(_message: Message) -> Iterable[Write]:
    """For a service that keeps nothing of what it hears but its own events."""
    return ()


def no_reaction(_message: Message, _now: datetime) -> Sequence[Any]:
    """For a service that hears nobody."""
    return ()


@dataclass(frozen=True, slots=True)
class Definition:
    """One service: its decider, its events, how they are said, whom it hears, and its read tables.

    `stories` are the prefixes of its streams that belong to one subject (`{prefix}-{subject}`).
    `replays` says what a replay does here; without it none is taken, and nothing that hangs on timers is done.
    `note` makes rows of a heard message that no event of one's own stands behind; `beside` are tables of such rows.
    `shares_keys` lets its publisher send subject keys; `reads_keys` names the sources whose keys it keeps.
    """

    name: str
    decider: Decider
    events: UnionType | type
    say: Callable[[Any], Said | None]
    project: Callable[[Any, Recorded], Iterable[Write]]
    metadata: MetaData
    migrations: Path
    http_default: str
    upcasts: Mapping[tuple[str, int], Upcast] = field(default_factory=dict)
    hears: tuple[str, ...] = ()
    react: Callable[[Message, datetime], Sequence[Any]] = no_reaction
    note: Callable[[Message], Iterable[Write]] = nothing_noted
    beside: MetaData = field(default_factory=MetaData)
    stories: tuple[str, ...] = ()
    shares_keys: bool = False
    reads_keys: tuple[str, ...] = ()
    replays: Replays | None = None
