"""What a change of the catalogue would affect: appointments that stand, and what could be booked."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import func, select

from services.booking import planning
from services.booking.catalogue import Catalogue
from services.booking.events import Concern
from services.booking.planning import NotPossible, Question
from services.booking.proposals.days import days
from services.booking.standing import OPEN, appointments, keys


@dataclass(frozen=True, slots=True)
class Effects:
    """`standing`: appointments from today on, the last of them on `last`; days with free times before and after,
    None where that depends on surname or street, or there is none."""

    standing: int
    last: date | None
    days_before: int | None
    days_after: int | None


@dataclass(frozen=True, slots=True)
class Difference:
    """One field; `before` and `after` as typed."""

    name: str
    before: str
    after: str


def effects(app: Any, before: Concern | None, after: Concern | None) -> Effects:
    """Of putting one in the place of the other; None = it is not there."""
    concern = before or after
    assert concern is not None  # noqa: S101
    count, last = standing(app).get(concern.key, (0, None)) if before else (0, None)
    return Effects(count, last, _days(app, before), _days(app, after))


def standing(app: Any) -> Mapping[str, tuple[int, date]]:
    """By concern, how many appointments there are for it from today on, and the last day of them."""
    today = app.clock().astimezone(app.reads.zone).date()
    query = (
        select(appointments.c.concerns, func.count(), func.max(appointments.c.date))
        .where(appointments.c.date >= today, appointments.c.status.in_(OPEN))
        .group_by(appointments.c.concerns)
    )
    found: dict[str, tuple[int, date]] = {}
    with app.read() as connection:
        for concerns, count, last in connection.execute(query):
            for key in keys(concerns):
                before, latest = found.get(key, (0, last))
                found[key] = before + count, max(latest, last)
    return found


def _days(app: Any, concern: Concern | None) -> int | None:
    if concern is None or concern.responsibility != "anyone":
        return None
    now: datetime = app.clock()
    alone: Mapping[str, Concern] = MappingProxyType({concern.key: concern})
    try:
        asked = planning.answered(Catalogue(alone), Question(concerns=(concern.key,)))
    except NotPossible:
        return None
    if any(one.ended is not None for one in asked):
        return None
    return len(days(app.reads.index, planning.wish(asked, Question(concerns=(concern.key,))), now))
