"""Whatever comes out of the queue takes effect once and in order, waits, or is kept: nothing is lost."""

import itertools
import random
import string
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select
from sqlalchemy.exc import DBAPIError

from shared import desk, orders
from shared.app import App, Delivery
from shared.inbox import HearMessages
from shared.messages import CONTENT_TYPE, KEY_CONTENT_TYPE, Message
from shared.session import Cache, Session
from shared.standard import health
from shared.tables import Write, cursors, events, gates, held, subject_keys, timers
from shared.vault import Vault
from shared.writer import Unavailable
from tests.shared import log, toy
from tests.shared.test_writer import broken
from tests.shared.toy import Speaker

TABLES = (events, gates, held, cursors, timers, subject_keys, toy.totals, toy.lines, toy.seats)
many = settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def empty(app: App) -> None:
    """As after the first start."""
    with app.engine.begin() as connection:
        for table in TABLES:
            connection.execute(delete(table))
    app.writer.cache = Cache()


# --------------------------------------------------------------------------------------------------- once, and in order


@dataclass(frozen=True)
class Delivered:
    """What was said, and how the broker brought it: batches, in which a crash cut short what `crashes` names."""

    said: tuple[Delivery, ...]
    batches: tuple[tuple[Delivery, ...], ...]
    crashes: frozenset[int]


@st.composite
def deliveries(draw: st.DrawFn) -> Delivered:
    """Messages of several streams and sources; each comes at least once, in any order, in batches, with crashes."""
    speakers = {source: Speaker(source) for source in ("toy", "other")}
    what = st.tuples(
        st.sampled_from(("toy", "other")),
        st.sampled_from("abc"),
        st.integers(-9, 9).filter(bool),
        st.sampled_from(("Counted", "Counted", "Ignored", toy.ASKING)),
        st.sampled_from(("", "", "", "", "", "decide raises", "react raises")),
    )
    said = tuple(
        speakers[source].say(tally, by, note, kind)
        for source, tally, by, kind, note in draw(st.lists(what, min_size=1, max_size=12))
    )
    again = draw(st.lists(st.sampled_from(said), max_size=8))
    brought = draw(st.permutations([*said, *again]))
    cuts = sorted(draw(st.sets(st.integers(1, len(brought)), max_size=4)) | {0, len(brought)})
    batches = tuple(tuple(brought[a:b]) for a, b in itertools.pairwise(cuts))
    return Delivered(said, batches, frozenset(draw(st.sets(st.integers(0, len(batches) - 1), max_size=2))))


class Crash(BaseException):
    """`kill -9`."""


@contextmanager
def crash_before_commit() -> Iterator[None]:
    """Everything is written, but the transaction does not commit."""
    flush = Session.flush

    def dying(session: Session) -> None:
        flush(session)
        raise Crash

    Session.flush = dying  # type: ignore[method-assign]
    try:
        with suppress(Crash):
            yield
    finally:
        Session.flush = flush  # type: ignore[method-assign]


def end_state(make_app: toy.MakeApp, batches: Sequence[Sequence[Delivery]], crashes: frozenset[int]) -> dict[str, Any]:
    """What is in the database when all batches were heard; a crashed process' batch comes again to the next one."""
    app = make_app()
    empty(app)
    for n, batch in enumerate(batches):
        if n in crashes:
            with crash_before_commit():
                app.hear(batch)
            app.engine.dispose()
            app = make_app()
        app.hear(batch)
    state = log.everything(app.engine)
    app.engine.dispose()
    return state


def check_that_delivery_makes_no_difference(make_app: toy.MakeApp, delivered: Delivered) -> None:
    as_said = end_state(make_app, [[delivery] for delivery in delivered.said], frozenset())
    assert end_state(make_app, delivered.batches, delivered.crashes) == as_said
    kept = len(as_said["held"])
    passed = sum(row[2] + 1 for row in as_said["gates"])
    assert passed + kept == len(delivered.said)


@many
@given(delivered=deliveries())
def test_delivery_makes_no_difference(make_app: toy.MakeApp, delivered: Delivered) -> None:
    """Shuffled, repeated, in any batches, with crashes: the same rows and events as once and in order."""
    check_that_delivery_makes_no_difference(make_app, delivered)


def shuffled(seed: int = 7) -> Delivered:
    """One such delivery that any missing safeguard gets wrong."""
    speaker = Speaker()
    said = tuple(speaker.say(tally, n) for n in range(1, 7) for tally in "ab")
    brought = [*said, *said]
    random.Random(seed).shuffle(brought)
    return Delivered(said, tuple(tuple(brought[n : n + 5]) for n in range(0, len(brought), 5)), frozenset({1}))


