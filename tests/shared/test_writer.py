"""One writer per process, several processes per database: nobody loses, nobody is lost, nobody hangs."""

import contextlib
import itertools
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import Connection, MetaData, Table, event
from sqlalchemy.exc import DBAPIError, IntegrityError

from deploy.servers import wait_until
from shared import database, store, writer
from shared.app import App, Order
from shared.database import connect
from shared.messages import Cause
from shared.session import Cache, Session, Stream
from shared.tables import events
from shared.writer import TRIES, Unavailable, Writer
from tests.shared import log, toy
from tests.shared.together import together
from tests.shared.toy import NOON, Count, Mark, Move, TakeSeat

_ids = itertools.count()
only_postgresql = pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
only_sqlite = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


def count(tally: str = "a", by: int = 1, note: str = "") -> Count:
    return Count(f"c{next(_ids)}", NOON, tally, by, note)


def careless(seat: str, who: str) -> TakeSeat:
    return TakeSeat(f"t{next(_ids)}", NOON, seat, who, careless=True)


# ----------------------------------------------------------------------------------------------------- expected version


def check_that_nothing_is_lost(apps: Sequence[App], times: int = 15) -> None:
    """Every process counts at once; all of it is there afterwards, and each was told so."""
    with ThreadPoolExecutor(len(apps)) as pool:
        done = list(pool.map(lambda app: [app.handle(count()) for _ in range(times)], apps))
    assert all(len(decided) == 1 for one in done for decided in one)
    assert log.totals(apps[0].engine) == {"a": len(apps) * times}
    assert len(log.streams(apps[0].engine)["tally-a"]) == len(apps) * times


def meeting(definition: Any = toy.COUNTERS) -> Any:
    """The toy, with a decider in which two processes meet between reading and writing, if nothing keeps them apart."""
    barrier = threading.Barrier(2)

    def decide(command: Any, states: Any) -> Any:
        with contextlib.suppress(threading.BrokenBarrierError):
            barrier.wait(0.3)
        return toy.decide(command, states)

    return replace(definition, decider=SimpleNamespace(**(vars(toy.DECIDER) | {"decide": decide})))


def drop_the_version_constraint(url: str) -> None:
    engine = connect(url)
    events.drop(engine)
    Table("events", MetaData(), *(column._copy() for column in events.columns)).create(engine)
    engine.dispose()


def trust_the_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    newer = store.newer

    def fresh_only(connection: Connection, known: Mapping[str, int], *, locking: bool = False) -> Iterator[Any]:
        return newer(connection, {s: v for s, v in known.items() if v < 0}, locking=locking)

    monkeypatch.setattr(store, "newer", fresh_only)


def test_processes_that_write_the_same_stream_at_once_lose_nothing(make_app: toy.MakeApp) -> None:
    """Four processes, one stream: no lost update, no version twice, nobody turned away."""
    check_that_nothing_is_lost([make_app() for _ in range(4)])


def test_processes_that_meet_between_reading_and_writing_lose_nothing(make_app: toy.MakeApp) -> None:
    """The second waits for the first."""
    definition = meeting()
    check_that_nothing_is_lost([make_app(definition), make_app(definition)], times=1)


