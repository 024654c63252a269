"""What a concern needs goes along from the catalogue to what is asked of the owners and learned of them."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from services.booking import contracts
from services.booking.catalogue import Catalogue
from services.booking.events import AppointmentRequested, Concern, Document, Text, YesNo
from services.booking.planning import NotPossible, Question, again, answered, as_asked, documents, offer, plan, wish
from services.booking.proposals.wish import Proposal, Stop
from services.booking.tokens import Tokens
from tests.booking.facts import HOLD_UNTIL, NOW

ZONE = ZoneInfo("Europe/Berlin")
CONCERN = Concern("x", Text("x", "x"), "office", 10, buffer_minutes=5, buffer_before_minutes=10)
CATALOGUE = Catalogue({"x": CONCERN})


def _planned(starts_at: datetime):
    question = Question(("x",))
    needs = wish(answered(CATALOGUE, question), question).stops
    ends_at = starts_at + timedelta(minutes=10)
    stop = Stop("x", starts_at, ends_at, ends_at + timedelta(minutes=5), "r1", "c1")
    proposal = Proposal("rathaus", starts_at, ends_at, (stop,))
    tokens = Tokens(b"s" * 32)
    offered = tokens.offer(tokens.proposal(offer(proposal, needs, question)))
    return plan(offered, CATALOGUE, ZONE, "de"), needs


def test_the_owners_hear_of_the_buffer_before():
    """As the moment from which the stop blocks; without a buffer that is its start."""
    planned, _ = _planned(NOW)
    said = contracts.say(AppointmentRequested("a1", 1, planned, HOLD_UNTIL, NOW, "s1.a1.x.y", "f"))
    assert said is not None
    (stop,) = said.data["stops"]
    assert (stop["blocked_from"], stop["starts_at"]) == ("2026-11-22T09:50:00+01:00", "2026-11-22T10:00:00+01:00")


def test_minutes_are_elapsed_ones_where_the_clocks_change():
    """The hour that comes twice lies between the buffer and the visit, as the clock shows it."""
    second_time = datetime.fromisoformat("2026-10-25T02:05:00+01:00")
    planned, needs = _planned(second_time)
    assert planned.date == date(2026, 10, 25)
    assert planned.stops[0].reach_from.isoformat() == "2026-10-25T02:55:00+02:00"
    (need,) = as_asked(planned)[1]
    assert (need.minutes, need.buffer_before) == (needs[0].minutes, needs[0].buffer_before) == (10, 10)


def test_days_of_lead_go_along_to_the_search():
    """As minutes do; the day is the local one."""
    question = Question(("x",))
    checked = answered(Catalogue({"x": replace(CONCERN, lead_days=2, lead_minutes=60)}), question)
    (need,) = wish(checked, question).stops
    assert (need.lead_days, need.lead_minutes) == (2, 60)


def test_a_planned_visit_is_asked_for_again_whatever_its_questions_have_become():
    """Its answers may be to a concern that was settled by them, or to what the catalogue no longer asks."""
    planned, _ = _planned(NOW)
    asking = replace(CONCERN, questions=(YesNo("child", Text("?", "?")),))
    answering = replace(again(planned, date(2026, 11, 24), 5), answers=(("online", True), ("child", True)))
    for catalogue in (CATALOGUE, Catalogue({"x": asking})):
        (checked,) = answered(catalogue, answering)
        assert checked.concern.key == "x"
    with pytest.raises(NotPossible, match="online"):
        answered(CATALOGUE, replace(answering, again=False))


def test_documents_of_one_key_are_all_brought_where_they_differ():
    """What two concerns call a form need not be the same form; the same thing is brought once."""
    form, other, own = (
        Document(key, name, name) for key, name in (("form", "Wohngeld"), ("form", "Pass"), ("id", "Ausweis"))
    )
    catalogue = Catalogue(
        {"x": replace(CONCERN, documents=(form, own)), "y": replace(CONCERN, key="y", documents=(own, other))}
    )
    assert documents(answered(catalogue, Question(("x", "y")))) == (form, own, other)
