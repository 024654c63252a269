"""The guest at the clerk's desk, and one clerk for another."""

from dataclasses import replace
from datetime import timedelta

from services.staff_calendar import decider
from services.staff_calendar.commands import (
    CallGuest,
    ConfirmVisit,
    FinishVisit,
    MakeUnreadable,
    NotePresence,
    SubstituteClerk,
)
from services.staff_calendar.events import (
    GuestCalled,
    GuestUnreadable,
    PresenceNoted,
    RoomOfStop,
    StaffSubstituted,
    VisitConfirmed,
    VisitFinished,
)
from tests.given_when_then import Scenario
from tests.staff_calendar.words import NOW, at, clerk, freed, held, let_go, on_duty, open_from, reserved, stop, taken

HELD = held("c1", stop("09:00", "09:20"))
CONFIRMED = VisitConfirmed("a1", 1, rooms=(RoomOfStop(1, "Raum 101"),))
TWO = Scenario(decider).given(*on_duty("c1", "c2"), *reserved(HELD))
VISIT = TWO.given(CONFIRMED)
CALL = CallGuest("k", at("09:00"), "a1", 1, 1, "c1")
CALLED = GuestCalled("a1", 1, 1, "c1", "C1", "Raum 101", at("09:00"))
FINISH = FinishVisit("f", at("09:18"), "a1", 1, 1, "c1")
FINISHED = VisitFinished("a1", 1, 1, "c1", at("09:18"))
TO_C2 = SubstituteClerk("s", NOW, "a1", 1, 1, "c1", "c2")
NEW = replace(HELD, clerk="c2", name="C2")


def test_a_visit_is_confirmed_once_and_while_it_is_held() -> None:
    """What was let go before booking's word is heard takes place no more."""
    order = ConfirmVisit("k", NOW, "a1", 1, rooms=CONFIRMED.rooms)
    TWO.when(order).then(CONFIRMED).when(order).then()
    TWO.given(*TWO.when(let_go()).decided).when(order).then()


def test_a_guest_is_called_into_the_room() -> None:
    """A button pressed twice calls once; called again later is called again."""
    called = VISIT.when(CALL).then(CALLED)
    called.when(replace(CALL, now=at("09:00") + timedelta(seconds=5))).then()
    called.when(replace(CALL, now=at("09:02"))).then(replace(CALLED, at=at("09:02")))


def test_a_visit_is_finished_once_and_may_be_opened_again() -> None:
    """Also when the guest was never called."""
    finished = VISIT.given(CALLED).when(FINISH).then(FINISHED)
    finished.when(FINISH).then()
    again = replace(CALL, now=at("09:18"))
    finished.when(again).then(replace(CALLED, at=at("09:18"))).when(FINISH).then(FINISHED)
    VISIT.when(FINISH).then(FINISHED)


def test_only_the_clerk_who_holds_a_confirmed_visit_calls() -> None:
    """Neither a colleague nor, after the end, anybody."""
    VISIT.when(replace(CALL, clerk="c2")).then_refused("not_held")
    TWO.when(CALL).then_refused("not_held")
    gone = VISIT.given(*VISIT.when(let_go()).decided)
    gone.when(CALL).then_refused("not_held")
    gone.when(FINISH).then_refused("not_held")


def test_another_time_is_another_visit() -> None:
    """What was called before it was moved counts no more."""
    moved = VISIT.given(CALLED, FINISHED, *reserved(HELD, attempt=2), VisitConfirmed("a1", 2))
    assert moved.states["reservation-a1"].visit.finished == frozenset()
    moved.when(FINISH).then_refused("not_held")
    moved.when(replace(FINISH, attempt=2)).then(replace(FINISHED, attempt=2))


def test_what_the_entrance_says_is_kept() -> None:
    """In any order with the confirmation; that somebody is expected is nothing new at first."""
    came = NotePresence("p", NOW, "a1", "arrived", at("08:55"))
    arrived = TWO.when(came).then(PresenceNoted("a1", "arrived", at("08:55"))).given(CONFIRMED)
    assert arrived.states["reservation-a1"].visit.presence == "arrived"
    TWO.when(NotePresence("p", NOW, "a1", "expected")).then()
    arrived.when(NotePresence("p", NOW, "a1", "expected")).then(PresenceNoted("a1", "expected"))


def test_a_guest_is_forgotten_once() -> None:
    """Also one of whom nothing was ever held, so that a key which comes late is not kept."""
    forget = MakeUnreadable("u", NOW, "a9")
    TWO.when(forget).then(GuestUnreadable("a9")).when(forget).then()


def test_a_colleague_takes_over_and_may_give_it_back() -> None:
    """In one go, so that the place is never free in between; the order repeated changes nothing."""
    substituted = TWO.when(TO_C2).then(freed(HELD), taken(NEW), StaffSubstituted("a1", 1, "c1", NEW))
    substituted.when(TO_C2).then()
    substituted.when(replace(TO_C2, clerk="c2", substitute="c1")).then(
        freed(NEW), taken(HELD), StaffSubstituted("a1", 1, "c2", HELD)
    )
    substituted.when(replace(TO_C2, substitute="c3")).then_refused("not_held")


def test_who_cannot_take_over_is_refused_with_the_reason() -> None:
    """Unknown, not competent, not on duty, taken; or there is nothing to take over."""
    town = TWO.given(clerk("c3", competences=("melde",)), clerk("c4"), open_from("c4", ("10:00", "12:00")))
    town.when(replace(TO_C2, substitute="c9")).then_refused("unknown_clerk", "substitute")
    town.when(replace(TO_C2, substitute="c3")).then_refused("not_competent", "substitute")
    town.when(replace(TO_C2, substitute="c4")).then_refused("not_on_duty", "substitute")
    busy = town.given(*reserved(held("c2", stop("09:10", "09:30")), appointment="a2"))
    busy.when(TO_C2).then_refused("taken", "substitute")
    town.when(replace(TO_C2, attempt=2)).then_refused("not_held")
    town.when(replace(TO_C2, appointment="a9")).then_refused("not_held")


def test_what_was_handed_over_is_let_go_with_the_rest() -> None:
    """The day of the one who has it now is free again, not that of the first."""
    decided = TWO.given(*TWO.when(TO_C2).decided).when(let_go()).decided
    assert decided[0] == freed(NEW)
