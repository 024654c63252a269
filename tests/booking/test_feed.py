"""The index of proposals: kept up by events, it knows what it would know if loaded from the read tables."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.booking.appointment import Refused
from services.booking.commands import BookingCommand, Note
from services.booking.planning import as_asked
from services.booking.proposals.search import possible, still_free
from services.booking.proposals.wish import Need, Wish
from services.booking.service import DEFINITION, Booking
from shared.tables import metadata as core
from tests.booking.facts import NOW, TOWN, ask, ask_to_move, cancel, declines, expire, holds, plan

ZONE = ZoneInfo("Europe/Berlin")
DAY = date(2026, 11, 24)


PLANS = [plan(datetime.fromisoformat(f"2026-11-24T{clock}:00+01:00")) for clock in ("09:00", "09:05", "09:20", "10:00")]
NEED = Need("reisepass-ausgabe", 10, 5, "buergerbuero", ("pass",), seats=2)


def _orders() -> st.SearchStrategy[list[BookingCommand]]:
    names = st.sampled_from(["a1", "a2", "a3"])
    chosen = st.sampled_from(PLANS)
    who = st.sampled_from(["rooms", "staff"])
    attempts = st.integers(1, 3)
    order = st.one_of(
        st.builds(lambda name, p: replace(ask(asked=p), appointment=name), names, chosen),
        st.builds(lambda name, p: replace(ask_to_move(p), appointment=name), names, chosen),
        st.builds(lambda name: replace(cancel(), appointment=name), names),
        st.builds(lambda name: replace(expire(NOW + timedelta(hours=1)), appointment=name), names),
        st.builds(lambda name, w, n, p: replace(holds(w, n, p), appointment=name), names, who, attempts, chosen),
        st.builds(lambda name, w, n: replace(declines(w, n), appointment=name), names, who, attempts),
        st.builds(lambda fact: Note("c", NOW, fact), st.sampled_from(TOWN)),
    )
    return st.lists(order, max_size=25)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(orders=_orders())
def test_a_restart_changes_nothing(booking: Booking, orders: list[BookingCommand]):
    """The same starts are possible, and the same places free, before and after."""
    with _emptied(booking):
        booking.rest = timedelta(hours=1)
        for fact in TOWN:
            booking.handle(Note("c", NOW, fact))
        for order in orders:
            try:
                booking.handle(order)
            except Refused:
                continue
        again = Booking(DEFINITION, booking.settings, clock=lambda: NOW)
        again.rest = booking.rest
        again.started()
        wish = Wish((NEED,), limit=50)
        assert possible(again.reads.index, wish, NOW) == possible(booking.reads.index, wish, NOW)
        for asked in PLANS:
            stops, needs = as_asked(asked)
            free = [still_free(app.reads.index, stops, needs, site="rathaus") for app in (booking, again)]
            assert free[0] == free[1]
        again.engine.dispose()


@contextmanager
def _emptied(booking: Booking) -> Iterator[None]:
    fresh = Booking(DEFINITION, booking.settings, clock=lambda: NOW)
    booking.reads, booking.writer.cache = fresh.reads, fresh.writer.cache
    fresh.engine.dispose()
    with booking.engine.begin() as connection:
        for table in (*core.sorted_tables, *DEFINITION.metadata.sorted_tables):
            connection.execute(table.delete())
    yield


def test_a_place_that_was_given_up_rests_before_others_get_it(booking: Booking):
    """So that it can't be traded; a restart does not shorten the rest."""
    now = NOW
    booking.clock = lambda: now
    booking.rest = timedelta(minutes=30)
    for order in (*(Note("c", NOW, fact) for fact in TOWN), ask(), holds("rooms"), holds("staff"), cancel()):
        booking.handle(order)
    again = Booking(DEFINITION, booking.settings, clock=lambda: now)
    again.rest = booking.rest
    again.started()
    for minutes, free in ((0, False), (20, False), (35, True)):
        now = NOW + timedelta(minutes=minutes)
        assert [app.reads.free(plan(), now) for app in (booking, again)] == [free, free], minutes
    again.engine.dispose()


def test_the_old_place_of_a_move_rests_too(booking: Booking):
    """The new one is the guest's own all the time."""
    booking.rest = timedelta(minutes=30)
    moved = ask_to_move(PLANS[3])
    answers = (
        [holds(who, 1, PLANS[0]) for who in ("rooms", "staff")],
        [holds(w, 2, PLANS[3]) for w in ("rooms", "staff")],
    )
    for order in (*(Note("c", NOW, fact) for fact in TOWN), ask(), *answers[0], moved, *answers[1]):
        booking.handle(order)
    assert not booking.reads.free(PLANS[0], NOW)
    assert booking.reads.free(PLANS[0], NOW + timedelta(minutes=35))
    assert not booking.reads.free(PLANS[3], NOW + timedelta(minutes=35))


def test_days_gone_by_are_dropped_once_a_day(booking: Booking):
    """What lies ahead is as it was."""
    now = NOW
    booking.clock = lambda: now
    for order in (*(Note("c", NOW, fact) for fact in TOWN), ask(), holds("rooms"), holds("staff")):
        booking.handle(order)
    booking.turn_the_page()
    assert not booking.reads.free(plan(), now)
    assert booking.reads.free(PLANS[3], now)
    now = NOW + timedelta(days=3)
    booking.turn_the_page()
    assert not any(any(layers) for layers in booking.reads.index.contents().values())