def open_the_gates(monkeypatch: pytest.MonkeyPatch) -> None:
    """Apply whatever comes, as it comes."""

    def run(job: HearMessages, session: Session) -> int:
        for message in job.messages:
            session.decide(*job.definition.react(message, job.now), cause=message.cause)
        return len(job.messages)

    monkeypatch.setattr(HearMessages, "run", run)


def forget_the_gates(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the gates be known only as long as a batch lasts."""
    monkeypatch.setattr(desk.Desk, "passed", lambda self, gate: self._gates.get(gate, -1) if self._moved else -1)


def commit_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Acknowledge first: a crash after that loses the batch."""
    monkeypatch.setattr(App, "hear", lambda app, batch, hear=App.hear: _hear_once(app, batch, hear))


def _hear_once(app: App, batch: Sequence[Delivery], hear: Any, _seen: set[bytes] = set()) -> None:  # noqa: B006
    fresh = [delivery for delivery in batch if delivery.body not in _seen]
    _seen.update(delivery.body for delivery in fresh)
    hear(app, fresh)


@pytest.mark.parametrize("switch_off", [open_the_gates, forget_the_gates, commit_apart])
def test_without_gates_that_commit_with_the_events_the_check_goes_red(
    make_app: toy.MakeApp, monkeypatch: pytest.MonkeyPatch, switch_off: Any
) -> None:
    """Switched off, messages are applied twice, out of order, or not at all."""
    delivered = shuffled()
    check_that_delivery_makes_no_difference(make_app, delivered)
    as_said = end_state(make_app, [[delivery] for delivery in delivered.said], frozenset())
    switch_off(monkeypatch)
    with pytest.raises(AssertionError):
        assert end_state(make_app, delivered.batches, delivered.crashes) == as_said


# ------------------------------------------------------------------------------------------------------ gaps and poison


def test_a_message_waits_for_its_predecessor(app: App) -> None:
    """It is kept, and is applied together with what closes the gap."""
    said = [(speaker := Speaker()).say("a", 1), *(speaker.say("a", n) for n in (2, 3))]
    assert app.hear([said[2]]) == 0
    assert app.hear([said[1]]) == 0
    assert [row[3:] for row in log.everything(app.engine)["held"]] == [("Counted", None, None)] * 2
    assert app.hear([said[0]]) == 3
    state = log.everything(app.engine)
    assert state["totals"] == [("toy.a", 6, "")]
    assert (state["held"], state["gates"]) == ([], [("tally-a", "toy", 2)])


def test_what_is_held_though_its_turn_has_come_is_applied_when_it_comes_again(app: App) -> None:
    """With all that waits behind it: what `foyer verify` advises helps."""
    said = [(speaker := Speaker()).say("a", 1), *(speaker.say("a", n) for n in (2, 3))]
    assert app.hear(said[1:]) == 0
    with app.engine.begin() as connection:
        connection.execute(gates.insert().values(stream="tally-a", source="toy", sequence=0))
    assert app.hear([said[2]]) == 0
    assert app.hear([said[1]]) == 2
    state = log.everything(app.engine)
    assert state["totals"] == [("toy.a", 5, "")]
    assert (state["held"], state["gates"]) == ([], [("tally-a", "toy", 2)])


def test_a_gate_never_moves_back(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever thinks that nothing has passed may not write so."""
    said = [(speaker := Speaker()).say("a", 1), speaker.say("a", 2)]
    app.hear(said)
    forget_the_gates(monkeypatch)
    app.hear(said[:1])
    assert log.everything(app.engine)["gates"] == [("tally-a", "toy", 1)]


def test_what_asks_is_answered_when_the_rest_of_its_batch_is_committed(make_app: toy.MakeApp) -> None:
    """And what follows on it in its stream comes behind it; without it, a batch is one transaction."""
    committed: list[list[int]] = []
    known: list[int] = []

    def react(message: Message, now: datetime) -> Sequence[Any]:
        if message.type == toy.ASKING:
            known.append(sum(len(events) for events in committed))
        return toy.react(message, now)

    app = make_app(replace(toy.COUNTERS, react=react))
    app.committed = lambda events: committed.append([event.by for event in events])  # type: ignore[method-assign]
    app.clock = lambda: toy.NOON + timedelta(seconds=100)
    speaker, other = Speaker(), Speaker("other")
    asking = [speaker.say("a", 1), speaker.say("b", 2, kind=toy.ASKING), speaker.say("b", 3), speaker.say("c", 4)]
    assert app.hear([other.say("b", 5), *asking[::-1]]) == 5
    assert committed == [[5, 1, 4], [2, 3]]
    assert known == [3]
    assert app.behind == 99  # that of the oldest of them all
    app.hear([speaker.say("a", 6), speaker.say("b", 7)])
    app.hear([speaker.say("a", 8, kind=toy.ASKING), speaker.say("b", 9, kind=toy.ASKING)])
    assert committed[2:] == [[6, 7], [8, 9]]
    assert log.everything(app.engine)["held"] == []


POISONS = {
    "react raises": ({"note": "react raises"}, "LookupError: as told"),
    "decide raises": ({"note": "decide raises"}, "RuntimeError: as told by toy.a"),
    "refused": ({"note": "refuse"}, "Refused: nothing_to_count"),
    "the database refuses": ({"by": toy.MOST + 1}, "CheckViolation|IntegrityError|CHECK constraint"),
    "too large for a column": ({"by": 2**40}, "out of range|CHECK constraint"),
    "too large for any column": ({"by": 2**63}, "OverflowError|out of range|CHECK constraint"),
    "NUL for the database": ({"note": "a\x00b", "by": toy.MOST + 1}, "NUL|CHECK constraint"),
}


def check_that_poison_holds_only_its_stream(app: App, poison: dict[str, Any], *, in_one_batch: bool) -> list[Any]:
    speaker, other = Speaker(), Speaker("other")
    batch = [
        speaker.say("a", 1),
        speaker.say("a", **poison),
        speaker.say("b", 1),
        speaker.say("a", 5),
        other.say("a", 1),
        speaker.say("b", 2),
        speaker.say("a", 7),
    ]
    for deliveries in [batch] if in_one_batch else [[one] for one in batch]:
        app.hear(deliveries)
    state = log.everything(app.engine)
    assert {tally: total for tally, total, _ in state["totals"]} == {"toy.a": 1, "toy.b": 3, "other.a": 1}
    assert sorted(state["gates"]) == [("tally-a", "other", 0), ("tally-a", "toy", 0), ("tally-b", "toy", 1)]
    assert [row[:5] for row in sorted(state["held"], key=lambda row: row[2])] == [
        ("tally-a", "toy", 1, "Counted", "failed"),
        ("tally-a", "toy", 2, "Counted", None),
        ("tally-a", "toy", 3, "Counted", None),
    ]
    app.hear(batch[::-1])
    app.hear(batch[1:2])
    assert log.everything(app.engine) == state
    return state["held"]


@pytest.mark.parametrize("in_one_batch", [True, False], ids=["one batch", "one by one"])
@pytest.mark.parametrize("poison", POISONS)
def test_a_poisoned_message_holds_only_its_own_stream(app: App, poison: str, in_one_batch: bool) -> None:
    """It is parked once with its reason, its successors wait behind it, and the others go on."""
    message, reason = POISONS[poison]
    kept = check_that_poison_holds_only_its_stream(app, message, in_one_batch=in_one_batch)
    errors = [row[5] for row in kept if row[4] == "failed"]
    assert any(part in errors[0] for part in reason.split("|"))
    assert errors[0].isprintable()


def test_the_refused_message_is_parked_and_not_the_one_that_released_it(app: App) -> None:
    """A successor waits that the database will refuse: its predecessor is applied, it is parked."""
    speaker = Speaker()
    first, second, third = speaker.say("a", 1), speaker.say("a", toy.MOST), speaker.say("a", 1)
    app.hear([third, second])
    app.hear([first])
    state = log.everything(app.engine)
    assert state["totals"] == [("toy.a", 1, "")]
    assert [(row[2], row[4]) for row in sorted(state["held"], key=lambda row: row[2])] == [(1, "failed"), (2, None)]


@pytest.mark.parametrize("poison", ["decide raises", "the database refuses"])
def test_without_parking_the_check_goes_red(app: App, monkeypatch: pytest.MonkeyPatch, poison: str) -> None:
    """Switched off, one bad message holds up the whole batch."""

    def apply(job: HearMessages, session: Session, message: Any) -> None:
        session.decide(*job._reacting.react(message), cause=message.cause)

    monkeypatch.setattr(HearMessages, "_apply", apply)
    with pytest.raises((RuntimeError, DBAPIError)):
        check_that_poison_holds_only_its_stream(app, POISONS[poison][0], in_one_batch=True)


def test_without_blocking_the_stream_the_check_goes_red(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """Switched off, the parked message's successors overtake it."""

    def park_and_pass(self: desk.Desk, message: Any, error: Exception, tries: int) -> None:
        park(self, message, error, tries)
        self.blocked.clear()
        self._gates[message.source, message.stream] = message.sequence

    park = desk.Desk.park
    monkeypatch.setattr(desk.Desk, "park", park_and_pass)
    with pytest.raises(AssertionError):
        check_that_poison_holds_only_its_stream(app, {"note": "decide raises"}, in_one_batch=True)


def test_a_log_that_can_not_be_read_parks_the_message_that_needs_it(app: App) -> None:
    """One stream with an event of a version from the future: the messages for others are applied."""
    app.hear([Speaker().say("a", 1)])
    with app.engine.begin() as connection:
        connection.execute(events.update().values(schema_version=99))
    fresh = toy.App(toy.COUNTERS, app.settings, clock=app.clock)
    speaker = Speaker(sequences={"tally-a": 0})
    assert fresh.hear([speaker.say("a", 1), speaker.say("b", 1)]) == 1
    assert [row[5] for row in log.everything(app.engine)["held"]] == [
        "UnknownEvent: Counted version 99 is not known here"
    ]


def test_a_version_that_is_not_known_here_is_parked(app: App, make_app: toy.MakeApp) -> None:
    """With its reason; what follows waits, others go on, what is not heard passes. A newer release takes it then."""
    speaker = Speaker()
    batch = [
        speaker.say("a", 1),
        speaker.say("a", 2, version=2),
        speaker.say("a", 3),
        speaker.say("b", 1, kind="Ignored", version=2),
        speaker.say("b", 1),
        speaker.say("c", 1, version=0),
    ]
    assert app.hear(batch) == 3
    state = log.everything(app.engine)
    assert {tally: total for tally, total, _ in state["totals"]} == {"toy.a": 1, "toy.b": 1}
    assert [row[2:] for row in state["held"]] == [
        (1, "Counted", "failed", "UnknownVersion: Counted came in version 2, known here is 1"),
        (2, "Counted", None, None),
        (0, "Counted", "failed", "UnknownVersion: Counted came in version 0, known here is 1"),
    ]
    retry = orders.Order("o", orders.RETRY, "toy", "tally-a", 1, tries=1)
    newer = make_app(toy.definition(heard={"Counted": 2}))
    assert newer.hear([Delivery(orders.CONTENT_TYPE, retry.body())]) == 2
    assert log.totals(app.engine) == {"toy.a": 6, "toy.b": 1}


# ------------------------------------------------------------------------------------------------- what may not wait


def forgetful(make_app: toy.MakeApp, **more: Any) -> App:
    """A process that lets the key of a message's subject go as soon as it hears `Ignored`."""

    def at_once(message: Message) -> Sequence[Write]:
        return (Vault.forget(message.subject),) if message.type == "Ignored" else ()

    return make_app(toy.definition(at_once=at_once, **more))


def sent_key(app: App, subject: str) -> tuple[str, Delivery]:
    """A token, and its key on the way here."""
    token, (_, row) = app.vault.seal(subject, "c", {"name": "Ada"})
    return token, Delivery(KEY_CONTENT_TYPE, app.vault.outgoing(subject, row["wrapped"]))


def opened(app: App, token: str) -> Any:
    with app.read() as connection:
        return app.vault.open(connection, [token])[token]


@pytest.mark.parametrize("in_one_batch", [True, False], ids=["one batch", "one by one"])
@pytest.mark.parametrize("before", ["it is parked", "it is lost"])
def test_what_may_not_wait_is_written_though_the_message_waits(
    make_app: toy.MakeApp, before: str, in_one_batch: bool
) -> None:
    """A key goes at once, and for good; the message takes effect in its turn."""
    app, speaker = forgetful(make_app), Speaker()
    token, key = sent_key(app, "a")
    app.hear([key])
    assert opened(app, token) == {"name": "Ada"}
    first = speaker.say("a", 1, "refuse" if before == "it is parked" else "")
    batch = [*([first] if before == "it is parked" else []), speaker.say("a", kind="Ignored"), speaker.say("b", 7)]
    for deliveries in [batch] if in_one_batch else [[one] for one in batch]:
        app.hear(deliveries)
    assert (1, "Ignored", None) in [row[2:5] for row in log.everything(app.engine)["held"]]
    assert opened(app, token) is None
    app.hear([key])
    assert opened(app, token) is None
    assert log.totals(app.engine) == {"toy.b": 7}


def test_what_may_not_wait_is_written_when_it_can_be_read(make_app: toy.MakeApp) -> None:
    """By an order of operations, though its turn has not come."""
    app, speaker = forgetful(make_app), Speaker()
    token, key = sent_key(app, "a")
    speaker.say("a")
    message = orjson.loads(speaker.say("a", kind="Ignored").body)
    app.hear([key, Delivery(CONTENT_TYPE, b"?")])
    with app.read() as connection:
        name = connection.execute(select(held.c.stream)).scalar_one()
    edit = orders.Order("o", orders.EDIT, "?", name, 0, tries=1, message=message)
    assert app.hear([Delivery(orders.CONTENT_TYPE, edit.body())]) == 0
    assert [row[2:5] for row in log.everything(app.engine)["held"]] == [(1, "Ignored", None)]
    assert opened(app, token) is None


def test_what_comes_in_an_unknown_version_waits_for_who_knows_it(make_app: toy.MakeApp) -> None:
    """It may mean something else; it has an effect when a newer release takes it."""
    app, speaker = forgetful(make_app, heard={"Ignored": 1}), Speaker()
    token, key = sent_key(app, "a")
    app.hear([key, speaker.say("a", kind="Ignored", version=2)])
    assert opened(app, token) == {"name": "Ada"}
    retry = orders.Order("o", orders.RETRY, "toy", "tally-a", 0, tries=1)
    newer = forgetful(make_app, heard={"Ignored": 2})
    assert newer.hear([Delivery(orders.CONTENT_TYPE, retry.body())]) == 1
    assert opened(app, token) is None


# ------------------------------------------------------------------------------------------------- what nobody can read

GOOD: dict[str, Any] = orjson.loads(Speaker().say("a", 1).body)
WRONG: list[Any] = [
    None,
    True,
    -1,
    1.5,
    2**31,
    2**63,
    2**64 - 1,
    "",
    "x" * 201,
    "a\x00b",
    "a\nb",
    [],
    {},
    [1],
    {"a": 1},
]


def bodies() -> list[bytes]:
    """Everything that can be wrong with a body, a field at a time."""
    raw = [b"", b"{", b"[]", b"null", b"1", b'"x"', b"\xff\xfe", b"\x00", b"{}" * 2, b"[" * 5000, b"9" * 5000]
    raw += [random.Random(n).randbytes(n * 7) for n in range(1, 6)]
    lacking = [{name: value for name, value in GOOD.items() if name != gone} for gone in NEEDED]
    wrong = [GOOD | {name: value} for name in NEEDED for value in WRONG if not _fits(name, value)]
    types = ["foyer.toy.Counted", "foyer.toy.Counted.1", "foyer.toy.Counted.v-1", "foyer.toy.v1", "a.b.c.v1", "...."]
    types += ["foyer.booking.Counted.v1", "foyer.toy.Cou\x00nted.v1", "foyer.toy.Counted.v" + "9" * 99]
    wrong += [GOOD | {"type": kind} for kind in types]
    wrong += [GOOD | {"source": "/nobody", "type": "foyer.nobody.Counted.v1"}, GOOD | {"time": "2026-11-23T12:00:00"}]
    wrong += [GOOD | {"correlationid": "a\x00b"}, GOOD | {"causationid": 5}, GOOD | {"traceparent": "x" * 201}]
    return list(dict.fromkeys(raw + [orjson.dumps(message) for message in lacking + wrong]))


NEEDED = ("id", "source", "type", "subject", "time", "stream", "sequence", "position", "data")


def _fits(name: str, value: Any) -> bool:
    """Whether a wrong value is right for that field after all."""
    if name == "data":
        return isinstance(value, dict)
    return name == "position" and isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63


def test_what_can_not_be_read_is_kept_and_shown(app: App) -> None:
    """Each body once, however often it comes; what comes with it is applied."""
    bad = bodies()
    batch = [Delivery(CONTENT_TYPE, body) for body in bad]
    speaker = Speaker()
    app.hear([*batch, speaker.say("a", 1)])
    app.hear([speaker.say("a", 2), *batch[:10]])
    with app.read() as connection:
        kept = [row.body for row in connection.execute(select(held).where(held.c.reason == desk.UNREADABLE))]
    assert sorted(bytes(body) for body in kept) == sorted(bad)
    assert log.totals(app.engine) == {"toy.a": 3}
    assert health(app)["notes"] == [f"{len(bad)} messages parked: unreadable"]


@many
@given(body=st.binary(max_size=200) | st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(string.printable + "\x00", max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*GOOD, "x"]), inner, max_size=9),
).map(lambda value: orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS) if _dumps(value) else b"?"))  # fmt: skip
def test_bytes_that_nobody_meant_are_kept(app: App, body: bytes) -> None:
    """Nothing raises, nothing is dropped."""
    app.hear([Delivery(CONTENT_TYPE, body)])
    with app.read() as connection:
        assert body in [bytes(row.body) for row in connection.execute(select(held))]


