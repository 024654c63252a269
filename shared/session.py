"""The generic shell: runs any decider over as many commands as have come, in one transaction.

Loading is set-wise (`prefetch`), deciding is in memory and in order (each command sees what the earlier ones led to),
and one `flush` writes everything. A command that fails leaves no trace in the session.
"""

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import Connection, Delete, Insert, Update

from shared import many, store
from shared.codec import Codec
from shared.definition import Command, Definition, Recorded
from shared.messages import Cause, envelope
from shared.tables import Write, instant

CACHED_STREAMS = 300


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream folded up to `version`; `sequence` is that of its last published event. Both -1 when there is none."""

    state: Any
    version: int = -1
    sequence: int = -1


class Cache:
    """Folded streams kept between transactions. Never trusted: every load asks the log for what came behind it."""

    def __init__(self, limit: int = CACHED_STREAMS) -> None:
        self._limit = limit
        self._streams: OrderedDict[str, Stream] = OrderedDict()

    def get(self, name: str) -> Stream | None:
        """The stream as last seen, if it was."""
        return self._streams.get(name)

    def keep(self, streams: dict[str, Stream]) -> None:
        """Remember streams after their transaction has committed."""
        for name, stream in streams.items():
            self._streams[name] = stream
            self._streams.move_to_end(name)
        while len(self._streams) > self._limit:
            self._streams.popitem(last=False)


class Session:
    """One transaction's work. `connection` must be in a writing transaction. Not for sharing between threads."""

    def __init__(
        self, connection: Connection, definition: Definition, codec: Codec, cache: Cache, recorded_at: datetime
    ) -> None:
        self.connection = connection
        self.decided: list[Any] = []
        self._definition = definition
        self._codec = codec
        self._cache = cache
        self._recorded_at = recorded_at.astimezone(UTC)
        self._time = instant(recorded_at)
        self._streams: dict[str, Stream] = {}
        self._states: dict[str, Any] = {}
        self._rows: list[dict[str, Any]] = []
        self._writes: list[Write] = []
        self._flushed = 0
        self._before: dict[str, Stream] = {}

    def prefetch(self, commands: Iterable[Command]) -> None:
        """Load what these commands need, in as few rounds as the deepest of them wants."""
        commands = list(commands)
        while missing := self._missing(commands):
            self._load(sorted(missing))

    def _missing(self, commands: Sequence[Command]) -> set[str]:
        wanted: set[str] = set()
        for command in commands:
            wanted |= self._definition.decider.needs(command, self._states)
        return wanted - self._states.keys()

    def _load(self, names: Sequence[str]) -> None:
        decider = self._definition.decider
        loaded = {name: self._cache.get(name) or Stream(decider.initial(name)) for name in names}
        known = {name: stream.version for name, stream in loaded.items()}
        for row in store.newer(self.connection, known, locking=True):
            before = loaded[row.stream]
            event = self._codec.load(row.type, row.schema_version, row.data)
            sequence = before.sequence if row.sequence is None else row.sequence
            loaded[row.stream] = Stream(decider.evolve(before.state, event), row.version, sequence)
        self._streams |= loaded
        self._states |= {name: stream.state for name, stream in loaded.items()}

    def state(self, name: str) -> Any:
        """The state of one stream as this transaction sees it."""
        if name not in self._states:
            self._load([name])
        return self._states[name]

    def decide(self, *commands: Command, cause: Cause) -> list[Any]:
        """Decide commands in order, all or none of them; returns their events. Raises what the decider raises."""
        decided: list[Any] = []
        with self.attempt():
            for command in commands:
                self.prefetch([command])
                for n, event in enumerate(self._definition.decider.decide(command, self._states)):
                    self._take(event, f"{command.id}.{n}", cause)
                    decided.append(event)
            self.decided += decided
        return decided

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """A block that leaves no trace in the session when it raises."""
        rows, writes, decided = len(self._rows), len(self._writes), len(self.decided)
        outer, self._before = self._before, {}
        try:
            yield
            for name, stream in self._before.items():
                outer.setdefault(name, stream)
        except BaseException:
            del self._rows[rows:], self._writes[writes:], self.decided[decided:]
            for name, stream in self._before.items():
                self._set(name, stream)
            raise
        finally:
            self._before = outer

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """The same, but the block is written at once, so that what the database refuses is undone, too.

        PostgreSQL then lets go of the locks that were taken in the block: what was loaded under them is forgotten.
        """
        self.flush()
        flushed, known = self._flushed, set(self._streams)
        try:
            with self.attempt(), self.connection.begin_nested():
                yield
                self.flush()
        except BaseException:
            self._flushed = flushed
            for name in self._streams.keys() - known:
                del self._streams[name], self._states[name]
            raise

    def _take(self, event: Any, event_id: str, cause: Cause) -> None:
        name = self._definition.decider.stream_of(event)
        last = self._streams[name]
        self._before.setdefault(name, last)
        said = self._definition.say(event)
        version, sequence = last.version + 1, last.sequence + (said is not None)
        self._set(name, Stream(self._definition.decider.evolve(last.state, event), version, sequence))
        kind, schema_version, data = self._codec.dump(event)
        message = said and envelope(
            said,
            source=self._definition.name,
            event_id=event_id,
            time=self._time,
            stream=name,
            sequence=sequence,
            cause=cause,
        )
        meta = {"id": event_id, "correlation": cause.correlation, "causation": cause.causation}
        self._rows.append(
            {
                "stream": name,
                "version": version,
                "type": kind,
                "schema_version": schema_version,
                "data": data,
                "meta": orjson.dumps(meta).decode(),
                "said": said and said.type,
                "message": message,
                "sequence": sequence if said else None,
                "recorded_at": self._time,
            }
        )
        self._writes += self._definition.project(event, Recorded(name, version, event_id, self._recorded_at))

    def _set(self, name: str, stream: Stream) -> None:
        self._streams[name] = stream
        self._states[name] = stream.state

    def write(self, *writes: Write) -> None:
        """Rows that must commit together with the events."""
        self._writes += writes

    def flush(self) -> None:
        """Write everything to the database; the caller commits. Raises IntegrityError on a lost race."""
        write_all(self.connection, [*((store.APPEND, row) for row in self._rows), *self._writes])
        self._flushed += len(self._rows)
        self._rows.clear()
        self._writes.clear()

    def committed(self) -> None:
        """To be called after the commit."""
        self._cache.keep(self._streams)

    @property
    def appended(self) -> int:
        """How many events this transaction appends."""
        return self._flushed + len(self._rows)


def write_all(connection: Connection, writes: Iterable[Write]) -> None:
    """Execute writes table by table, in order within a table; neighbours of the same statement go out as one.

    Read tables hold no references to each other, so that the order between tables does not matter.
    """
    tables: dict[Any, list[tuple[Insert | Update | Delete, list[dict[str, Any]]]]] = {}
    for statement, parameters in writes:
        runs = tables.setdefault(statement.table, [])
        if not runs or runs[-1][0] is not statement:
            runs.append((statement, []))
        runs[-1][1].append(parameters)
    many.execute(connection, *(run for runs in tables.values() for run in runs))
