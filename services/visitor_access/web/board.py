"""What the desk sees of a day: the guests of a view, found by what was typed, and how many there are in each. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from services.visitor_access.queries import EXPECTED

NEXT = timedelta(hours=1)
LATE = timedelta(minutes=10)
"""So long after the time of the visit a guest counts as late."""
VIEWS = ("soon", "expected", "house", "gone", "all")


@dataclass(frozen=True, slots=True)
class Row:
    """One guest. `name` is None for whoever is forgotten, or whose name has not come yet."""

    appointment: str
    name: str | None
    number: str | None
    party_size: int
    site: str
    starts_at: datetime
    rooms: str
    clerks: str
    status: str
    at: datetime | None
    soon: bool
    late: bool

    def is_in(self, view: str) -> bool:
        """Whether the view shows this guest."""
        match view:
            case "soon":
                return self.soon
            case "expected":
                return self.status in EXPECTED
            case "house":
                return self.status == "arrived"
            case "gone":
                return self.status in ("left", "missed")
            case _:
                return True

    def answers_to(self, wanted: str) -> bool:
        """Whether name or number hold every word of what was typed."""
        number = (self.number or "").casefold()
        text = f"{self.name or ''} {number}".casefold()
        return wanted.casefold().replace("-", "") in number or all(word in text for word in wanted.casefold().split())


@dataclass(frozen=True, slots=True)
class Board:
    """The guests of a view by the time of their visit; `people` counts persons per view, `visits` the visits."""

    rows: Sequence[Row]
    visits: Mapping[str, int]
    people: Mapping[str, int]


def board(guests: Sequence[Mapping[str, Any]], now: datetime, view: str, wanted: str = "") -> Board:
    """`guests` as the access list has them. What was typed is looked for in all views."""
    rows = [_row(guest, now) for guest in guests]
    shown = {name: [row for row in rows if row.is_in(name)] for name in VIEWS}
    found = [row for row in rows if row.answers_to(wanted)] if wanted else shown[view]
    people = {name: sum(row.party_size for row in of) for name, of in shown.items()}
    return Board(found, {name: len(of) for name, of in shown.items()}, people)


def _row(guest: Mapping[str, Any], now: datetime) -> Row:
    starts_at, waiting = datetime.fromisoformat(guest["starts_at"]), guest["status"] in EXPECTED
    at = guest["left_at"] or guest["arrived_at"]
    return Row(
        appointment=guest["appointment"],
        name=guest["name"],
        number=guest["pass"],
        party_size=guest["party_size"],
        site=guest["site"],
        starts_at=starts_at,
        rooms=" → ".join(dict.fromkeys(stop["room"] for stop in guest["stops"])),
        clerks=", ".join(dict.fromkeys(stop["clerk"] for stop in guest["stops"])),
        status=guest["status"],
        at=datetime.fromisoformat(at) if at else None,
        soon=waiting and now - NEXT / 2 <= starts_at <= now + NEXT,
        late=waiting and starts_at + LATE < now,
    )
