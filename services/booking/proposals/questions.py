"""Questions a concern asks, and what follows from the answers: documents, minutes, rooms, competences, or no visit.

The rules are data. A condition is written as runs of answers: "b+ e-" is yes to b and no to e, "b+ | c- e+" is either,
"" is always. A question that was not asked makes no condition true.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from services.booking.proposals.wish import Need

Answers = Mapping[str, bool]
Condition = tuple[frozenset[tuple[str, bool]], ...]  # any of these, each all of these
ALWAYS: Condition = (frozenset(),)


@dataclass(frozen=True, slots=True)
class Question:
    """Asked, in the order of the list, if `when` holds for the answers given before. `text` by language."""

    key: str
    when: Condition = ALWAYS
    text: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Effect:
    """What follows where `when` holds. `document`: the key of one to bring. `ends`: no visit is needed, and why by
    language; `online_url`: where it is done instead. The rest is added to the concern's need."""

    when: Condition = ALWAYS
    document: str | None = None
    ends: Mapping[str, str] | None = None
    online_url: str | None = None
    minutes: int = 0
    seats: int = 0
    equipment: tuple[str, ...] = ()
    competences: tuple[str, ...] = ()
    step_free: bool = False


@dataclass(frozen=True, slots=True)
class Questionnaire:
    questions: tuple[Question, ...] = ()
    effects: tuple[Effect, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """`question`: what to ask next, None = nothing more. `ended`: the effect by which no visit is needed."""

    question: Question | None
    ended: Effect | None
    effects: tuple[Effect, ...] = ()

    @property
    def documents(self) -> tuple[str, ...]:
        """Keys, each once, in the order of the rules."""
        return tuple(dict.fromkeys(effect.document for effect in self.effects if effect.document is not None))


def outcome(asked: Questionnaire, answers: Answers) -> Outcome:
    """Where a run of answers leads. Answers to questions that are not asked in this run do not count."""
    given: dict[str, bool] = {}
    for question in asked.questions:
        if holds(question.when, given):
            if question.key not in answers:
                return Outcome(question, None)
            given[question.key] = answers[question.key]
            ended = next((e for e in asked.effects if e.ends is not None and holds(e.when, given)), None)
            if ended is not None:
                return Outcome(None, ended)
    return Outcome(None, None, tuple(effect for effect in asked.effects if holds(effect.when, given)))


def with_answers(need: Need, found: Outcome) -> Need:
    """A concern's need as the answers change it."""
    effects = found.effects
    return replace(
        need,
        minutes=need.minutes + sum(effect.minutes for effect in effects),
        seats=need.seats + sum(effect.seats for effect in effects),
        equipment=_and(need.equipment, [one for effect in effects for one in effect.equipment]),
        competences=_and(need.competences, [one for effect in effects for one in effect.competences]),
        step_free=need.step_free or any(effect.step_free for effect in effects),
    )


def holds(condition: Condition, answers: Answers) -> bool:
    return any(all(answers.get(key) == value for key, value in run) for run in condition)


def parsed(text: str) -> Condition:
    """Reads a condition. Raises ValueError naming what can't be read."""
    if not text.strip():
        return ALWAYS
    return tuple(frozenset(_literal(word) for word in run.split()) for run in text.split("|"))


def _literal(word: str) -> tuple[str, bool]:
    if not re.fullmatch(r"[\w-]*\w[+-]", word):
        raise ValueError(f"no answer: {word!r} (write key+ or key-)")
    return word[:-1], word[-1] == "+"


def _and(some: tuple[str, ...], more: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*some, *more]))
