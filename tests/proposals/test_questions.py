"""What follows from a guest's answers."""

from collections import Counter

import pytest

from services.booking.proposals.question_rules import faults, questionnaire, runs
from services.booking.proposals.questions import outcome, parsed, with_answers
from tests.conformance.document_cases import RULES, read
from tests.proposals.town import need

PASSPORT = questionnaire(
    {
        "questions": [
            {"key": "child", "text": {"de": "Kommt ein Kind mit?", "en": "Is a child coming?"}},
            {"key": "both", "when": "child+"},
            {"key": "urgent"},
        ],
        "effects": [
            {"document": "photo"},
            {"document": "old-passport", "when": "child-"},
            {"document": "consent", "when": "child+ both-"},
            {"document": "photo", "when": "urgent+"},
            {"minutes": 10, "seats": 1, "equipment": ["screen"], "when": "child+"},
            {"competences": ["express"], "step_free": True, "when": "urgent+"},
            {"ends": {"en": "Order it online"}, "online_url": "https://example.org", "when": "urgent-"},
        ],
    }
)


def test_questions_are_asked_one_after_the_other() -> None:
    """The second only if the first was answered with yes."""
    asked = [outcome(PASSPORT, answers).question for answers in ({}, {"child": True}, {"child": False})]
    assert [question.key if question else None for question in asked] == ["child", "both", "urgent"]


def test_answers_decide_documents_and_need() -> None:
    """Each document once; minutes, seats, equipment, competence and access as the answers want it."""
    found = outcome(PASSPORT, {"child": True, "both": False, "urgent": True})
    assert (found.question, found.ended) == (None, None)
    assert found.documents == ("photo", "consent")
    changed = with_answers(need(minutes=20), found)
    assert (changed.minutes, changed.seats, changed.equipment) == (30, 3, ("screen",))
    assert (changed.competences, changed.step_free) == (("pass", "express"), True)


def test_an_answer_may_end_without_a_visit() -> None:
    """And says where it is done instead."""
    found = outcome(PASSPORT, {"child": False, "urgent": False})
    assert found.ended is not None
    assert (found.ended.online_url, found.documents) == ("https://example.org", ())


def test_an_answer_to_a_question_that_is_not_asked_does_not_count() -> None:
    """Somebody who goes back and says no to the child keeps no consent."""
    found = outcome(PASSPORT, {"child": False, "both": False, "urgent": True})
    assert found.documents == ("photo", "old-passport")


def test_every_run_of_two_real_services_comes_to_an_end() -> None:
    """1,100 and 20 runs; so many of them end without a visit. (All are compared with the source by document_cases.)"""
    ends = {key: Counter(outcome(rules, run).ended is not None for run in runs(rules)) for key, rules in RULES.items()}
    assert ends == {
        "residence_registration": Counter({False: 660, True: 440}),
        "certificate_of_conduct": Counter({False: 16, True: 4}),
    }
    assert not [fault for rules in RULES.values() for fault in faults(rules)]


@pytest.mark.parametrize(
    ("answers", "documents"),
    [("a- b- d- g+ h+ l-", "d01 d02 d12"), ("a+ b+ c+ d- g+ h+ l-", "d01 d02 d03 d04 d05 d12")],
)
def test_a_german_adult_registers(answers: str, documents: str) -> None:
    """Alone, and with a spouse who comes along."""
    assert " ".join(outcome(RULES["residence_registration"], read(answers)).documents) == documents


def test_wrong_rules_are_named() -> None:
    """Unknown keys, twice the same, a question that is never asked, a condition that can't be read."""
    wrong = questionnaire(
        {
            "questions": [{"key": "a", "when": "b+"}, {"key": "b"}, {"key": "b"}, {"key": "c", "when": "b+ b-"}],
            "effects": [{"document": "x", "when": "z-"}],
        }
    )
    assert faults(wrong) == (
        "question a depends on b, which is not asked before it",
        "question b is there twice",
        "effect 1 depends on z, which is no question",
        "question a is never asked",
        "question c is never asked",
    )
    with pytest.raises(ValueError, match="no answer: 'b'"):
        parsed("a+ b")