@only_postgresql
def test_without_locks_the_expected_version_still_guards(
    make_app: toy.MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The loser of the race loads again and decides again."""
    monkeypatch.setattr(store, "_NEWER_LOCKED", store._NEWER)
    definition = meeting()
    check_that_nothing_is_lost([make_app(definition), make_app(definition)], times=1)


@only_postgresql
def test_without_locks_and_expected_version_the_check_goes_red(
    make_app: toy.MakeApp, toy_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Switched off, the same two processes write one version twice."""
    monkeypatch.setattr(store, "_NEWER_LOCKED", store._NEWER)
    drop_the_version_constraint(toy_url)
    definition = meeting()
    with pytest.raises(AssertionError):
        check_that_nothing_is_lost([make_app(definition), make_app(definition)], times=1)


@only_postgresql
def test_gates_are_locked_behind_all_streams(app: App) -> None:
    """A batch takes the one after the other: in one order, or two processes could wait for each other."""
    names = [f"tally-{n}" for n in range(2000)]

    def locked(take: Callable[[Connection], Iterator[Any]]) -> set[int]:
        with app.read() as connection:
            list(take(connection))
            ours = "SELECT objid FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
            return set(connection.exec_driver_sql(ours).scalars())

    streams = locked(lambda connection: store.newer(connection, dict.fromkeys(names, -1), locking=True))
    gates = locked(lambda connection: store.gates_and_held(connection, names))
    assert (len(streams), len(gates)) == (256, 256)
    assert max(streams) < min(gates)


LOCKED = "SELECT objid FROM pg_locks WHERE locktype = 'advisory' AND pid = {} AND granted"
WAITING = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND objid = {}"


@only_postgresql
@pytest.mark.parametrize("what", ["streams", "gates"])
def test_locks_are_taken_in_one_order(make_app: toy.MakeApp, what: str) -> None:
    """Whoever waits for one holds all those before it and none behind it: no two can wait for each other."""
    names = [f"tally-{n}" for n in range(60)]

    def take(connection: Connection) -> list[int]:
        if what == "streams":
            list(store.newer(connection, dict.fromkeys(names, -1), locking=True))
        else:
            list(store.gates_and_held(connection, names))
        return sorted(connection.exec_driver_sql(LOCKED.format("pg_backend_pid()")).scalars())

    def take_apart(app: App) -> list[int]:
        with app.read() as connection:
            return take(connection)

    first, second = make_app(), make_app()
    every = take_apart(first)
    middle = every[len(every) // 2]
    with ThreadPoolExecutor(1) as pool:
        with first.read() as connection:
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({middle})")
            waiter = pool.submit(take_apart, second)
            wait_until(lambda: connection.exec_driver_sql(WAITING.format(middle)).all(), 20, "the second waits")
            pid = connection.exec_driver_sql(WAITING.format(middle)).scalar_one()
            held = sorted(connection.exec_driver_sql(LOCKED.format(pid)).scalars())
        assert waiter.result(20) == every
    assert held == [lock for lock in every if lock < middle]


def check_that_others_events_are_seen(apps: Sequence[App]) -> None:
    for turn in (0, 1, 0, 1, 1, 0):
        apps[turn].handle(count())
    assert log.totals(apps[0].engine) == {"a": 6}
    assert len(log.streams(apps[0].engine)["tally-a"]) == 6


def test_what_another_process_wrote_is_seen_behind_the_cache(make_app: toy.MakeApp) -> None:
    """Two processes with warm caches take turns."""
    check_that_others_events_are_seen([make_app(), make_app()])


def test_with_a_trusted_cache_the_check_goes_red(
    make_app: toy.MakeApp, toy_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Switched off together with the expected version, updates are lost."""
    trust_the_cache(monkeypatch)
    drop_the_version_constraint(toy_url)
    with pytest.raises(AssertionError):
        check_that_others_events_are_seen([make_app(), make_app()])


def test_private_events_leave_no_hole_in_what_is_said(make_app: toy.MakeApp) -> None:
    """A listener would wait for it, or take what comes next for a duplicate; also behind a restart."""
    app = make_app()
    app.handle(count(), Mark("m1", NOON, "a"), count())
    app.handle(Mark("m2", NOON, "a"))
    make_app().handle(count())
    app.handle(Mark("m3", NOON, "a"), count())
    assert [row[3] for row in log.streams(app.engine)["tally-a"]] == [0, None, 1, None, 2, None, 3]


def test_the_cache_has_its_limit() -> None:
    """A process lives for months; what was not written for longest goes first."""
    cache = Cache(2)
    for names in ("ab", "a", "c"):
        cache.keep({name: Stream(name) for name in names})
    assert [name for name in "abc" if cache.get(name)] == ["a", "c"]


def test_a_stale_cache_is_caught_by_the_expected_version(
    make_app: toy.MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even then nothing is written twice: the caller is told instead."""
    trust_the_cache(monkeypatch)
    first, second = make_app(), make_app()
    first.handle(count())
    second.handle(count())
    with pytest.raises(IntegrityError):
        first.handle(count())
    assert log.totals(first.engine) == {"a": 2}


# --------------------------------------------------------------------------------------------------------- group commit


def commits_of(app: App, calls: int) -> int:
    """How many transactions so many callers at once cost, without that of the doorstop."""
    commits: list[object] = []
    event.listen(app.engine, "commit", commits.append)
    decided = together(app, *(lambda n=n: app.handle(count(f"t{n % 7}")) for n in range(calls)))
    assert all(isinstance(events, list) and len(events) == 1 for events in decided)
    assert sum(log.totals(app.engine).values()) == calls
    return len(commits) - 1


def test_callers_that_come_at_once_share_a_transaction(app: App) -> None:
    """Thirty jobs, one commit."""
    assert commits_of(app, 30) == 1


def test_without_group_commit_the_check_goes_red(make_app: toy.MakeApp) -> None:
    """Switched off (batches of one), each costs its own."""
    assert commits_of(make_app(batch=1), 30) == 30


def check_that_a_bad_job_fails_alone(app: App) -> None:
    app.handle(TakeSeat("t", NOON, "1", "ada"))
    outcomes = together(
        app,
        lambda: app.handle(count("a")),
        lambda: app.handle(count("b", note="decide raises")),
        lambda: app.handle(count("a")),
        lambda: app.handle(careless("1", "bob")),
        lambda: app.handle(count("c", by=2**40)),
        lambda: app.handle(count("d", by=0)),
        lambda: app.handle(count("a")),
    )
    kinds = ["list" if isinstance(o, list) else next(k.__name__ for k in NAMED if isinstance(o, k)) for o in outcomes]
    assert kinds == ["list", "RuntimeError", "list", "DBAPIError", "DBAPIError", "Refused", "list"]
    assert log.totals(app.engine) == {"a": 3}
    assert log.tables(app.engine)["seats"] == [("1", "ada")]
    app.handle(count("c"))
    app.handle(count("b"))
    assert log.totals(app.engine) == {"a": 3, "b": 1, "c": 1}


NAMED: tuple[type[BaseException], ...] = (DBAPIError, toy.Refused, Unavailable, RuntimeError)


def test_a_bad_job_fails_alone(app: App) -> None:
    """Whether its decider raises or the database refuses it: the others of its batch commit."""
    check_that_a_bad_job_fails_alone(app)


def test_without_trying_one_by_one_the_check_goes_red(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """Switched off, one job takes its batch with it."""

    def all_fail(writer: Writer, tickets: Sequence[Any]) -> None:
        try:
            writer._transact(tickets)
        except Exception as error:
            for ticket in tickets:
                ticket.error = error

    monkeypatch.setattr(Writer, "_carry_out", all_fail)
    with pytest.raises(AssertionError):
        check_that_a_bad_job_fails_alone(app)


# -------------------------------------------------------------------------------------------------- nobody left hanging


class Killed(BaseException):
    """As a green thread's kill, or Ctrl-C."""


class KillsItself:
    def commands(self) -> tuple[()]:
        return ()

    def run(self, _session: Session) -> None:
        raise Killed


def check_that_others_go_on_without_the_leader(app: App) -> None:
    outcomes = together(
        app,
        lambda: app.writer.submit(KillsItself()),
        *(lambda n=n: app.handle(count(f"t{n}")) for n in range(5)),
    )
    assert isinstance(outcomes[0], Killed | Unavailable)
    assert all(isinstance(outcome, list) for outcome in outcomes[1:])
    app.handle(count("t0"))
    assert log.totals(app.engine) == {"t0": 2, "t1": 1, "t2": 1, "t3": 1, "t4": 1}


@pytest.mark.timeout(30)
def test_callers_are_served_when_their_leader_dies(app: App) -> None:
    """Those of its batch are told to try again, which handle does; the others get a new leader."""
    check_that_others_go_on_without_the_leader(app)


@pytest.mark.timeout(30)
def test_callers_are_served_when_one_of_them_dies_waiting(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is killed while it waits is not made the leader."""
    app.writer._batch = 1
    let_the_first_die_waiting(monkeypatch)
    outcomes = together(app, *(lambda n=n: app.handle(count(f"t{n}")) for n in range(4)))
    assert isinstance(outcomes[0], Killed)
    assert all(isinstance(outcome, list) for outcome in outcomes[1:])
    app.handle(count("t9"))


@pytest.mark.timeout(30)
def test_without_withdrawing_the_check_goes_red(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """Switched off, everybody waits for a leader that is no more."""
    app.writer._batch = 1
    let_the_first_die_waiting(monkeypatch)
    withdraw, dead = Writer._withdraw, []
    monkeypatch.setattr(Writer, "_withdraw", lambda _writer, ticket: dead.append(ticket))
    with ThreadPoolExecutor(1) as pool:
        outcomes = pool.submit(together, app, *(lambda n=n: app.handle(count(f"t{n}")) for n in range(4)))
        with pytest.raises(TimeoutError):
            outcomes.result(1)
        withdraw(app.writer, dead[0])
        assert isinstance(outcomes.result(10)[0], Killed)


def let_the_first_die_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first caller after the doorstop dies at the very moment in which it is made the leader."""
    fates: Iterator[type[BaseException] | None] = itertools.chain([None, Killed], itertools.repeat(None))

    class Mortal(threading.Event):
        fate: type[BaseException] | None = None

        def wait(self, timeout: float | None = None) -> bool:
            served = super().wait(timeout)
            if self.fate is not None:
                raise self.fate
            return served

    def ticket(job: Any) -> Any:
        turn = Mortal()
        turn.fate = next(fates)
        return make(job, turn)

    make = writer._Ticket
    monkeypatch.setattr(writer, "_Ticket", ticket)


# ------------------------------------------------------------------------------------------------------- all or nothing


def check_that_commands_are_all_or_nothing(app: App) -> None:
    app.handle(count("a", 5))
    outcomes = together(
        app,
        lambda: app.handle(count("b"), Move(f"m{next(_ids)}", NOON, "a", "b", 6)),
        lambda: app.handle(Move(f"m{next(_ids)}", NOON, "a", "c", 4), count("c")),
        lambda: app.handle(count("d"), count("d"), count("d", note="decide raises")),
        lambda: app.handle(count("d")),
    )
    assert [type(outcome) for outcome in outcomes] == [toy.Refused, list, RuntimeError, list]
    assert log.totals(app.engine) == {"a": 1, "c": 5, "d": 1}
    assert set(log.streams(app.engine)) == {"tally-a", "tally-c", "tally-d"}


def test_commands_of_one_order_are_carried_out_all_or_none(app: App) -> None:
    """What was decided before the refusal is forgotten; the others of the batch don't see it."""
    check_that_commands_are_all_or_nothing(app)


def test_without_taking_back_the_check_goes_red(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """Switched off, the first half of a refused order stays."""

    def one_by_one(order: Order, session: Session) -> list[Any]:
        return [e for command in order.wanted for e in session.decide(command, cause=order.cause)]

    monkeypatch.setattr(Order, "run", one_by_one)
    monkeypatch.setattr(Session, "attempt", lambda session: _no_attempt())
    with pytest.raises(AssertionError):
        check_that_commands_are_all_or_nothing(app)


class _no_attempt:
    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None: ...


class DecidesThenFails:
    def commands(self) -> tuple[()]:
        return ()

    def run(self, session: Session) -> None:
        for _ in range(2):
            session.decide(count("x"), cause=Cause("", ""))
        session.write(*toy.project(toy.Counted("y", 1, 1, "", NOON), _at("tally-y")))
        raise RuntimeError


def _at(stream: str) -> Any:
    return toy.Recorded(stream, 0, "id", NOON)


def test_a_job_that_fails_after_it_decided_leaves_nothing(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither events nor rows, nor a state that the others of the batch or what is kept in memory could see."""
    seen: list[Any] = []
    monkeypatch.setattr(app, "committed", seen.extend)
    outcomes = together(app, lambda: app.writer.submit(DecidesThenFails()), lambda: app.handle(count("x")))
    assert isinstance(outcomes[0], RuntimeError)
    assert outcomes[1] == seen == [toy.Counted("x", 1, 1, "", NOON)]
    assert log.tables(app.engine)["lines"] == [("tally-x", 0, "Counted")]


class TriesThenDecides:
    """A job whose first try is rolled back; `meanwhile` runs before the second."""

    def __init__(self, meanwhile: Callable[[], object]) -> None:
        self._meanwhile = meanwhile

    def commands(self) -> tuple[()]:
        return ()

    def run(self, session: Session) -> list[Any]:
        with contextlib.suppress(IntegrityError), session.savepoint():
            session.decide(count("a"), careless("1", "bob"), cause=Cause("", ""))
        self._meanwhile()
        return session.decide(count("a"), cause=Cause("", ""))


@only_postgresql
def test_what_was_loaded_in_a_block_that_was_rolled_back_is_loaded_again(make_app: toy.MakeApp) -> None:
    """The database has let go of its lock: another process may have counted on."""
    app, other = make_app(), make_app()
    app.handle(TakeSeat("t", NOON, "1", "ada"))
    outcomes = app.writer.submit(TriesThenDecides(lambda: other.handle(count("a", 10))))
    assert [event.total for event in outcomes] == [11]
    assert log.totals(app.engine) == {"a": 11}


def test_what_was_loaded_before_such_a_block_is_kept(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its lock is still held; only what was new in the block is asked for again."""
    app.handle(TakeSeat("t", NOON, "1", "ada"))
    asked: list[list[str]] = []
    load = Session._load
    monkeypatch.setattr(Session, "_load", lambda session, names: asked.append([*names]) or load(session, names))

    class KnowsTheSeat(TriesThenDecides):
        def run(self, session: Session) -> list[Any]:
            session.state("seat-1")
            return super().run(session)

    app.writer.submit(KnowsTheSeat(lambda: None))
    assert asked == [["seat-1"], ["tally-a"], ["tally-a"]]
    assert log.totals(app.engine) == {"a": 1}


def check_that_a_rollback_leaves_no_trace(app: App) -> None:
    app.handle(TakeSeat("t", NOON, "1", "ada"))
    with pytest.raises(IntegrityError):
        app.handle(count("a"), careless("1", "bob"))
    assert app.handle(count("a")) == [toy.Counted("a", 1, 1, "", NOON)]
    with pytest.raises(toy.Refused):
        app.handle(TakeSeat(f"t{next(_ids)}", NOON, "1", "eve"))
    assert len(log.streams(app.engine)["seat-1"]) == 1


def test_a_rolled_back_batch_leaves_no_trace_in_the_cache(app: App) -> None:
    """The next order is decided on what is in the log."""
    check_that_a_rollback_leaves_no_trace(app)


def test_with_a_cache_filled_before_the_commit_the_check_goes_red(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """Switched off, an order builds on events that were rolled back."""
    flush = Session.flush

    def keep_first(session: Session) -> None:
        session.committed()
        flush(session)

    monkeypatch.setattr(Session, "flush", keep_first)
    with pytest.raises((AssertionError, IntegrityError)):
        check_that_a_rollback_leaves_no_trace(app)


def test_a_failing_hook_after_the_commit_does_not_do_the_order_twice(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is committed is committed, whatever the service does with the news."""

    def fail(_events: Sequence[Any]) -> None:
        raise RuntimeError

    monkeypatch.setattr(app, "committed", fail)
    assert len(app.handle(count("a"))) == 1
    assert log.totals(app.engine) == {"a": 1}


def test_what_is_kept_in_memory_is_loaded_again_until_that_works(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a commit in doubt the database may be away once more."""
    loaded: list[int] = []

    def reload() -> None:
        loaded.append(1)
        if len(loaded) == 1:
            raise Unavailable

    monkeypatch.setattr(app, "reload", reload)
    app.look_again()
    app.writer.in_doubt = True
    app.handle(count("a"))
    assert loaded == [1]
    app.look_again()
    app.look_again()
    assert loaded == [1, 1]


# ------------------------------------------------------------------------------------------------------- the log's rows


def test_one_batch_may_write_the_same_row_again_and_again(app: App) -> None:
    """The last one stands, as if each had been written by itself."""
    app.handle(*(count("a") for _ in range(5)), *(count("b") for _ in range(3)), count("a"))
    assert log.totals(app.engine) == {"a": 6, "b": 3}


def test_sequences_count_only_what_is_said(app: App) -> None:
    """Listeners need them without holes; versions count everything."""
    app.handle(count("a"), Mark("p1", NOON, "a"), count("a"), Mark("p2", NOON, "a"), count("a"))
    assert [(row[0], row[3]) for row in log.streams(app.engine)["tally-a"]] == [
        (0, 0),
        (1, None),
        (2, 1),
        (3, None),
        (4, 2),
    ]


def test_events_are_named_after_their_command(app: App) -> None:
    """The n-th event of command c is c.n, and carries its cause."""
    app.handle(count("a", 3))
    app.handle(Move("m", NOON, "a", "b", 2), cause=Cause("correlated", "caused", "traced"))
    with app.read() as connection:
        rows = {row.meta for row in connection.execute(events.select().where(events.c.stream == "tally-b"))}
    assert rows == {'{"id":"m.1","correlation":"correlated","causation":"caused"}'}


def test_a_database_that_is_away_is_said_so_and_nothing_is_lost(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """The caller waits for a while, then hears Unavailable; once it is back, all goes on."""
    app.handle(count("a"))
    monkeypatch.setattr("shared.app.PATIENCE", 0.2)
    for _ in broken(app):
        with pytest.raises(Unavailable):
            app.handle(count("a"))
    app.handle(count("a"))
    assert log.totals(app.engine) == {"a": 2}


def test_a_read_for_which_no_connection_is_free_may_be_tried_again(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is no fault of the caller's; and nobody gets more connections than there may be."""
    monkeypatch.setattr(app.engine.pool, "_timeout", 0)
    with contextlib.ExitStack() as stack:
        for _ in range(25):
            stack.enter_context(app.read())
        for _ in range(2):
            with pytest.raises(Unavailable), app.read():
                pass
    with app.read():
        pass


def test_nobody_waits_long_for_a_free_connection(app: App) -> None:
    """/health would hang for half a minute."""
    assert app.engine.pool.timeout() <= 5  # type: ignore[attr-defined]


@only_postgresql
def test_a_connection_that_was_cut_while_idle_is_replaced(
    app: App, toy_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the server's timeout, say: the database is there, and nobody is told otherwise."""
    monkeypatch.setattr(database, "IDLE_SECONDS", -1)
    with app.read() as connection:
        ours = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar()
    engine = connect(toy_url)
    with engine.connect() as other:
        assert other.exec_driver_sql(f"SELECT pg_terminate_backend({ours}, 10000)").scalar()
    engine.dispose()
    with app.read() as connection:
        assert connection.exec_driver_sql("SELECT pg_backend_pid()").scalar() != ours


@only_postgresql
def test_a_connection_that_was_used_just_now_is_taken_as_it_is(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """To ask it first would cost each call a round trip."""
    monkeypatch.setattr(database, "IDLE_SECONDS", 3600)
    monkeypatch.setattr(app.engine.dialect, "do_ping", pytest.fail)
    for _ in range(2):
        with app.read() as connection:
            connection.exec_driver_sql("SELECT 1")


def broken(app: App) -> Iterator[None]:
    """No connection can be made in the loop's one turn."""
    url = app.engine.url
    away = connect("sqlite:////proc/nowhere.db" if url.get_backend_name() == "sqlite" else str(url.set(port=1)))
    working, app.writer._engine = app.writer._engine, away
    yield
    app.writer._engine = working


@only_postgresql
def test_a_database_that_only_reads_is_away_until_it_writes(
    app: App, toy_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a failover onto a standby: what is connected there stays read-only, so it must be let go."""
    app.handle(count("a"))
    monkeypatch.setattr("shared.app.PATIENCE", 0.2)
    engine = connect(toy_url)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as there:
        change = f'ALTER DATABASE "{engine.url.database}" {{}} default_transaction_read_only'
        there.exec_driver_sql(change.format("SET") + " = on")
        app.engine.dispose()
        with pytest.raises(Unavailable):
            app.handle(count("a"))
        there.exec_driver_sql(change.format("RESET"))
        app.handle(count("a"))
    engine.dispose()
    assert log.totals(app.engine) == {"a": 2}


def test_a_lost_race_is_decided_again_at_most_so_often(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """A constraint that will never give way is not tried for ever."""
    tries: list[object] = []
    transact = Writer._transact
    monkeypatch.setattr(Writer, "_transact", lambda writer, tickets: tries.append(1) or transact(writer, tickets))
    app.handle(TakeSeat("t", NOON, "1", "ada"))
    tries.clear()
    with pytest.raises(IntegrityError):
        app.handle(careless("1", "bob"))
    assert len(tries) == TRIES