def _dumps(value: Any) -> bool:
    with suppress(TypeError):
        return bool(orjson.dumps(value))
    return False


@many
@given(data=st.data())
def test_a_good_envelope_with_one_wrong_value_is_kept_or_applied(app: App, data: st.DataObject) -> None:
    """Every message is in a gate, held or kept: none raises, none is lost."""
    empty(app)
    name = data.draw(st.sampled_from(sorted(GOOD)))
    message = orjson.dumps(GOOD | {name: data.draw(st.sampled_from(WRONG) | st.text(max_size=5).filter(_encodes))})
    applied = app.hear([Delivery(CONTENT_TYPE, message)])
    assert applied + len(log.everything(app.engine)["held"]) == 1


def _encodes(text: str) -> bool:
    with suppress(UnicodeEncodeError):
        return text.encode() is not None
    return False


def key_of(subject: Any) -> bytes:
    """A good key, of whomever."""
    vault = Vault(bytes(32), b"t" * 32)
    return vault.outgoing(subject, vault.seal("a", "c", {})[1][1]["wrapped"])


KEYS = [
    *map(key_of, ("", "a\x00b", 5)),
    b"",
    b"{}",
    b"[]",
    b'{"subject": "a"}',
    b'{"subject": "a", "key": 5}',
    b'{"subject": "a", "key": "AAAA"}',
    b"\xff",
]


