"""Which messages of a log a replay means."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Connection, Row, func, or_, select

from deploy.home import BadInput
from shared import sequencer
from shared.tables import events

PAGE = 1000
COLUMNS = (events.c.position, events.c.stream, events.c.sequence, events.c.said, events.c.message)


@dataclass(frozen=True, slots=True)
class Selection:
    """All that was said in (above, up_to], narrowed. `since` and `until`: of the time of recording, in UTC.

    A stream that ends in * means all that begin so.
    """

    above: int
    up_to: int
    since: str = ""
    until: str = ""
    types: tuple[str, ...] = ()
    streams: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()

    def as_data(self) -> dict[str, Any]:
        """What narrows it, for the log of operations."""
        return {name: value for name, value in asdict(self).items() if value and name not in ("above", "up_to")}

    @classmethod
    def from_data(cls, above: int, up_to: int, data: Mapping[str, Any]) -> "Selection":
        """The other way round."""
        lists = {name: tuple(data.get(name, ())) for name in ("types", "streams", "subjects")}
        return cls(above, up_to, data.get("since", ""), data.get("until", ""), **lists)

    def conditions(self) -> Iterator[ColumnElement[bool]]:
        """All but the positions."""
        yield events.c.said.is_not(None)
        if self.since:
            yield events.c.recorded_at >= self.since
        if self.until:
            yield events.c.recorded_at < self.until
        if self.types:
            yield events.c.said.in_(self.types)
        if self.streams:
            yield or_(*(_named(stream) for stream in self.streams))
        if self.subjects:
            # Narrows what is read; whether it is the subject is seen in the message.
            yield or_(*(events.c.message.contains(_subject(one), autoescape=True) for one in self.subjects))

    def pages(self, connection: Connection, after: int | None = None, size: int = PAGE) -> Iterator[Sequence[Row[Any]]]:
        """Its messages in order of position, a page at a time: no query stays open meanwhile."""
        last = self.above if after is None else max(after, self.above)
        query: Any = select(*COLUMNS).where(*self.conditions(), events.c.position <= self.up_to)
        query = query.order_by(events.c.position).limit(size)
        while page := connection.execute(query.where(events.c.position > last)).all():
            connection.rollback()  # what is committed later shall be seen, and PostgreSQL need not wait for us
            yield [row for row in page if self._about(row)]
            last = page[-1].position

    def _about(self, row: Row[Any]) -> bool:
        return not self.subjects or orjson.loads(row.message)["subject"] in self.subjects


def _named(stream: str) -> ColumnElement[bool]:
    if stream.endswith("*"):
        return events.c.stream.startswith(stream[:-1], autoescape=True)
    return events.c.stream == stream


def _subject(subject: str) -> str:
    return f'"subject":{orjson.dumps(subject).decode()}'


def checked(connection: Connection, source: str, wanted: Selection, *, last_wanted: bool) -> Selection:
    """The selection with its upper bound frozen at what has been published. Raises BadInput for what does not exist."""
    published, last = sequencer.cursor(connection), sequencer.last(connection)
    if wanted.above >= last:
        raise BadInput(f"{source}'s log has no position {wanted.above + 1}: it ends at {last}.")
    if last_wanted and wanted.up_to > last:
        raise BadInput(f"{source}'s log has no position {wanted.up_to}: it ends at {last}.")
    if unknown := set(wanted.types) - (known := _types(connection)):
        said = ", ".join(sorted(known)) or "nothing"
        raise BadInput(f"{source} has never said {', '.join(sorted(unknown))}; it has said {said}.")
    for stream in wanted.streams:
        if connection.execute(select(events.c.id).where(_named(stream)).limit(1)).first() is None:
            raise BadInput(f"{source}'s log has no stream {stream!r}; `foyer streams` and `foyer show` name some.")
    up_to = min(wanted.up_to, published) if last_wanted else published
    return Selection(wanted.above, up_to, *(getattr(wanted, name) for name in Selection.__slots__[2:]))


def _types(connection: Connection) -> set[str]:
    query = select(events.c.said).where(events.c.said.is_not(None)).distinct()
    return set(connection.execute(query).scalars())


def count(connection: Connection, selection: Selection) -> int:
    """How many messages it holds; not exact where it is narrowed to subjects."""
    within = (events.c.position > selection.above, events.c.position <= selection.up_to)
    query = select(func.count()).select_from(events).where(*selection.conditions(), *within)
    return int(connection.execute(query).scalar() or 0)
