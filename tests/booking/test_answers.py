"""Answers to a concern's yes/no questions decide documents, minutes, what is needed, or that no visit is."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from marshmallow import ValidationError

from deploy.town.facts import load
from services.booking import http
from services.booking.checklist import checked
from services.booking.commands import Note, SetCatalogue
from services.booking.events import Concern, Document, Effect, Text, YesNo
from services.booking.planning import NotPossible
from services.booking.service import Booking
from tests.booking.facts import NOW, TOWN

ONLINE = "https://example.org/online"
PASSPORT = Concern(
    key="pass",
    name=Text("Reisepass", "Passport"),
    department="buergerbuero",
    minutes=10,
    competences=("pass",),
    documents=(
        Document("old", "Alter Pass", "Old passport"),
        Document("consent", "Zustimmung", "Consent"),
        Document("name", "Namensurkunde", "Proof of name"),
    ),
    questions=(
        YesNo("paper", Text("Brauchen Sie Papier?", "Do you need paper?")),
        YesNo("child", Text("Ist es für ein Kind?", "Is it for a child?"), "paper+"),
        YesNo("both", Text("Kommen beide Eltern?", "Do both parents come?"), "child+"),
    ),
    effects=(
        Effect("paper-", ends=Text("Das geht online.", "This is done online."), online_url=ONLINE),
        Effect("child+", document="name", minutes=10),
        Effect("child+ both-", document="consent"),
        Effect("child+ both+", seats=1),
    ),
)


@pytest.fixture
def town(booking: Booking) -> Booking:
    """With a concern that asks, and one that does not."""
    for fact in TOWN:
        booking.handle(Note("c", NOW, fact))
    plain = replace(PASSPORT, key="plain", questions=(), effects=())
    booking.handle(SetCatalogue("c", NOW, (PASSPORT, plain)))
    return booking


@pytest.fixture
def ask(town: Booking) -> Callable[..., dict[str, Any]]:
    """The answer to a query, as JSON."""

    def asked(**query: Any) -> dict[str, Any]:
        loaded = http.ProposalsQuery().load({"concern": ["pass"]} | query)
        answer: dict[str, Any] = http.ProposalsAnswer().dump(town.reads.proposals(loaded, NOW))
        return answer

    return asked


@pytest.mark.parametrize(
    ("answers", "documents", "minutes"),
    [
        (["paper:yes", "child:no"], ["old"], 10),
        (["paper:yes", "child:yes", "both:no"], ["old", "consent", "name"], 20),
        (["paper:yes", "child:yes", "both:yes"], ["old", "name"], 20),
    ],
)
def test_answers_decide_documents_and_minutes(
    ask: Callable[..., dict[str, Any]], town: Booking, answers: list[str], documents: list[str], minutes: int
):
    """In the proposal, in its signed id, and in the plan that is asked for."""
    answer = ask(answer=answers)
    assert answer["questions"] == []
    first = answer["proposals"][0]
    assert ([d["key"] for d in first["documents"]], first["minutes"]) == (documents, minutes)
    plan = town.plan(first["id"], "de", 1)
    assert [document.key for document in plan.documents] == documents
    assert plan.ends_at - plan.starts_at == timedelta(minutes=minutes)
    assert town.reads.free(plan, NOW)
    others = town.reads.instead(plan, NOW)
    assert {proposal["minutes"] for proposal in others} == {minutes}


def test_answers_decide_the_room(ask: Callable[..., dict[str, Any]], town: Booking):
    """Both parents need a seat more than the room for two and a clerk has; the larger one opens at nine."""
    answer = ask(answer=["paper:yes", "child:yes", "both:yes"], party_size="2")
    plan = town.plan(answer["proposals"][0]["id"], "de")
    assert (plan.stops[0].seats, plan.stops[0].room) == (4, "r-102")


def test_a_concern_may_turn_out_to_need_no_visit(ask: Callable[..., dict[str, Any]]):
    """Said explicitly, with the online service; what does need one is proposed still."""
    answer = ask(answer=["paper:no"])
    assert answer["proposals"] == []
    assert answer["nothing_because"] is None
    (settled,) = answer["no_visit_needed"]
    assert (settled["concern"], settled["online_url"], settled["why"]["en"]) == ("pass", ONLINE, "This is done online.")
    both = ask(concern=["pass", "plain"], answer=["paper:no"])
    assert [stop["concern"] for stop in both["proposals"][0]["stops"]] == ["plain"]
    assert len(both["no_visit_needed"]) == 1


def test_open_questions_are_asked_one_after_the_other(ask: Callable[..., dict[str, Any]]):
    """And change nothing until they are answered, so that who never asks them gets the plain visit."""
    assert [ask()["questions"][0]["question"], ask()["proposals"][0]["minutes"]] == ["paper", 10]
    assert ask(answer=["paper:yes"])["questions"][0]["question"] == "child"
    partly = ask(answer=["paper:yes", "child:yes"])
    assert (partly["questions"][0]["question"], partly["proposals"][0]["minutes"]) == ("both", 20)


def test_an_answer_to_no_question_is_refused(ask: Callable[..., dict[str, Any]]):
    """With the field named."""
    with pytest.raises(NotPossible) as refused:
        ask(answer=["shoe:yes"])
    assert refused.value.field == "answer"
    for text in ("paper", "paper:maybe", ":yes"):
        with pytest.raises(ValidationError):
            http.ProposalsQuery().load({"concern": ["pass"], "answer": [text]})


def test_two_answers_to_one_question_are_refused(ask: Callable[..., dict[str, Any]]):
    """Nobody knows which is meant; the same one twice is one."""
    with pytest.raises(ValidationError) as refused:
        http.ProposalsQuery().load({"concern": ["pass"], "answer": ["child:yes", "child:no"]})
    assert refused.value.messages == {"answer": ["A question has one answer."]}
    assert ask(answer=["paper:yes", "paper:1"])["questions"][0]["question"] == "child"


def test_rules_that_can_not_work_are_refused_when_they_are_saved():
    """A question nobody defined, a document nobody knows, a condition nobody can read."""
    body: dict[str, Any] = {
        "key": "pass",
        "name": {"de": "a", "en": "b"},
        "department": "d",
        "minutes": 10,
        "questions": [{"key": "child", "text": {"de": "a", "en": "b"}}],
    }
    assert http.ConcernBody().load(body).questions[0].key == "child"
    for effect in ({"when": "adult+", "minutes": 5}, {"when": "child+", "document": "x"}, {"when": "child"}):
        with pytest.raises(ValidationError) as error:
            http.ConcernBody().load(body | {"effects": [effect]})
        assert set(error.value.messages_dict) == {"questions"}


def test_a_concern_with_rules_can_be_read_and_written_again(town: Booking):
    """What GET answers, PUT takes, and nothing changes."""
    shown = http.CatalogueAnswer().dump({"concerns": town.reads.concerns()})
    again = http.CatalogueBody().load(shown)["concerns"]
    assert set(again) == set(town.reads.concerns())


def test_without_questions_nothing_is_asked():
    """And answers do not matter."""
    plain = replace(PASSPORT, questions=(), effects=())
    assert checked(plain, {"child": True}).documents() == plain.documents


def test_booking_takes_the_concerns_of_the_demo():
    """Three of them ask."""
    loaded = http.CatalogueBody().load({"concerns": load().concerns})["concerns"]
    assert {one.key for one in loaded if one.questions} == {
        "reisepass",
        "wohnsitz-anmeldung-familie",
        "fuehrungszeugnis",
    }


def test_the_rules_of_real_services_can_be_saved_and_endless_ones_not():
    """Fifteen questions that depend on each other; but not twenty that do not."""
    text = {"de": "?", "en": "?"}
    usual: dict[str, Any] = {"key": "x", "name": text, "department": "d", "minutes": 10}
    for rules in json.loads(Path("tests/conformance/document_rules.json").read_text()).values():
        keys = {effect["document"] for effect in rules["effects"] if effect.get("document")}
        body = usual | {
            "documents": [{"key": key, **text} for key in sorted(keys)],
            "questions": [{"when": "", **question, "text": text} for question in rules["questions"]],
            "effects": [effect | ({"ends": text} if "ends" in effect else {}) for effect in rules["effects"]],
        }
        assert len(http.ConcernBody().load(body).questions) == len(rules["questions"])
    endless = usual | {"questions": [{"key": f"q{number}", "text": text} for number in range(20)]}
    with pytest.raises(ValidationError, match="runs of answers"):
        http.ConcernBody().load(endless)
