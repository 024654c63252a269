"""A read model built beside the present one while the service goes on; it takes its place in one transaction.

`{table}__new` is filled from the log page by page. What has been done so far is committed with how far it got, so that
whoever comes after an interruption goes on there. At the end the writers wait for a moment: the last events are added,
and the tables change their names. The former one stays as `{table}__old`; to go back, it is brought up to date in the
same way and changes its name back.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import BigInteger, Column, Connection, MetaData, Table, Text, delete, insert, inspect, select, update

from shared import sequencer
from shared.alone import Held, only_one
from shared.app import REBUILT, App
from shared.compare import Difference, compare
from shared.database import reading
from shared.fill import flush, keep_leases, load
from shared.fold import Fold
from shared.frozen import frozen, keep_writers_off, last_id
from shared.names import NEW, OLD, change_places, make_indexes, named
from shared.rebuild import Replay, read_tables
from shared.tables import timers

ALL = "all"
CHECKPOINT = 100_000
"""Events after which what is done is written down."""
NEARLY = 1_000
"""So few events are left to the moment in which the writers wait."""
Tell = Callable[[int, int], None]
"""Called with the id of the last event done, and that of the last one there is."""

state = Table(
    "rebuilds",
    MetaData(),
    Column("projection", Text, primary_key=True),
    Column("stage", Text, nullable=False),  # building, swapped, undoing
    Column("upto", BigInteger, nullable=False),
    Column("shape", Text, nullable=False),
)


class NothingToUndo(LookupError):
    """No former table is there, or it is not as this code writes it; the text says which."""


@dataclass(frozen=True, slots=True)
class Stage:
    """How far it got: `upto` is the id of the last event in the table that is not in use."""

    name: str
    upto: int
    shape: str


def projections(app: App) -> dict[str, list[Table]]:
    """What can be built anew: each read table, the timers, or all of them together."""
    tables = read_tables(app.definition)
    return {table.name: [table] for table in tables} | {ALL: tables}


class Beside:
    """The building of one projection of a service. Raises KeyError for a projection that there is not."""

    def __init__(self, app: App, projection: str) -> None:
        self.app, self.projection = app, projection
        self.tables = projections(app)[projection]
        self._replay = Replay(app.definition, self.tables)
        self._fold = Fold(self.tables)
        self._upto = 0
        self._held = Held(app.engine)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Nobody else builds in this database meanwhile. Raises AlreadyRunning.

        Where the lock is lost, nothing is written any more: two at once would leave a table with half of the rows.
        """
        with only_one(self.app.engine, self.app.settings, "rebuild") as self._held:
            yield

    def stage(self) -> Stage | None:
        """How far an earlier call got; None when there was none."""
        with reading(self.app.engine) as connection:
            return self._stage(connection)

    def differences(self, tell: Tell = lambda _done, _of: None) -> list[Difference]:
        """What a new version would change, worked out in memory; the database stays as it is."""
        fold = Fold(self.tables, only_look=True)
        with frozen(self.app.engine) as (connection, last):
            for page in self._replay.pages(fold, connection, 0, last):
                tell(page[-1][0], last)
            return compare(connection, fold)

    def build(self, tell: Tell = lambda _done, _of: None) -> list[Difference]:
        """Fill the new tables, or go on with it, until they have caught up; returns how they differ from the present
        ones. May be called again at any time.
        """
        self._begin()
        self._catch_up("building", NEW, tell)
        with self._held.writing() as connection:
            make_indexes(connection, self.tables, NEW)
        with frozen(self.app.engine) as (connection, last):
            for _ in self._learn(connection, last):
                tell(self._upto, last)
            return compare(connection, self._fold, keep=True)

    def swap(self) -> None:
        """Let the new tables take the place of the present ones, and keep those. Nothing has changed when it raises."""
        self._take_over("building", NEW)

    def undo(self, tell: Tell = lambda _done, _of: None) -> None:
        """Bring the former tables up to date and let them take their place back. The others stay, to undo the undoing.

        Raises NothingToUndo.
        """
        stage = self.stage()
        if stage is None or stage.name not in {"swapped", "undoing"}:
            raise NothingToUndo("no former version is kept")
        self._check_shape(stage)
        self._resume(OLD, stage.upto)
        self._catch_up("undoing", OLD, tell)
        self._take_over("undoing", OLD)

    def give_up(self) -> bool:
        """Drop the tables that are not in use; whether there were any."""
        with self._held.writing() as connection:
            there = self._stage(connection) is not None
            for suffix in (NEW, OLD):
                for table in named(self.tables, suffix).values():
                    table.drop(connection, checkfirst=True)
            if there:
                connection.execute(delete(state).where(state.c.projection == self.projection))
        return there

    # ------------------------------------------------------------------------------------------------------------ steps

    def _begin(self) -> None:
        targets = named(self.tables, NEW)
        with self._held.writing() as connection:
            state.create(connection, checkfirst=True)
            stage = self._stage(connection)
            begun = stage is not None and (stage.name, stage.shape) == ("building", self._shape())
            if not begun:
                for table in targets.values():
                    table.drop(connection, checkfirst=True)
                    table.create(connection)
                self._note(connection, "building", 0)
        self._resume(NEW, stage.upto if stage and begun else 0)

    def _resume(self, suffix: str, upto: int) -> None:
        self._fold, self._upto = Fold(self.tables), upto
        with reading(self.app.engine) as connection:
            load(connection, self._fold, named(self.tables, suffix))

    def _learn(self, connection: Connection, last: int) -> Iterator[int]:
        for page in self._replay.pages(self._fold, connection, self._upto, last):
            self._upto = page[-1][0]
            yield len(page)
        self._upto = last

    def _catch_up(self, stage: str, suffix: str, tell: Tell) -> None:
        """Until only few events are left."""
        while True:
            began, unsaved = self._upto, 0
            with frozen(self.app.engine) as (connection, last):
                for done in self._learn(connection, last):
                    unsaved += done
                    if unsaved >= CHECKPOINT:
                        self._save(stage, suffix)
                        unsaved = 0
                    tell(self._upto, last)
            self._save(stage, suffix)
            if last - began < NEARLY:
                return

    def _save(self, stage: str, suffix: str) -> None:
        with self._held.writing() as connection:
            flush(connection, self._fold, named(self.tables, suffix))
            self._note(connection, stage, self._upto)

    def _take_over(self, expected: str, suffix: str) -> None:
        targets = named(self.tables, suffix)
        stage = self.stage()
        if stage is None or stage.name != expected:
            raise NothingToUndo(f"nothing is {expected}")
        if not self._upto:
            self._resume(suffix, stage.upto)
        with self._held.writing() as connection:
            keep_writers_off(connection)
            for _ in self._learn(connection, last_id(connection)):
                pass
            flush(connection, self._fold, targets)
            if timers in targets:
                keep_leases(connection, targets[timers], connection.execute(select(timers)).all())
            change_places(connection, self.tables, suffix)
            self._note(connection, "swapped", self._upto)
            generation = sequencer.cursor(connection, REBUILT) + 1
            sequencer.move_cursor(connection, generation, REBUILT)
        self._fold, self._upto = Fold(self.tables), 0

    # ------------------------------------------------------------------------------------------------------------ state

    def _stage(self, connection: Connection) -> Stage | None:
        if not inspect(connection).has_table(state.name):
            return None
        query = select(state.c.stage, state.c.upto, state.c.shape).where(state.c.projection == self.projection)
        row = connection.execute(query).first()
        return None if row is None else Stage(row.stage, row.upto, row.shape)

    def _note(self, connection: Connection, stage: str, upto: int) -> None:
        row = {"projection": self.projection, "stage": stage, "upto": upto, "shape": self._shape()}
        there = update(state).where(state.c.projection == self.projection).values(row)
        if connection.execute(there).rowcount == 0:
            connection.execute(insert(state), row)

    def _shape(self) -> str:
        columns = [(table.name, column.name, repr(column.type)) for table in self.tables for column in table.columns]
        return sha256(repr(columns).encode()).hexdigest()[:16]

    def _check_shape(self, stage: Stage) -> None:
        with reading(self.app.engine) as connection:
            look = inspect(connection)
            for table, former in named(self.tables, OLD).items():
                if not look.has_table(former.name):
                    raise NothingToUndo(f"{former.name} is no longer there")
                there = {column["name"] for column in look.get_columns(former.name)}
                if there != {column.name for column in table.columns}:
                    raise NothingToUndo(
                        f"{former.name} has other columns than this version of the service writes: "
                        "go back to the version that wrote it first"
                    )


def leftovers(app: App) -> Sequence[str]:
    """Projections of which a table is kept that is not in use."""
    with reading(app.engine) as connection:
        if not inspect(connection).has_table(state.name):
            return ()
        return list(connection.execute(select(state.c.projection).order_by(state.c.projection)).scalars())
