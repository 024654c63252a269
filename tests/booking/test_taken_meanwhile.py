"""A proposal whose place has gone meanwhile is answered with fresh ones, in the same answer."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from werkzeug.test import TestResponse

from services.booking import http
from services.booking.commands import ExpireHold, Note, SetCatalogue
from services.booking.events import ClerkHoursNoted, ClerkNoted, Concern, Text
from services.booking.service import DEFINITION, Booking, BookingService
from shared.app import Delivery
from shared.messages import CONTENT_TYPE, Cause, Message, read
from shared.web import Problem
from shared.writer import Unavailable
from tests.booking.facts import NINE, NOW, TOWN, holds, plan
from tests.booking.test_contracts import EXAMPLES
from tests.over_http import over_http


@pytest.fixture
def town(booking: Booking) -> Booking:
    """One clerk."""
    for fact in TOWN:
        booking.handle(Note("c", NOW, fact))
    concern = Concern("pass", Text("Pass", "Passport"), "buergerbuero", 10, competences=("pass",))
    booking.handle(SetCatalogue("c", NOW, (concern,)))
    return booking


def _body(proposal: str) -> dict[str, object]:
    guest = {"name": "Ada", "email": "ada@example.org", "phone": ""}
    return {"proposal": proposal, "guest": guest, "party_size": 1, "language": "de"}


def test_the_second_guest_gets_other_times_at_once(town: Booking):
    """409, with proposals that can be taken; the place that has gone is not among them."""
    query = http.ProposalsQuery().load({"concern": ["pass"]})
    proposal = town.reads.proposals(query, NOW)["proposals"][0]
    cause = Cause("test", "")
    first = town.request(_body(proposal["id"]), "one", b"1", cause)["appointment"]
    for who in ("rooms", "staff"):
        answer = holds(who, 1, plan(proposal["starts_at"]))
        town.handle(type(answer)("c", NOW, first, 1, who, answer.held))
    with pytest.raises(Problem) as gone:
        town.request(_body(proposal["id"]), "two", b"2", cause)
    assert (gone.value.status, gone.value.body["type"]) == (409, "/problems/place_taken")
    fresh = gone.value.body["proposals"]
    assert len(fresh) == 5
    assert proposal["starts_at"].isoformat() not in [one["starts_at"] for one in fresh]
    for number, one in enumerate(fresh):
        assert town.request(_body(one["id"]), f"fresh{number}", b"3", cause)["status"] == "requested"


def test_the_first_guest_who_asks_again_gets_the_same_answer(town: Booking):
    """The same key and body: it is theirs already."""
    query = http.ProposalsQuery().load({"concern": ["pass"]})
    proposal = town.reads.proposals(query, NOW)["proposals"][0]
    once, twice = (town.request(_body(proposal["id"]), "one", b"1", Cause("test", "")) for _ in range(2))
    assert once == twice


def test_what_begins_at_this_very_moment_can_be_asked_for(town: Booking):
    """It is proposed; a moment later it is past."""
    query = http.ProposalsQuery().load({"concern": ["pass"]})
    begins = town.reads.proposals(query, NOW)["proposals"][0]["starts_at"]
    town.clock = lambda: begins
    proposal = town.reads.proposals(query, begins)["proposals"][0]
    assert proposal["starts_at"] == begins
    assert town.request(_body(proposal["id"]), "one", b"1", Cause("test", ""))["status"] == "requested"
    town.clock = lambda: begins + timedelta(microseconds=1)
    with pytest.raises(Problem) as past:
        town.request(_body(proposal["id"]), "two", b"2", Cause("test", ""))
    assert (past.value.status, [error["field"] for error in past.value.body["errors"]]) == (422, ["proposal"])


def _second_clerk(town: Booking) -> None:
    """With the same hours; from nine to ten there are two rooms, too."""
    for fact in TOWN:
        if isinstance(fact, ClerkNoted | ClerkHoursNoted):
            town.handle(Note("c", NOW, replace(fact, clerk="c-18")))


def test_the_present_time_with_another_clerk_is_no_move(town: Booking):
    """It is proposed, for nobody knows who asks; but nothing would come of it. The same move again is no other one."""
    _second_clerk(town)
    http_of, about = over_http(BookingService, town, roles=()), f"concern=pass&not_before={NINE:%Y-%m-%dT%H:%M%z}"
    first, later = (http_of.get(f"/api/proposals?{about}").json["proposals"][n]["id"] for n in (0, -1))
    asked = http_of.post("/api/appointments", json=_body(first)).json
    appointment, path = asked["appointment"], f"/api/appointments/{asked['appointment']}/move"

    def move(proposal: str) -> TestResponse:
        return http_of.post(f"{path}?token={asked['manage_token']}", json={"proposal": proposal})

    _confirm(town, appointment)
    same = http_of.get(f"/api/proposals?{about}").json["proposals"][0]
    assert same["starts_at"] == NINE.isoformat()
    for proposal in (same["id"], first):
        refused = move(proposal)
        assert (refused.status_code, refused.json["type"]) == (422, "/problems/same_time")
        assert [error["field"] for error in refused.json["errors"]] == ["proposal"]
    assert move(later).status_code == 202
    _confirm(town, appointment)
    assert (move(later).status_code, town.life(appointment).attempts) == (202, 2)


def _confirm(town: Booking, appointment: str) -> None:
    pending = town.life(appointment).pending
    assert pending is not None
    for who in ("rooms", "staff"):
        town.handle(replace(holds(who, pending.attempt, pending.plan), appointment=appointment))


def test_a_proposal_that_does_not_fit_is_at_fault_itself(town: Booking):
    """Only a party size that the guest has given is named beside it: nothing else stands in the request."""
    query = http.ProposalsQuery()
    one, other = (
        town.reads.proposals(query.load({"concern": ["pass"], "party_size": size}), NOW)["proposals"][0]["id"]
        for size in ("1", "2")
    )
    asked = town.request(_body(one), "one", b"1", Cause("test", ""))["appointment"]

    def faults(ask: Callable[[], Any]) -> list[str]:
        with pytest.raises(Problem) as problem:
            ask()
        return [error["field"] for error in problem.value.body["errors"]]

    assert faults(lambda: town.move(asked, other, Cause("test", ""))) == ["proposal"]
    given = _body(other) | {"party_size": 3}
    assert faults(lambda: town.request(given, "two", b"2", Cause("test", ""))) == ["party_size"]
    town.handle(SetCatalogue("c", NOW, ()))
    assert faults(lambda: town.request(_body(one), "two", b"2", Cause("test", ""))) == ["proposal"]
    assert faults(lambda: town.move(asked, one, Cause("test", ""))) == ["proposal"]


def _refused(refusal: str, appointment: str, attempt: int, *starts: datetime) -> Message:
    """What the owner of a place says that is taken; the starts are those at which another of its own kind is free."""
    said = read((EXAMPLES / f"{refusal}.v1.json").read_bytes())
    others = [start.isoformat() for start in starts]
    return replace(said, data=said.data | {"appointment": appointment, "attempt": attempt, "alternatives": others})


def _can_be_taken(town: Booking, starts: tuple[datetime, ...], but: datetime) -> bool:
    """Several, in order of time, without the one that was refused; and a place is free at each of them."""
    assert len(starts) > 2
    assert list(starts) == sorted(set(starts) - {but})
    return all(town.reads.free(plan(start), NOW) for start in starts)


@pytest.mark.parametrize("refusal", ["rooms.RoomDeclined", "staff_calendar.StaffDeclined"])
def test_a_refusal_names_times_at_which_all_is_free(town: Booking, refusal: str):
    """The owner knows of its own kind only; the guest is told what can be taken."""
    query = http.ProposalsQuery().load({"concern": ["pass"]})
    proposal = town.reads.proposals(query, NOW)["proposals"][0]
    start = proposal["starts_at"]
    asked = town.request(_body(proposal["id"]), "one", b"1", Cause("test", ""))["appointment"]
    nobody = start - timedelta(hours=3)
    assert not town.reads.free(plan(nobody), NOW)
    town.handle(*town.react(_refused(refusal, asked, 1, nobody, start), NOW))
    state = town.life(asked)
    assert state.status == "declined"
    assert _can_be_taken(town, state.alternatives, but=start)


def test_the_time_that_was_refused_is_not_named(town: Booking):
    """Booking believes that another room and clerk are free then; the owner knows better."""
    _second_clerk(town)
    query = http.ProposalsQuery().load({"concern": ["pass"], "not_before": NINE.isoformat()})
    proposal = town.reads.proposals(query, NOW)["proposals"][0]
    start = proposal["starts_at"]
    asked = town.request(_body(proposal["id"]), "one", b"1", Cause("test", ""))["appointment"]
    pending = town.life(asked).pending
    assert pending is not None
    assert start in [one["starts_at"] for one in town.reads.instead(pending.plan, NOW)]
    (order,) = town.react(_refused("rooms.RoomDeclined", asked, 1, start), NOW)
    assert len(order.alternatives) > 2
    assert start not in order.alternatives


def test_a_refused_move_names_them_too(town: Booking):
    """But a refusal of what is no longer asked for names none."""
    query = http.ProposalsQuery().load({"concern": ["pass"]})
    first, second, *_ = town.reads.proposals(query, NOW)["proposals"]
    asked = town.request(_body(first["id"]), "one", b"1", Cause("test", ""))["appointment"]
    for who in ("rooms", "staff"):
        answer = holds(who, 1, plan(first["starts_at"]))
        town.handle(type(answer)("c", NOW, asked, 1, who, answer.held))
    town.move(asked, second["id"], Cause("test", ""))
    (late,) = town.react(_refused("rooms.RoomDeclined", asked, 1, second["starts_at"]), NOW)
    assert late.alternatives == ()
    town.handle(*town.react(_refused("rooms.RoomDeclined", asked, 2, first["starts_at"]), NOW))
    state = town.life(asked)
    assert (state.status, state.because) == ("confirmed", ("rooms_taken",))
    assert _can_be_taken(town, state.alternatives, but=second["starts_at"])
    shown = town.reads.appointment(asked, state, NOW)
    assert (shown["status"], shown["because"]) == ("confirmed", ["rooms_taken"])
    assert state.plan is not None
    from_later = replace(state, plan=replace(state.plan, date=state.plan.date + timedelta(7)))
    for one in (shown, town.reads.appointment(asked, from_later, NOW)):
        assert [other["starts_at"] for other in one["alternatives"]] == list(state.alternatives)
    assert town.reads.appointment(asked, state, first["starts_at"])["alternatives"] == []  # it is under way
    town.move(asked, shown["alternatives"][0]["id"], Cause("test", ""))
    assert town.reads.appointment(asked, town.life(asked), NOW)["alternatives"] == []


@pytest.mark.parametrize("expired", [True, False])
def test_a_move_that_failed_offers_times_of_the_day_wished_for_but_not_the_present_one(town: Booking, expired: bool):
    """Which another clerk could have, too: nothing would come of it."""
    _second_clerk(town)
    query = http.ProposalsQuery().load({"concern": ["pass"], "not_before": NINE.isoformat()})
    first, second, *_, last = town.reads.proposals(query, NOW)["proposals"]
    asked = town.request(_body(first["id"]), "one", b"1", Cause("test", ""))["appointment"]
    _confirm(town, asked)
    town.move(asked, last["id"], Cause("test", ""))
    late = town.clock() + timedelta(hours=1)
    order = [ExpireHold("c", late, asked)] if expired else town.react(_refused("rooms.RoomDeclined", asked, 2), NOW)
    town.handle(*order)
    state = town.life(asked)
    assert first["starts_at"] not in state.alternatives
    offered = [one["starts_at"] for one in town.reads.appointment(asked, state, NOW)["alternatives"]]
    assert second["starts_at"] in offered
    assert first["starts_at"] not in offered
    wished = replace(state, wished_for=last["starts_at"] + timedelta(1))
    assert not {second["starts_at"]} & {
        one["starts_at"] for one in town.reads.appointment(asked, wished, NOW)["alternatives"]
    }


@pytest.mark.parametrize("hours_first", [True, False])
def test_a_refusal_names_no_time_that_its_own_batch_has_closed(town: Booking, hours_first: bool):
    """The clerk's hours were changed, and so the staff calendar refused: booking hears both at once."""
    query = http.ProposalsQuery().load({"concern": ["pass"]})
    proposal = town.reads.proposals(query, NOW)["proposals"][0]
    asked = town.request(_body(proposal["id"]), "one", b"1", Cause("test", ""))["appointment"]
    later = [{"site": "rathaus", "from": "2026-11-24T09:30:00+01:00", "until": "2026-11-24T11:00:00+01:00"}]
    hours = {"clerk": "c-17", "from": "2026-11-24", "until": "2026-11-24"}
    opened = hours | {"days": [{"date": "2026-11-24", "open": later}]}
    batch = [
        _delivered("staff_calendar.ClerkOpened", "staff", 1, **opened),
        _delivered("staff_calendar.StaffDeclined", f"reservation-{asked}", 2, appointment=asked, attempt=1),
    ]
    town.hear(batch if hours_first else batch[::-1])
    state = town.life(asked)
    assert state.status == "declined"
    assert _can_be_taken(town, state.alternatives, but=proposal["starts_at"])


