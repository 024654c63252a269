"""What operations order a service to do with parked messages, and with side effects: once each, in one transaction."""

from typing import Any

import orjson
import pytest
from sqlalchemy import delete, select, update

from shared import orders as ordering
from shared.app import App, Delivery
from shared.messages import CONTENT_TYPE
from shared.orders import DISCARD, EDIT, REDO, RETRY, Order
from shared.tables import held, orders
from tests.shared import log, toy
from tests.shared.test_inbox import crash_before_commit
from tests.shared.toy import Speaker


def order(kind: str, *, name: str = "", tries: int = 1, sequence: int = 1, **more: Any) -> Order:
    """One about the toy's parked message."""
    name = name or f"{kind}-{tries}"
    fields = {"source": "toy", "stream": "tally-a", "sequence": sequence, "tries": tries, "who": "ada", "reason": "why"}
    return Order(name, kind, **fields | more)


def give(app: App, *wanted: Order) -> int:
    """Through the queue."""
    return app.hear([Delivery(ordering.CONTENT_TYPE, one.body()) for one in wanted])


def results(app: App) -> list[tuple[str, str]]:
    """What became of each order, by its id."""
    with app.read() as connection:
        return sorted((row.id, row.result) for row in connection.execute(select(orders)))


def kept(app: App) -> list[tuple[int, str | None, int]]:
    """Sequence, reason and tries of what is held."""
    with app.read() as connection:
        return sorted((row.sequence, row.reason, row.tries) for row in connection.execute(select(held)))


def heal(monkeypatch: pytest.MonkeyPatch, app: App) -> None:
    """A new version of the service can do what the old one could not."""
    monkeypatch.setattr(app.definition.decider, "decide", _decide_all)


def _decide_all(command: Any, states: Any, decide: Any = toy.decide) -> Any:
    note = getattr(command, "note", "")
    if note == "decide raises":
        command = toy.Count(command.id, command.now, command.tally, command.by)
    return decide(command, states)


@pytest.fixture
def stuck(app: App) -> App:
    """One message applied, one parked, two behind it, and one elsewhere."""
    speaker = Speaker()
    said = [speaker.say("a", 1), speaker.say("a", 10, "decide raises"), speaker.say("a", 100), speaker.say("a", 1000)]
    assert app.hear([*said, speaker.say("b", 7)]) == 2
    assert kept(app) == [(1, "failed", 1), (2, None, 0), (3, None, 0)]
    return app


