"""A fold in memory leaves the rows that the database would have: random statements of every kind, on both."""

import random
from typing import Any

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, Text, bindparam, delete, func, insert, or_, select, update

from shared.app import App
from shared.conditions import NotFoldable
from shared.database import writing
from shared.fill import flush
from shared.fold import Fold, TakenTwice
from shared.session import write_all
from shared.tables import upsert
from tests.shared import toy

metadata = MetaData()
things = Table(
    "things",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("word", Text),
    Column("at", Integer),
    Column("level", Integer, nullable=False, server_default="3"),
)
KIND, N = things.c.kind == bindparam("b_kind"), things.c.n == bindparam("b_n")
FROM, UNTIL = bindparam("b_n"), bindparam("b_until")
SINCE, WORD = things.c.n >= FROM, things.c.word == bindparam("b_word")
STATEMENTS: dict[Any, str] = {
    upsert(things, ["kind", "n"]): "kind n word at level",
    upsert(things, ["kind", "n"], ["word"]): "kind n word",
    upsert(things, ["kind", "n"], ["word", "at"]): "kind n at",
    upsert(things, ["kind", "n"], ()): "kind n at",
    update(things).where(KIND, N): "b_kind b_n word at",
    update(things).where(KIND, things.c.word.is_(None)).values(word="none", at=bindparam("b_at")): "b_kind b_at",
    update(things).where(KIND).values(level=things.c.level + 1): "b_kind",
    update(things).where(N, KIND).values(level=things.c.level - bindparam("b_at")): "b_n b_kind b_at",
    update(things).where(WORD, things.c.kind != bindparam("b_kind")): "b_word b_kind at",
    delete(things).where(KIND, N): "b_kind b_n",
    delete(things).where(KIND, SINCE, things.c.n < UNTIL): "b_kind b_n b_until",
    delete(things).where(KIND, things.c.n.between(FROM, UNTIL), things.c.word == "a"): "b_kind b_n b_until",
    delete(things).where(things.c.at < bindparam("b_at"), things.c.word.is_not(None)): "b_at",
    delete(things).where(things.c.at == bindparam("b_at")): "b_at",
    delete(things).where(things.c.at > bindparam("b_at"), things.c.n <= bindparam("b_n")): "b_at b_n",
}


def value(name: str, chance: random.Random) -> Any:
    """Few of each, so that they meet; NULL where it may be."""
    match name.removeprefix("b_"):
        case "kind":
            return chance.choice("xyz")
        case "word":
            return chance.choice(["a", "b", None])
        case "at":
            return chance.choice([0, 1, 5, 9] if name.startswith("b_") else [0, 3, 6, 9, None])
        case "until":
            return chance.randrange(4, 12)
        case _:
            return chance.randrange(10)


@pytest.mark.parametrize("seed", range(5))
def test_a_fold_leaves_the_rows_that_the_database_would_have(make_app: toy.MakeApp, seed: int) -> None:
    """Three hundred writes by chance."""
    app: App = make_app()
    chance = random.Random(seed)
    fold = Fold([things])
    choice = list(STATEMENTS.items())
    with writing(app.engine) as connection:
        metadata.drop_all(connection)
        metadata.create_all(connection)
        for _ in range(300):
            # Rows are made more often than they are deleted.
            statement, names = chance.choice(choice[:4] if chance.random() < 0.5 else choice)
            writes = [(statement, {name: value(name, chance) for name in names.split()})]
            write_all(connection, writes)
            fold.apply(writes)
        there = {(row.kind, row.n): dict(row._mapping) for row in connection.execute(select(things))}
    assert there
    assert fold.tables[things].rows == there


def test_a_row_that_is_taken_twice_is_refused_or_noted() -> None:
    """As the primary key would refuse it."""
    writes = [(insert(things), {"kind": "x", "n": 1})]
    fold = Fold([things])
    fold.apply(writes)
    with pytest.raises(TakenTwice, match="things x, 1 is taken twice"):
        fold.apply(writes)
    looking = Fold([things], only_look=True)
    looking.apply(writes * 3)
    assert len(looking.twice) == 2


NOT_FOLDABLE = {
    "OR": delete(things).where(or_(KIND, N)),
    "neither a parameter nor a constant": update(things).where(KIND).values(word=func.lower("A")),
    "an update of the key": update(things).where(KIND).values(n=1),
    "not a column": delete(things).where(func.lower(things.c.kind) == bindparam("b_kind")),
    "by other columns than the key": upsert(things, ["kind"]),
    "neither insert, update nor delete": select(things),
}


@pytest.mark.parametrize("what", list(NOT_FOLDABLE))
def test_what_a_fold_does_not_understand_is_refused_by_name(what: str) -> None:
    """Never is a row left wrong silently."""
    with pytest.raises(NotFoldable, match=what):
        Fold([things]).tables[things].understood(NOT_FOLDABLE[what])


@pytest.mark.parametrize("where", [(KIND, N), (KIND,)], ids=["one row", "many"])
def test_an_update_whose_parameters_name_the_key_is_refused(where: Any) -> None:
    """The rows are kept by their keys."""
    fold = Fold([things])
    fold.apply([(insert(things), {"kind": "x", "n": 1})])
    with pytest.raises(NotFoldable, match="key"):
        fold.apply([(update(things).where(*where), {"b_kind": "x", "n": 2} | ({"b_n": 1} if len(where) == 2 else {}))])


@pytest.mark.parametrize("word", ["a\\b", "\\N", "\\.", "a\tb", "a\r\nb", "Größe 📄", "", "\u2028"])
def test_any_text_is_written_as_it_is(make_app: toy.MakeApp, word: str) -> None:
    """Whatever it would mean to the database's own way of copying."""
    app = make_app()
    fold = Fold([toy.seats])
    fold.apply([(insert(toy.seats), {"seat": f"{word}{n}", "who": word}) for n in range(3)])
    with writing(app.engine) as connection:
        flush(connection, fold)
    with app.read() as connection:
        found = [tuple(row) for row in connection.execute(select(toy.seats))]
    assert sorted(found) == sorted((f"{word}{n}", word) for n in range(3))
