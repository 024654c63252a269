"""A replay closes gaps and changes nothing else, whatever is delivered, lost, tried again or killed meanwhile."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from deploy.parts import SERVICES, definition
from shared import orders, sequencer, tables
from shared.app import App, Delivery
from shared.desk import Desk
from shared.orders import RETRY, Order
from shared.replays import Mode, Replays, Undeclared, cursor_name
from shared.tables import held
from tests.shared import log, toy
from tests.shared.test_inbox import crash_before_commit, empty
from tests.shared.test_orders import heal
from tests.shared.toy import Speaker

many = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


# ------------------------------------------------------------------------------------------- any history, the same end


@dataclass(frozen=True)
class Step:
    """`live` brings messages by their number, `replay` brings them again, `retry` orders all that is parked."""

    kind: str
    numbers: tuple[int, ...] = ()
    crash: bool = False


@dataclass(frozen=True)
class History:
    """What was said (source, tally, by, note), and what happens; from step `healed_at` on nothing fails any more."""

    said: tuple[tuple[str, str, int, str], ...]
    steps: tuple[Step, ...]
    healed_at: int


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Messages come in any order, again, or never; replays of any range run meanwhile; processes are killed."""
    what = st.tuples(
        st.sampled_from(("toy", "other")),
        st.sampled_from("ab"),
        st.integers(1, 9),
        st.sampled_from(("", "", "", "decide raises")),
    )
    said = tuple(draw(st.lists(what, min_size=1, max_size=10)))
    numbers = st.integers(0, len(said) - 1)
    live = st.builds(Step, st.just("live"), st.lists(numbers, max_size=6).map(tuple), st.booleans())
    ranges = st.tuples(numbers, numbers).map(lambda ends: tuple(range(min(ends), max(ends) + 1)))
    again = st.builds(Step, st.just("replay"), ranges, st.booleans())
    retry = st.builds(Step, st.just("retry"), st.just(()), st.booleans())
    steps = tuple(draw(st.lists(st.one_of(live, live, again, retry), max_size=8)))
    return History(said, steps, draw(st.integers(0, len(steps))))


