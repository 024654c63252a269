"""Reads the rules of a questionnaire from data, and finds what is wrong with them."""

from collections.abc import Iterator, Mapping
from typing import Any

from services.booking.proposals.questions import Condition, Effect, Question, Questionnaire, outcome, parsed


def questionnaire(told: Mapping[str, Any]) -> Questionnaire:
    """From data: {"questions": [{"key", "when", "text"}], "effects": [{"when", "document", "minutes", ...}]}."""
    questions = tuple(Question(one["key"], parsed(one.get("when", "")), one.get("text")) for one in told["questions"])
    return Questionnaire(questions, tuple(_effect(dict(one)) for one in told.get("effects", ())))


def _effect(values: dict[str, Any]) -> Effect:
    values |= {name: tuple(value) for name, value in values.items() if isinstance(value, list)}
    values["when"] = parsed(values.get("when", ""))
    return Effect(**values)


def faults(asked: Questionnaire) -> tuple[str, ...]:
    """What is wrong with rules, in words; () if nothing."""
    return tuple(_faults(asked))


def _faults(asked: Questionnaire) -> Iterator[str]:
    known: list[str] = []
    for question in asked.questions:
        if question.key in known:
            yield f"question {question.key} is there twice"
        for key in sorted(_keys(question.when) - set(known)):
            yield f"question {question.key} depends on {key}, which is not asked before it"
        known.append(question.key)
    for number, effect in enumerate(asked.effects, start=1):
        for key in sorted(_keys(effect.when) - set(known)):
            yield f"effect {number} depends on {key}, which is no question"
    asked_ever = {key for given in runs(asked) for key in given}
    for key in known:
        if key not in asked_ever:
            yield f"question {key} is never asked"


def runs(asked: Questionnaire) -> Iterator[dict[str, bool]]:
    """Every possible run of answers."""
    open_: list[dict[str, bool]] = [{}]
    while open_:
        given = open_.pop()
        question = outcome(asked, given).question
        if question is None:
            yield given
        else:
            open_ += [given | {question.key: value} for value in (True, False)]


def _keys(condition: Condition) -> set[str]:
    return {key for run in condition for key, _ in run}
