"""What a guest's answers to a concern's yes/no questions decide: documents, minutes, room, competence, or no visit.

A document that an effect names is brought only where that effect holds; the others of the concern always.
Questions that are still open change nothing yet: what has been answered so far counts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from services.booking.events import Concern, Document, Text, YesNo
from services.booking.proposals.question_rules import faults, runs
from services.booking.proposals.questions import Effect, Question, Questionnaire, holds, outcome, parsed

Answers = Mapping[str, bool]
MOST_QUESTIONS, MOST_RUNS = 40, 5_000
"""Of one concern. Every possible run of answers is looked at when it is saved; a real service has 1,100."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A concern after some answers. `open`: what to ask next; `ended`: no visit is needed, and why."""

    concern: Concern
    given: tuple[tuple[str, bool], ...]
    effects: tuple[Effect, ...]
    open: YesNo | None = None
    ended: Effect | None = None

    def documents(self) -> tuple[Document, ...]:
        """What to bring, in the order of the catalogue."""
        depends = {effect.document for effect in self.concern.effects}
        wanted = {effect.document for effect in self.effects}
        return tuple(one for one in self.concern.documents if one.key not in depends or one.key in wanted)


def checked(concern: Concern, answers: Answers) -> Checked:
    """Where the answers lead; those to questions of other concerns, or not asked in this run, do not count."""
    asked = questionnaire(concern)
    found, given = outcome(asked, answers), _given(asked, answers)
    if found.ended is not None:
        return Checked(concern, given, (), ended=found.ended)
    if found.question is None:
        return Checked(concern, given, found.effects)
    so_far = dict(given)
    effects = tuple(one for one in asked.effects if one.ends is None and holds(one.when, so_far))
    open_ = next(one for one in concern.questions if one.key == found.question.key)
    return Checked(concern, given, effects, open=open_)


@lru_cache(maxsize=4096)
def questionnaire(concern: Concern) -> Questionnaire:
    """The rules in the shape of the engine. Raises ValueError for a condition that can't be read."""
    questions = tuple(Question(one.key, parsed(one.when), _by_language(one.text)) for one in concern.questions)
    effects = tuple(
        Effect(
            when=parsed(one.when),
            document=one.document,
            ends=None if one.ends is None else _by_language(one.ends),
            online_url=one.online_url,
            minutes=one.minutes,
            seats=one.seats,
            equipment=one.equipment,
            competences=one.competences,
            step_free=one.step_free,
        )
        for one in concern.effects
    )
    return Questionnaire(questions, effects)


def wrong(concern: Concern) -> tuple[str, ...]:
    """What is wrong with a concern's questions and effects, in words; () if nothing."""
    try:
        asked = questionnaire(concern)
    except ValueError as error:
        return (str(error),)
    if sum(1 for _ in islice(runs(asked), MOST_RUNS + 1)) > MOST_RUNS:
        return (f"there are more than {MOST_RUNS} possible runs of answers",)
    known = {document.key for document in concern.documents}
    missing = {effect.document for effect in concern.effects if effect.document is not None} - known
    return (*faults(asked), *(f"document {key} is not one of the concern's documents" for key in sorted(missing)))


def _given(asked: Questionnaire, answers: Answers) -> tuple[tuple[str, bool], ...]:
    given: dict[str, bool] = {}
    for question in asked.questions:
        if question.key in answers and holds(question.when, given):
            given[question.key] = answers[question.key]
    return tuple(given.items())


def _by_language(text: Text) -> dict[str, str]:
    return {"de": text.de, "en": text.en}