def test_a_retry_applies_it_and_what_waits_behind_it(stuck: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """In order, in one transaction."""
    heal(monkeypatch, stuck)
    assert give(stuck, order(RETRY)) == 3
    assert log.totals(stuck.engine) == {"toy.a": 1111, "toy.b": 7}
    assert (kept(stuck), results(stuck)) == ([], [("retry-1", "done")])


@pytest.mark.parametrize("again", ["the same order", "another order"])
def test_a_retry_issued_twice_takes_effect_once(stuck: App, monkeypatch: pytest.MonkeyPatch, again: str) -> None:
    """By the same order twice, or by two; in one batch, or later."""
    heal(monkeypatch, stuck)
    second = order(RETRY, name="retry-1" if again == "the same order" else "other")
    assert give(stuck, order(RETRY), second) == 3
    assert give(stuck, second, order(RETRY)) == 0
    assert log.totals(stuck.engine) == {"toy.a": 1111, "toy.b": 7}


def test_a_retry_that_fails_is_counted(stuck: App) -> None:
    """An order of before means the message as it was then."""
    assert give(stuck, order(RETRY)) == 0
    assert give(stuck, order(RETRY, name="late")) == 0
    assert kept(stuck) == [(1, "failed", 2), (2, None, 0), (3, None, 0)]
    assert give(stuck, order(RETRY, tries=2)) == 0
    assert kept(stuck)[0] == (1, "failed", 3)
    assert results(stuck) == [("late", "nothing to do"), ("retry-1", "failed"), ("retry-2", "failed")]


def test_a_parked_message_that_comes_again_waits_for_an_order(stuck: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not tried, and its tries stay counted; an order of before would mean it again."""
    give(stuck, order(RETRY))
    heal(monkeypatch, stuck)
    speaker = Speaker()
    assert stuck.hear([speaker.say("a", 1), speaker.say("a", 10, "decide raises"), speaker.say("a", 100)]) == 0
    assert kept(stuck) == [(1, "failed", 2), (2, None, 0), (3, None, 0)]


def test_a_successor_that_fails_is_parked_in_its_turn(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """The retried one took effect."""
    speaker = Speaker()
    app.hear(
        [speaker.say("a", 1), speaker.say("a", 2, "decide raises"), speaker.say("a", toy.MOST), speaker.say("a", 3)]
    )
    heal(monkeypatch, app)
    assert give(app, order(RETRY)) == 1
    assert (kept(app), log.totals(app.engine)) == ([(2, "failed", 1), (3, None, 0)], {"toy.a": 3})


def test_a_discarded_message_lets_its_successors_pass(stuck: App) -> None:
    """It is kept with who and why."""
    assert give(stuck, order(DISCARD)) == 2
    assert log.totals(stuck.engine) == {"toy.a": 1101, "toy.b": 7}
    with stuck.read() as connection:
        row = connection.execute(select(orders)).one()
    assert (row.who, row.reason, row.result) == ("ada", "why", "done")
    assert orjson.loads(row.original)["data"]["by"] == 10
    assert kept(stuck) == []


def edit(app: App, **data: Any) -> Order:
    """The parked message with other data."""
    with app.read() as connection:
        body = connection.execute(select(held.c.body).where(held.c.sequence == 1)).scalar_one()
    message = orjson.loads(bytes(body))
    message |= {"id": "new", "replaces": message["id"], "data": message["data"] | data}
    return order(EDIT, message=message)


def test_an_edited_message_takes_its_place(stuck: App) -> None:
    """Caused by the one it replaces, which is kept."""
    original = edit(stuck).message
    assert give(stuck, edit(stuck, note="", by=20)) == 3
    assert log.totals(stuck.engine) == {"toy.a": 1121, "toy.b": 7}
    with stuck.read() as connection:
        row = connection.execute(select(orders)).one()
    assert original is not None
    assert orjson.loads(row.original)["id"] == orjson.loads(row.replacement)["replaces"] == original["replaces"]
    assert orjson.loads(row.replacement)["data"]["by"] == 20


def test_an_edited_message_that_fails_is_parked_as_edited(stuck: App) -> None:
    """With the next try it is the edited one that is tried."""
    assert give(stuck, edit(stuck, note="refuse")) == 0
    assert kept(stuck)[0] == (1, "failed", 2)
    with stuck.read() as connection:
        row = connection.execute(select(held).where(held.c.sequence == 1)).one()
    assert orjson.loads(bytes(row.body))["replaces"]
    assert row.error.startswith("Refused")


def test_an_edit_of_another_message_is_not_taken(stuck: App) -> None:
    """It keeps its place."""
    wrong = edit(stuck)
    assert wrong.message is not None
    wrong.message["sequence"] = 5
    assert give(stuck, wrong) == 0
    assert results(stuck) == [("edit-1", "failed")]
    assert log.totals(stuck.engine) == {"toy.a": 1, "toy.b": 7}


def test_bytes_that_are_no_message_are_tried_again_edited_or_discarded(app: App) -> None:
    """As soon as they can be read they are a message like any other."""
    app.hear([Delivery(CONTENT_TYPE, b"?"), Delivery(CONTENT_TYPE, b"??")])
    with app.read() as connection:
        first, second = connection.execute(select(held.c.stream).order_by(held.c.body)).scalars()
    place = {"source": "?", "sequence": 0}
    assert give(app, order(RETRY, **place, stream=first)) == 0
    message = orjson.loads(Speaker().say("a", 5).body)
    assert give(app, order(EDIT, **place, stream=first, tries=2, message=message)) == 1
    assert give(app, order(DISCARD, **place, stream=second)) == 0
    assert (kept(app), log.totals(app.engine)) == ([], {"toy.a": 5})
    assert [result for _, result in results(app)] == ["done", "done", "failed"]


def unreadable(make_app: toy.MakeApp, one: Delivery) -> tuple[App, Order, Order]:
    """A process that hears everybody, after one that heard nobody kept this message; a retry of it, and an edit."""
    earlier = make_app(toy.definition(hears=()))
    assert earlier.hear([one]) == 0
    with earlier.read() as connection:
        place = {"source": "?", "sequence": 0, "stream": connection.execute(select(held.c.stream)).scalar_one()}
    return make_app(), order(RETRY, **place), order(EDIT, **place, message=orjson.loads(one.body))


@pytest.mark.parametrize("kind", [RETRY, EDIT])
def test_what_could_not_be_read_is_applied_in_its_place(make_app: toy.MakeApp, kind: str) -> None:
    """The gate of its own stream counts, and what waits behind it follows."""
    first, lost, third = [(speaker := Speaker()).say("a", 1), speaker.say("a", 10), speaker.say("a", 100)]
    app, retry, edit = unreadable(make_app, lost)
    assert app.hear([first, third]) == 1
    assert give(app, retry if kind == RETRY else edit) == 2
    assert log.totals(app.engine) == {"toy.a": 111}
    assert (kept(app), results(app)) == ([], [(f"{kind}-1", "done")])


@pytest.mark.parametrize("kind", [RETRY, EDIT])
def test_what_could_not_be_read_has_no_effect_where_its_gate_has_passed(make_app: toy.MakeApp, kind: str) -> None:
    """The same message came whole meanwhile; neither it nor those behind it take effect again."""
    said = [(speaker := Speaker()).say("a", 1), speaker.say("a", 10), speaker.say("a", 100)]
    app, retry, edit = unreadable(make_app, said[0])
    assert app.hear(said) == 3
    assert give(app, retry if kind == RETRY else edit) == 0
    assert app.hear(said) == 0
    assert log.totals(app.engine) == {"toy.a": 111}
    assert (kept(app), results(app)) == ([], [(f"{kind}-1", "nothing to do")])


def test_what_could_not_be_read_waits_for_its_predecessor(make_app: toy.MakeApp) -> None:
    """Like a message that has just come; and is parked where it fails."""
    first, lost, third = [(speaker := Speaker()).say("a", 1), speaker.say("a", 10, "refuse"), speaker.say("a", 100)]
    app, retry, _ = unreadable(make_app, lost)
    assert app.hear([third]) == 0
    assert give(app, retry) == 0
    assert kept(app) == [(1, None, 0), (2, None, 0)]
    assert app.hear([first]) == 1
    assert kept(app) == [(1, "failed", 1), (2, None, 0)]


def test_two_orders_of_one_batch_see_each_other(make_app: toy.MakeApp) -> None:
    """What could not be read fails in its place; an order of the same batch discards it there."""
    lost, second = [(speaker := Speaker()).say("a", 10, "refuse"), speaker.say("a", 100)]
    app, retry, _ = unreadable(make_app, lost)
    assert app.hear([second]) == 0
    assert give(app, retry, order(DISCARD, sequence=0)) == 1
    assert (kept(app), results(app)) == ([], [("discard-1", "done"), ("retry-1", "failed")])


def test_a_crash_leaves_nothing_half_done(stuck: App, make_app: toy.MakeApp, monkeypatch: pytest.MonkeyPatch) -> None:
    """The order comes again, and is carried out then."""
    heal(monkeypatch, stuck)
    with crash_before_commit():
        give(stuck, order(RETRY))
    assert kept(stuck) == [(1, "failed", 1), (2, None, 0), (3, None, 0)]
    assert give(make_app(), order(RETRY)) == 3
    assert log.totals(stuck.engine) == {"toy.a": 1111, "toy.b": 7}


@pytest.mark.parametrize("kind", [RETRY, DISCARD])
def test_what_was_passed_meanwhile_is_only_let_go(stuck: App, kind: str) -> None:
    """A row that a restored database has left behind; the gate stays where it is."""
    stuck.hear([])
    with stuck.engine.begin() as connection:
        connection.execute(update(log.gates).values(sequence=1).where(log.gates.c.stream == "tally-a"))
    assert give(stuck, order(kind)) == 0
    assert results(stuck) == [(f"{kind}-1", "nothing to do")]
    assert kept(stuck) == [(2, None, 0), (3, None, 0)]
    assert ("tally-a", "toy", 1) in log.everything(stuck.engine)["gates"]


@pytest.mark.parametrize("kind", [RETRY, DISCARD])
def test_what_lacks_its_predecessor_is_not_tried(stuck: App, kind: str) -> None:
    """Replay first."""
    with stuck.engine.begin() as connection:
        connection.execute(delete(log.gates).where(log.gates.c.stream == "tally-a"))
    assert give(stuck, order(kind)) == 0
    assert results(stuck) == [(f"{kind}-1", "refused")]


def test_a_declared_effect_is_done_again_by_name(app: App) -> None:
    """Once per order; nothing that is not declared so."""
    again = [Order("r1", REDO, effect="marking", subject="a"), Order("r1", REDO, effect="marking", subject="a")]
    others = [Order("r2", REDO, effect="hold", subject="a"), Order("r3", REDO, effect="nothing", subject="a")]
    give(app, *again, *others)
    assert [row[1] for row in log.streams(app.engine)["tally-a"]] == ["Marked"]
    assert results(app) == [("r1", "done"), ("r2", "refused"), ("r3", "refused")]


WRONG = [
    b"", b"[]", b"{}", b"null", b'{"id": "x"}', b'{"id": "x", "kind": "delete"}', b'{"id": "", "kind": "retry"}',
    b'{"id": "x", "kind": "retry", "sequence": -1}', b'{"id": "x", "kind": "retry", "tries": true}',
    b'{"id": "x", "kind": "retry", "stream": "a\\u0000b"}', b'{"id": "x", "kind": "edit", "message": []}',
    b'{"id": "x", "kind": "retry", "other": 1}',
]  # fmt: skip


def test_an_order_that_can_not_be_read_is_kept(app: App) -> None:
    """Like any other bytes."""
    assert app.hear([Delivery(ordering.CONTENT_TYPE, body) for body in WRONG]) == 0
    assert len(kept(app)) == len(WRONG)
    assert results(app) == []
