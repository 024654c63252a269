"""A clerk's day as the page shows it: who comes, where they are, and who is next. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any

LATE = timedelta(minutes=10)
"""So long after the time of the visit a guest counts as late."""


@dataclass(frozen=True, slots=True)
class Row:
    """One stop. `name` is None for whoever is forgotten, or whose name has not come yet. Times are local."""

    appointment: str
    attempt: int
    stop: int
    site: str
    starts_at: datetime
    ends_at: datetime
    title: str
    name: str | None
    party_size: int
    room: str
    documents: tuple[Mapping[str, str], ...]
    status: str
    since: datetime | None
    late: bool

    @property
    def key(self) -> str:
        """Its name in forms: appointment, attempt and stop."""
        return f"{self.appointment}.{self.attempt}.{self.stop}"

    @property
    def open(self) -> bool:
        """Can it still be called, or given away?"""
        return self.status in ("asked", "expected", "arrived", "called")


def rows(
    told: Sequence[Mapping[str, Any]], names: Mapping[str, Mapping[str, Any] | None], now: datetime, zone: tzinfo
) -> list[Row]:
    """`told` as queries.agenda has it; `names` are the personal data by their sealed token."""
    return [_row(one, names.get(one["guest"] or ""), now, zone) for one in told]


def next_guest(rows: Sequence[Row]) -> Row | None:
    """Who has waited for the earliest time: in the house, and not called yet."""
    return next((row for row in rows if row.status == "arrived"), None)


def counts(rows: Sequence[Row]) -> dict[str, int]:
    """How many there are of each status."""
    return {status: sum(row.status == status for row in rows) for status in ("arrived", "called", "finished", "missed")}


def _row(told: Mapping[str, Any], personal: Mapping[str, Any] | None, now: datetime, zone: tzinfo) -> Row:
    status, since = _status(told)
    starts_at = datetime.fromisoformat(told["starts_at"]).astimezone(zone)
    return Row(
        appointment=told["appointment"],
        attempt=told["attempt"],
        stop=told["stop"],
        site=told["site"],
        starts_at=starts_at,
        ends_at=datetime.fromisoformat(told["ends_at"]).astimezone(zone),
        title=told["title"] or told["concern"],
        name=personal.get("name") if personal else None,
        party_size=told["party_size"] or 1,
        room=(told["rooms"] or {}).get(str(told["stop"]), ""),
        documents=tuple(told["documents"] or ()),
        status=status,
        since=datetime.fromisoformat(since).astimezone(zone) if since else None,
        late=status == "expected" and starts_at + LATE < now,
    )


def _status(told: Mapping[str, Any]) -> tuple[str, str | None]:
    if told["finished_at"]:
        return "finished", told["finished_at"]
    if told["presence"] in ("left", "missed"):
        return told["presence"], told["presence_at"]
    if told["called_at"]:
        return "called", told["called_at"]
    if told["presence"] == "arrived":
        return "arrived", told["presence_at"]
    return ("expected" if told["confirmed_at"] else "asked"), None
