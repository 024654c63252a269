"""Whatever was lived through: the logs alone lead to the same read models again."""

from dataclasses import fields, is_dataclass
from datetime import date, datetime
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import orjson
import pytest
from sqlalchemy import insert, select

from deploy.parts import SERVICES, definition
from services.booking.projections import holds
from shared.app import App
from shared.beside import ALL, Beside
from shared.codec import Codec
from shared.database import writing
from shared.definition import Recorded
from shared.fold import Fold
from shared.glance import Glances
from shared.rebuild import read_tables, rebuild
from shared.tables import events, subject_keys, timers
from tests.journeys.town import ID_CARD
from tests.line import SUNDAY, Line
from tests.lives import at, forgotten, live


@pytest.fixture(
    scope="module",
    params=[pytest.param("sqlite", marks=pytest.mark.store), pytest.param("postgresql", marks=pytest.mark.server)],
)
def lived(request: pytest.FixtureRequest) -> Line:
    """A line on which a bit of everything has happened, and some of it was forgotten."""
    line: Line = request.getfixturevalue(f"line_on_{request.param}")()
    live(line)
    forgotten(line)
    live(line, "again", day=36)
    return line


def rows(app: App) -> dict[str, list[Any]]:
    """The read tables."""
    with app.read() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))]
            for table in read_tables(app.definition)
        }


@pytest.mark.parametrize("service", SERVICES)
def test_read_models_are_what_the_log_says(lived: Line, service: str) -> None:
    """Row for row; worked out in memory, and written anew after all were dropped."""
    app = lived.apps[service]
    assert [one.examples for one in Beside(app, ALL).differences() if one.found] == []
    before = rows(app)
    assert sum(map(len, before.values())) > 10
    with writing(app.engine) as connection:
        app.definition.metadata.drop_all(connection)
        connection.execute(timers.delete())
    rebuild(app)
    assert rows(app) == before


@pytest.mark.parametrize("service", SERVICES)
def test_a_glance_at_an_event_sees_what_is_stored(lived: Line, service: str) -> None:
    """Every field of every event is what the codec makes of it."""
    there = definition(service)
    codec, glances = Codec(there.events, there.upcasts), Glances(there.events, there.upcasts)
    found = lived.rows(service, select(events.c.type, events.c.schema_version, events.c.data))
    assert len({row.type for row in found}) > 6
    for row in found:
        event, (version, make) = codec.load(*row), glances.maker(row.type)
        glanced = make(orjson.loads(row.data))
        assert row.schema_version == version
        assert isinstance(glanced, type(event))
        assert codec.dump(event)[2] == codec.dump(codec.load(*row))[2]
        for name in 2 * [*type(event).__dataclass_fields__]:  # to look twice shows the same
            assert _plain(getattr(glanced, name)) == _plain(getattr(event, name)), (row.type, name)


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    fields = getattr(type(value), "__dataclass_fields__", None)
    return value if fields is None else {name: _plain(getattr(value, name)) for name in fields}


def made_up(of: Any) -> Any:
    """A value of a type, whatever it means."""
    if get_origin(of) in (Union, UnionType):
        return made_up(get_args(of)[0])
    if get_origin(of) is Literal:
        return get_args(of)[0]
    if get_origin(of) is tuple:
        return (made_up(get_args(of)[0]),)
    if is_dataclass(of):
        hints = get_type_hints(of)
        return of(**{field.name: made_up(hints[field.name]) for field in fields(of)})  # type: ignore[operator]
    simple = {str: "mon", int: 1, bool: False, datetime: SUNDAY, date: SUNDAY.date()}
    return simple.get(of) or {}


@pytest.mark.parametrize("service", SERVICES)
def test_a_replay_understands_what_is_projected_of_every_event(service: str) -> None:
    """Also of those that nobody has lived through here: no statement is too much for a fold in memory."""
    there = definition(service)
    classes = get_args(there.events)
    assert len(classes) > 6
    fold = Fold(read_tables(there))
    for cls in classes:
        fold.apply(there.project(made_up(cls), Recorded("s", 0, "id", SUNDAY)))


def test_booking_looks_into_the_table_that_took_the_place(line: Line) -> None:
    """Its index is loaded anew, once, and without the row that the log knows nothing of."""
    line.request("a", [ID_CARD], at("09:00"))
    line.settle()
    booking = line.booking
    [held] = [row for row in line.rows("booking", select(holds)) if row.kind == "room"]
    with writing(booking.engine) as connection:
        connection.execute(insert(holds), dict(held._mapping) | {"appointment": "nobody"})
    booking.reload()
    before = booking.reads.index
    one = Beside(App(definition("booking"), booking.settings), "holds")
    assert [(found.surplus, found.found) for found in one.build()] == [(1, 1)]
    one.swap()
    booking.look_again()
    after = booking.reads.index
    assert after is not before
    assert [row for row in line.rows("booking", select(holds)) if row.appointment == "nobody"] == []
    booking.look_again()
    assert booking.reads.index is after


def test_no_key_comes_back(lived: Line) -> None:
    """Keys are no read model: a replay leaves them alone."""
    app = lived.apps["booking"]
    before = lived.rows("booking", select(subject_keys).order_by(subject_keys.c.subject))
    assert {row.wrapped is None for row in before} == {True, False}
    rebuild(app)
    assert lived.rows("booking", select(subject_keys).order_by(subject_keys.c.subject)) == before
