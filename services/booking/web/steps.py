"""Which question comes next: one page each, and none that the concern does not need."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from services.booking import checklist, planning
from services.booking.catalogue import Catalogue
from services.booking.checklist import Checked
from services.booking.events import Concern, Document
from services.booking.proposals.index import Index
from services.booking.responsibility import needed
from services.booking.web.journey import Journey


@dataclass(frozen=True, slots=True)
class Step:
    """A page of the way to the times. `name`: its template's; `more`: what it shows."""

    name: str
    more: dict[str, Any] = field(default_factory=dict)


def concerns_of(journey: Journey, catalogue: Catalogue) -> tuple[Concern, ...]:
    """The concerns chosen so far; one that was withdrawn meanwhile is left out."""
    return tuple(catalogue.concerns[key] for key in journey.concerns if key in catalogue.concerns)


def tidy(journey: Journey, catalogue: Catalogue) -> Journey:
    """Without concerns that are no more, and without answers to questions that nobody asks."""
    concerns = concerns_of(journey, catalogue)
    known = {question.key for concern in concerns for question in concern.questions}
    return replace(
        journey,
        concerns=tuple(one.key for one in concerns),
        answers=tuple(one for one in journey.answers if one[0] in known),
        known=tuple(one for one in journey.known if one[0] in journey.concerns),
    )


def checked(journey: Journey, catalogue: Catalogue) -> tuple[Checked, ...]:
    """The concerns as the answers leave them."""
    return tuple(checklist.checked(one, dict(journey.answers)) for one in concerns_of(journey, catalogue))


def to_come_for(journey: Journey, catalogue: Catalogue) -> tuple[Concern, ...]:
    """Those for which a visit is needed."""
    return tuple(one.concern for one in checked(journey, catalogue) if one.ended is None)


def documents(journey: Journey, catalogue: Catalogue) -> tuple[Document, ...]:
    """What to bring, as far as it is known."""
    return planning.documents([one for one in checked(journey, catalogue) if one.ended is None])


def most_people(journey: Journey, catalogue: Catalogue) -> int:
    """How many may come at most: as many as the strictest concern allows."""
    return min((one.max_party for one in to_come_for(journey, catalogue)), default=1)


def step(journey: Journey, catalogue: Catalogue, index: Index, wanted: str = "") -> Step | None:
    """The page to show: the one `wanted` (to change an answer) if it comes up at all, else the first that is open.

    None: everything is answered, and times can be shown.
    """
    for name, open_, more in _all(journey, catalogue, index):
        if open_ or name == wanted:
            return Step(name, more)
    return None


def before(journey: Journey, catalogue: Catalogue, index: Index, name: str) -> str | None:
    """The page that comes before that one; None for the first."""
    names = [one for one, _, _ in _all(journey, catalogue, index)]
    at = names.index(name) if name in names else len(names)
    return names[at - 1] if at else None


def _all(journey: Journey, catalogue: Catalogue, index: Index) -> Iterator[tuple[str, bool, dict[str, Any]]]:
    """Every page that this visit has, whether its answer is still open, and what it shows; in order."""
    yield "concerns", "concerns" not in journey.seen, {}
    for one in checked(journey, catalogue):
        for question, _ in one.given:
            text = next(asked.text for asked in one.concern.questions if asked.key == question)
            yield f"question-{question}", False, {"concern": one.concern, "key": question, "text": text}
        if one.open is not None:
            yield (
                f"question-{one.open.key}",
                True,
                {"concern": one.concern, "key": one.open.key, "text": one.open.text},
            )
    coming = to_come_for(journey, catalogue)
    if not coming:
        yield "settled", True, {}
    most = most_people(journey, catalogue)
    if most > 1:
        yield "party", journey.party_size is None or journey.party_size > most, {"most": most}
    yield "access", journey.step_free is None, {}
    known = dict(journey.known)
    for kind, page in (("surname", "surname"), ("district", "street")):
        asking = [one for one in coming if one.responsibility == kind and needed(index, one)]
        if asking:
            yield page, any(one.key not in known for one in asking), {"asking": asking}
    yield "documents", "documents" not in journey.seen, {}
