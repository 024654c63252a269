"""Times to choose from, a few days at once: what the radios show, and where "earlier" and "later" lead."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import groupby
from typing import Any

from services.booking import planning
from services.booking.planning import Question
from services.booking.proposals.days import days
from services.booking.queries import ReadSide

DAYS = 3
"""Days with free times on one page."""
TIMES = 24
"""Of one day, at least half an hour apart."""


@dataclass(frozen=True, slots=True)
class Choice:
    """`days`: each with its proposals by site.

    `earlier`, `later`: the first day of the page before and after; None = there is none.

    `past`: nothing is free from the wanted day on, so these are the last ones before it. `nothing`: as in the answer
    to a ProposalsQuery, where there is nothing at all.
    """

    days: Sequence[tuple[date, Sequence[tuple[str, Sequence[Mapping[str, Any]]]]]] = ()
    earlier: date | None = None
    later: date | None = None
    past: bool = False
    nothing: Mapping[str, Any] | None = None


def choice(
    reads: ReadSide, question: Question, now: datetime, page: int = DAYS, but: tuple[str, datetime] | None = None
) -> Choice:
    """The page of times that begins with `question.first`, but for one site and start. Raises NotPossible."""
    wanted = question.first or date.min
    anytime = replace(question, first=None)
    asked = planning.answered(reads.catalogue, question)
    open_ = days(reads.index, planning.wish(asked, anytime), now)
    day_but = but and but[1].astimezone(reads.zone).date()
    if day_but in open_ and not _of(reads, anytime, day_but, now, but):
        open_ = [day for day in open_ if day != day_but]
    if not open_:
        return Choice(nothing=reads.answer(anytime, now)["nothing_because"] or {"detail": {}})
    at = bisect_left(open_, wanted)
    past = at == len(open_)
    at = max(at - page, 0) if past else at
    shown = [(day, _of(reads, anytime, day, now, but)) for day in open_[at : at + page]]
    return Choice(
        days=[(day, some) for day, some in shown if some],
        earlier=open_[max(at - page, 0)] if at else None,
        later=open_[at + page] if at + page < len(open_) else None,
        past=past,
    )


def _of(
    reads: ReadSide, question: Question, day: date, now: datetime, but: tuple[str, datetime] | None
) -> list[tuple[str, list[Mapping[str, Any]]]]:
    proposals = reads.answer(replace(question, first=day, last=day, limit=TIMES), now)["proposals"]
    found = [one for one in proposals if (one["site"], one["starts_at"]) != but]
    ordered = sorted(found, key=lambda one: (-sum(other["site"] == one["site"] for other in found), one["site"]))
    groups = groupby(ordered, key=lambda one: str(one["site"]))
    return [(site, sorted(some, key=lambda one: one["starts_at"])) for site, some in groups]