def _delivered(example: str, stream: str, position: int, **said: object) -> Delivery:
    """The first message of that stream, as it comes over the wire."""
    message = json.loads((EXAMPLES / f"{example}.v1.json").read_text())
    message |= {"id": f"m{position}.0", "stream": stream, "sequence": 0, "position": position}
    message["data"] |= said
    return Delivery(CONTENT_TYPE, json.dumps(message).encode())


def test_a_refusal_is_understood_without_the_log(town: Booking, monkeypatch: pytest.MonkeyPatch):
    """A look at it could fail, and the refusal would be parked although it is sound."""
    query = http.ProposalsQuery().load({"concern": ["pass"]})
    proposal = town.reads.proposals(query, NOW)["proposals"][0]
    asked = town.request(_body(proposal["id"]), "one", b"1", Cause("test", ""))["appointment"]
    monkeypatch.setattr(town, "read", _no_connection)
    (order,) = town.react(_refused("rooms.RoomDeclined", asked, 1), NOW)
    assert len(order.alternatives) > 2
    monkeypatch.undo()
    town.handle(order)
    assert town.react(_refused("rooms.RoomDeclined", asked, 1), NOW)[0].alternatives == ()


def test_a_refusal_is_understood_after_a_restart(town: Booking):
    """What was being reserved is known again."""
    query = http.ProposalsQuery().load({"concern": ["pass"]})
    proposal = town.reads.proposals(query, NOW)["proposals"][0]
    asked = town.request(_body(proposal["id"]), "one", b"1", Cause("test", ""))["appointment"]
    again = Booking(DEFINITION, town.settings, clock=lambda: NOW)
    again.started()
    assert len(again.react(_refused("rooms.RoomDeclined", asked, 1), NOW)[0].alternatives) > 2
    again.engine.dispose()


def _no_connection() -> None:
    raise Unavailable("no connection to the database is free at the moment")
