"""Whatever is written together goes to PostgreSQL in one round, and stands there as if written one by one."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import pytest
from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Integer,
    MetaData,
    Table,
    Text,
    bindparam,
    delete,
    event,
    select,
    update,
)
from sqlalchemy.dialects import postgresql

from shared import many
from shared.app import App
from shared.database import connect, reading, writing
from shared.tables import upsert
from tests.shared.test_writer import count, only_postgresql
from tests.shared.toy import NOON, TakeSeat

metadata = MetaData()
boxes = Table(
    "boxes",
    metadata,
    Column("box", Text, primary_key=True),
    Column("holds", Text, nullable=False),
    Column("opened", Integer, nullable=False),
)
_PUT = upsert(boxes, ["box"])
_ONE = postgresql.insert(boxes)
_OPEN = _ONE.on_conflict_do_update(index_elements=["box"], set_={"opened": boxes.c.opened + 1})
_MARK = update(boxes).where(boxes.c.box == bindparam("b_box")).values(holds="100 % marked", opened=boxes.c.opened + 7)
_FILL = update(boxes).where(boxes.c.box == bindparam("b_box"))
_TAKE = delete(boxes).where(boxes.c.box == bindparam("b_box"))


def row(box: str, holds: str = "nothing", opened: int = 0) -> dict[str, object]:
    return {"box": box, "holds": holds, "opened": opened}


WORK: Sequence[many.Work] = (
    (_PUT, [row("a"), row("b", "%s; DELETE FROM boxes"), row("c"), row("b", "b's second")]),
    (_OPEN, [row("a")]),
    (_MARK, [{"b_box": "c"}]),
    (_FILL, [{"b_box": "a", "holds": "50 % of a"}, {"b_box": "nowhere", "holds": "x"}]),
    (_PUT, [row("d", "it's; (d) %(box)s")]),
    (_TAKE, [{"b_box": "b"}]),
    (_PUT, [row(f"many {n:04}") for n in range(many.ROWS + 3)]),
)
MANY = [(f"many {n:04}", "nothing", 0) for n in range(many.ROWS + 3)]


@contextmanager
def rounds(engine: Engine) -> Iterator[list[str]]:
    """The statements that go to the database meanwhile."""
    seen: list[str] = []

    def see(_connection: Connection, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", see)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", see)


def test_statements_take_effect_in_their_order(make_database: Callable[[str], str]) -> None:
    """Fixed values, per cent signs and semicolons in values included; the same on both databases."""
    engine = connect(make_database("boxes"))
    metadata.create_all(engine)
    with writing(engine) as connection:
        many.execute(connection, *WORK)
    with reading(engine) as connection:
        found = [tuple(row) for row in connection.execute(select(boxes).order_by(boxes.c.box))]
    engine.dispose()
    assert found == [("a", "50 % of a", 1), ("c", "100 % marked", 7), ("d", "it's; (d) %(box)s", 0), *MANY]


@only_postgresql
def test_a_transaction_writes_in_one_round(app: App) -> None:
    """Events and the rows of three read tables."""
    with rounds(app.engine) as seen:
        app.handle(count("a"), count("b"), TakeSeat("t", NOON, "1", "ada"))
    assert len([statement for statement in seen if "INSERT" in statement]) == 1


@only_postgresql
def test_a_round_has_its_limit(make_database: Callable[[str], str]) -> None:
    """A rebuild writes a hundred thousand rows, and not as one string."""
    engine = connect(make_database("boxes"))
    metadata.create_all(engine)
    with rounds(engine) as seen, writing(engine) as connection:
        many.execute(connection, (_PUT, [row(f"{n}") for n in range(3 * many.ROWS)]))
    engine.dispose()
    assert len(seen) == 3


@pytest.mark.parametrize("work", [(), ((_PUT, [row("a")]),)])
def test_nothing_and_one_row_are_no_special_case(
    make_database: Callable[[str], str], work: Sequence[many.Work]
) -> None:
    """A transaction that only reads sends nothing."""
    engine = connect(make_database("boxes"))
    metadata.create_all(engine)
    with rounds(engine) as seen, writing(engine) as connection:
        many.execute(connection, *work)
    engine.dispose()
    assert len([statement for statement in seen if not statement.startswith("BEGIN")]) == len(work)