def test_a_key_that_can_not_be_read_is_noted(app: App) -> None:
    """Without its bytes: they may be a key."""
    assert app.hear([Delivery(KEY_CONTENT_TYPE, body) for body in KEYS]) == 0
    assert health(app)["notes"] == [f"{len(KEYS)} messages parked: unreadable"]
    with app.read() as connection:
        assert all(bytes(row.body).startswith(b"key ") for row in connection.execute(select(held)))


def test_without_checking_names_the_check_goes_red(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """Switched off, what can't be stored is taken for a message: nothing is kept, or all stands still."""
    monkeypatch.setattr("shared.messages.checked_text", lambda value, _name: value)
    monkeypatch.setattr("shared.messages._count", lambda e, name, _limit: e[name])
    with pytest.raises((AssertionError, TypeError, ValueError, OverflowError, DBAPIError)):
        test_what_can_not_be_read_is_kept_and_shown(app)


# ------------------------------------------------------------------------------------------------- the database is away


def test_while_the_database_is_away_nothing_is_acknowledged(app: App) -> None:
    """Unavailable is raised, nothing is applied or parked; the same deliveries are applied later."""
    speaker = Speaker()
    batch = [speaker.say("a", 1), speaker.say("a", note="decide raises"), Delivery(CONTENT_TYPE, b"?")]
    for _ in broken(app):
        for part in (batch, batch[:1], batch[2:]):
            with pytest.raises(Unavailable):
                app.hear(part)
    assert log.everything(app.engine)["held"] == []
    assert app.hear(batch) == 1
    assert sorted(row[4] for row in log.everything(app.engine)["held"]) == ["failed", "unreadable"]


def test_a_database_that_goes_away_in_the_middle_parks_nothing(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection is lost while a message is decided: that is not the message's fault."""
    prefetch, lost = Session.prefetch, iter([False, True])

    def losing(session: Session, commands: Any) -> None:
        if next(lost, False):
            session.connection.connection.driver_connection.close()
        prefetch(session, commands)

    monkeypatch.setattr(Session, "prefetch", losing)
    message = Speaker().say("a", 1)
    with pytest.raises(Unavailable):
        app.hear([message])
    assert app.hear([message]) == 1
    assert log.everything(app.engine)["held"] == []