class Run:
    """A listener that goes through a history."""

    def __init__(self, make_app: toy.MakeApp, history: History) -> None:
        self._make_app, self._history = make_app, history
        self.app = make_app()
        empty(self.app)
        with self.app.engine.begin() as connection:
            connection.execute(tables.orders.delete())
        speakers = {name: Speaker(name) for name in ("toy", "other")}
        self._live: list[Delivery] = []
        self._again: list[Delivery] = []
        for source, tally, by, note in history.said:
            speaker = speakers[source]
            self._live.append(speaker.say(tally, by, note))
            self._again.append(speaker.replay("job", speaker.position))

    def go(self, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
        """All steps, and in the end what operations would do: replay everything, retry what is parked."""
        with monkeypatch.context() as patched:
            for n, step in enumerate(self._history.steps):
                if n == self._history.healed_at:
                    heal(patched, self.app)
                self._do(step)
            heal(patched, self.app)
            self._hear(self._again)
            while waiting := self._retries():
                self._hear(waiting)
            return log.everything(self.app.engine)

    def _do(self, step: Step) -> None:
        brought = {"live": [self._live[n] for n in step.numbers], "replay": [self._again[n] for n in step.numbers]}
        batch = brought.get(step.kind) or self._retries()
        if step.crash:
            with crash_before_commit():
                self.app.hear(batch)
            self.app.engine.dispose()
            self.app = self._make_app()
        self._hear(batch)

    def _hear(self, batch: Sequence[Delivery]) -> None:
        self.app.hear(batch)

    def _retries(self) -> list[Delivery]:
        with self.app.read() as connection:
            rows = connection.execute(select(held).where(held.c.reason.is_not(None))).all()
        places = [(row.source, row.stream, row.sequence, row.tries) for row in rows]
        wanted = [Order("-".join(map(str, place)), RETRY, *place) for place in places]
        return [Delivery(orders.CONTENT_TYPE, order.body()) for order in wanted]


def check_that_the_end_is_the_same(make_app: toy.MakeApp, monkeypatch: pytest.MonkeyPatch, history: History) -> None:
    once = tuple(Step("live", (n,)) for n in range(len(history.said)))
    plain = Run(make_app, History(history.said, once, 0)).go(monkeypatch)
    assert plain["held"] == []
    assert Run(make_app, history).go(monkeypatch) == plain


@many
@given(history=histories())
def test_whatever_happens_a_replay_leads_to_the_same_end(
    make_app: toy.MakeApp, monkeypatch: pytest.MonkeyPatch, history: History
) -> None:
    """The same streams, tables and gates as when everything had come once, in order, and nothing had failed."""
    check_that_the_end_is_the_same(make_app, monkeypatch, history)


HARD = History(
    said=(("toy", "a", 1, ""), ("toy", "a", 2, "decide raises"), ("toy", "a", 3, ""), ("other", "a", 4, "")),
    steps=(Step("live", (2, 3, 0, 1)), Step("replay", (0, 1, 2, 3), crash=True), Step("retry"), Step("live", (3, 1))),
    healed_at=2,
)


def without_gate(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is replayed is applied, whatever the gate says."""
    take = Desk.take
    monkeypatch.setattr(Desk, "take", lambda desk, m, apply: desk.apply(m, apply) if m.replay else take(desk, m, apply))


def without_replay(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is replayed is thrown away."""
    hear = App._heard_here
    monkeypatch.setattr(App, "_heard_here", lambda app, body: [m for m in hear(app, body) if not m.replay])


def test_the_check_knows_a_hard_history(make_app: toy.MakeApp, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is one that any missing safeguard gets wrong."""
    check_that_the_end_is_the_same(make_app, monkeypatch, HARD)


@pytest.mark.parametrize("switch_off", [without_gate, without_replay])
def test_without_the_safeguard_the_check_goes_red(
    make_app: toy.MakeApp, monkeypatch: pytest.MonkeyPatch, switch_off: Any
) -> None:
    """Switched off, messages take effect twice, or never."""
    history = HARD if switch_off is without_gate else LOSSY
    check_that_the_end_is_the_same(make_app, monkeypatch, history)
    switch_off(monkeypatch)
    with pytest.raises(AssertionError):
        check_that_the_end_is_the_same(make_app, monkeypatch, history)


LOSSY = History((("toy", "a", 1, ""), ("toy", "a", 2, ""), ("toy", "b", 3, "")), (Step("live", (1,)),), 0)
"""Two messages never come."""


# --------------------------------------------------------------------------------------------------- what a replay does


def test_a_replay_closes_a_gap_and_lets_those_follow_that_waited(app: App) -> None:
    """In one transaction; the listener notes how far the replay has come."""
    speaker = Speaker()
    said = [speaker.say("a", n) for n in (1, 10, 100)]
    app.hear([said[0], said[2]])
    assert app.hear([speaker.replay("j1", n) for n in (1, 2, 3)]) == 2
    state = log.everything(app.engine)
    assert (state["totals"], state["held"]) == ([("toy.a", 111, "")], [])
    assert app.hear([speaker.replay("j1", n) for n in (2, 1)]) == 0
    assert log.everything(app.engine) == state
    with app.read() as connection:
        assert sequencer.cursor(connection, cursor_name("j1")) == 3


def test_a_replay_leaves_alone_what_is_parked(app: App) -> None:
    """That is tried again only by an order."""
    speaker = Speaker()
    app.hear([speaker.say("a", 1, "decide raises"), speaker.say("a", 2)])
    before = log.everything(app.engine)
    assert app.hear([speaker.replay("j1", n) for n in (1, 2)]) == 0
    assert log.everything(app.engine) == before


def test_a_replayed_message_that_is_refused_is_parked_like_any_other(app: App) -> None:
    """By the database, too."""
    speaker = Speaker()
    [speaker.say("a", by) for by in (toy.MOST + 1, 2)]
    speaker.say("b", 3)
    assert app.hear([speaker.replay("j1", n) for n in (1, 2, 3)]) == 1
    state = log.everything(app.engine)
    assert [(row[2], row[4]) for row in sorted(state["held"], key=lambda row: row[2])] == [(0, "failed"), (1, None)]
    assert state["totals"] == [("toy.b", 3, "")]


# ------------------------------------------------------------------------------------------------------------- declared


def test_who_does_not_say_what_a_replay_does_takes_none(make_app: toy.MakeApp) -> None:
    """What comes live is applied as ever."""
    app = make_app(replace(toy.COUNTERS, replays=None))
    speaker = Speaker()
    live = speaker.say("a", 1)
    assert app.hear([speaker.replay("j1", 1)]) == 0
    assert log.everything(app.engine)["gates"] == []
    assert app.hear([live]) == 1


@pytest.mark.parametrize("replays", [None, Replays()])
def test_a_side_effect_that_is_not_declared_is_never_due(make_app: toy.MakeApp, replays: Replays | None) -> None:
    """It refuses before it has done anything; declared, it is due."""
    assert make_app().due("hold") == []
    with pytest.raises(Undeclared, match="'hold'"):
        make_app(replace(toy.COUNTERS, replays=replays)).due("hold")


def test_every_service_says_what_a_replay_does() -> None:
    """Only mails can be done again, and only by name."""
    declared = {name: definition(name).replays for name in SERVICES}
    assert all(declared.values())
    effects = [(name, one) for name, said in declared.items() if said for one in said.effects.values()]
    can = {(name, one.what) for name, one in effects if one.redo}
    assert can == {("notifications", "mail")}
    assert set(Mode) == {"redeliver", "rebuild", "redo"}
