"""Whatever is written together goes to PostgreSQL in one round, and stands there as if written one by one."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import pytest
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Connection,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    bindparam,
    delete,
    event,
    insert,
    select,
    update,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import IntegrityError, StatementError

from shared import many
from shared.app import App
from shared.database import connect, reading, writing
from shared.tables import upsert
from shared.timers import set_timer
from tests.shared import toy
from tests.shared.test_writer import count, only_postgresql
from tests.shared.toy import NOON, TakeSeat

metadata = MetaData()
boxes = Table(
    "boxes",
    metadata,
    Column("box", Text, primary_key=True),
    Column("holds", Text, nullable=False),
    Column("opened", Integer, nullable=False),
    Column("facts", JSON),
    Column("raw", LargeBinary),
    Column("shut", Boolean),
)
_PUT = upsert(boxes, ["box"])
_ONE = postgresql.insert(boxes)
_OPEN = _ONE.on_conflict_do_update(index_elements=["box"], set_={"opened": boxes.c.opened + 1})
_MARK = update(boxes).where(boxes.c.box == bindparam("b_box")).values(holds="100 % marked", opened=boxes.c.opened + 7)
_FILL = update(boxes).where(boxes.c.box == bindparam("b_box"))
_TAKE = delete(boxes).where(boxes.c.box == bindparam("b_box"))
_SHUT = update(boxes).where(boxes.c.box == bindparam("b_box"), boxes.c.opened == bindparam("b_opened"))
_KEPT = _ONE.on_conflict_do_update(index_elements=["box"], set_={"facts": {"kept": [1]}})


def row(box: str, holds: str = "nothing", opened: int = 0, **more: object) -> dict[str, object]:
    return {"box": box, "holds": holds, "opened": opened} | more


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


def test_values_of_every_kind_arrive(make_database: Callable[[str], str]) -> None:
    """As SQLAlchemy alone would bring them; nothing is nothing."""
    engine = connect(make_database("boxes"))
    metadata.create_all(engine)
    with writing(engine) as connection:
        every = {"facts": {"a": ["ä", None]}, "raw": b"\x00%s", "shut": True}
        many.execute(
            connection,
            (_PUT, [row("a", **every), row("b", facts=None, raw=None, shut=None)]),
            (_PUT, [row("c", facts=[], raw=b"", shut=False)]),
            (_SHUT, [{"b_box": "c", "b_opened": 0, "shut": True, "raw": b"%"}]),
            (_KEPT, [row("b")]),
        )
    with reading(engine) as connection:
        query = select(boxes.c.facts, boxes.c.raw, boxes.c.shut).order_by(boxes.c.box)
        found = [(facts, raw and bytes(raw), shut) for facts, raw, shut in connection.execute(query)]
    engine.dispose()
    assert found == [
        ({"a": ["ä", None]}, b"\x00%s", True),
        ({"kept": [1]}, None, None),
        ([], b"%", True),
    ]


@pytest.mark.parametrize(
    "work",
    [
        (_FILL, [{"holds": "x"}]),
        (_FILL, [{"b_box": "a", "holds": "x"}, {"b_box": "a"}]),
        (_PUT, [row("a"), {"box": "b", "holds": "x"}]),
    ],
)
def test_a_value_that_is_forgotten_is_missed(make_database: Callable[[str], str], work: many.Work) -> None:
    """Instead of written as nothing."""
    engine = connect(make_database("boxes"))
    metadata.create_all(engine)
    with pytest.raises((KeyError, StatementError)), writing(engine) as connection:
        many.execute(connection, work)
    engine.dispose()


@only_postgresql
def test_a_value_that_stands_in_the_statement_is_not_dropped(make_database: Callable[[str], str]) -> None:
    """It would be, in an INSERT of many rows."""
    engine = connect(make_database("boxes"))
    with pytest.raises(TypeError), writing(engine) as connection:
        many.execute(connection, (insert(boxes).values(opened=7), [{"box": "a", "holds": "x"}]))
    engine.dispose()


def test_statements_take_effect_in_their_order(make_database: Callable[[str], str]) -> None:
    """Fixed values, per cent signs and semicolons in values included; the same on both databases."""
    engine = connect(make_database("boxes"))
    metadata.create_all(engine)
    with writing(engine) as connection:
        many.execute(connection, *WORK)
    with reading(engine) as connection:
        found = [tuple(row)[:3] for row in connection.execute(select(boxes).order_by(boxes.c.box))]
    engine.dispose()
    assert found == [("a", "50 % of a", 1), ("c", "100 % marked", 7), ("d", "it's; (d) %(box)s", 0), *MANY]


@only_postgresql
def test_a_transaction_writes_in_one_round(app: App) -> None:
    """Events and the rows of three read tables."""
    with rounds(app.engine) as seen:
        app.handle(count("a"), count("b"), TakeSeat("t", NOON, "1", "ada"))
    assert len([statement for statement in seen if "INSERT" in statement]) == 1


@only_postgresql
def test_a_secret_goes_by_itself(app: App) -> None:
    """PostgreSQL writes the whole of what it could not do into its log."""
    with rounds(app.engine) as seen:
        app.handle(count("a"), writes=[app.vault.seal("ada", "e/guest", {"name": "Ada"})[1], set_timer("x", "y", NOON)])
    before, secret, behind = [statement for statement in seen if "INSERT" in statement]
    assert ("events" in before, "subject_keys" in secret, "timers" in behind) == (True, True, True)
    assert secret.count("INSERT") == 1


def test_the_text_of_an_error_shows_no_values(app: App) -> None:
    """It may be logged."""
    with pytest.raises(IntegrityError) as caught, writing(app.engine) as connection:
        many.execute(connection, (insert(toy.seats), [{"seat": "1", "who": "Ada"}, {"seat": "1", "who": "Ada"}]))
    assert "Ada" not in str(caught.value)


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
