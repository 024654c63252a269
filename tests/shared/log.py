"""What stands in a toy's database, for comparing."""

from typing import Any

from sqlalchemy import Engine, select

from shared.tables import events, gates, held
from tests.shared import toy


def streams(engine: Engine) -> dict[str, list[tuple[Any, ...]]]:
    """Per stream: (version, type, data, sequence) in the order of versions; asserts that versions have no holes."""
    found: dict[str, list[tuple[Any, ...]]] = {}
    query = select(events).order_by(events.c.stream, events.c.version, events.c.id)
    with engine.connect() as connection:
        for row in connection.execute(query):
            found.setdefault(row.stream, []).append((row.version, row.type, row.data, row.sequence))
    for stream, rows in found.items():
        assert [row[0] for row in rows] == list(range(len(rows))), f"versions of {stream}"
        said = [row[3] for row in rows if row[3] is not None]
        assert said == list(range(len(said))), f"sequences of {stream}"
    return found


def tables(engine: Engine) -> dict[str, list[tuple[Any, ...]]]:
    """The read tables."""
    lines = select(toy.lines.c.stream, toy.lines.c.version, toy.lines.c.event).order_by(
        toy.lines.c.stream, toy.lines.c.n
    )
    queries = {"lines": lines} | {t.name: select(t).order_by(*t.primary_key) for t in (toy.totals, toy.seats)}
    with engine.connect() as connection:
        return {name: [tuple(row) for row in connection.execute(query)] for name, query in queries.items()}


def totals(engine: Engine) -> dict[str, int]:
    """What each tally stands at, as its read table says."""
    return {tally: total for tally, total, _note in tables(engine)["totals"]}


def everything(engine: Engine) -> dict[str, Any]:
    """Streams, read tables, gates and what is kept aside; without when it was put there."""
    with engine.connect() as connection:
        kept = select(held.c.stream, held.c.source, held.c.sequence, held.c.type, held.c.reason, held.c.error)
        rows = {
            "gates": sorted(tuple(row) for row in connection.execute(select(gates))),
            "held": sorted((tuple(row) for row in connection.execute(kept)), key=str),
        }
    return {"streams": streams(engine)} | tables(engine) | rows
