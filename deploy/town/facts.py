"""A town as its folder of facts says it: concerns, rooms, clerks, sites, guests' names and a day of demand."""

import csv
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from services.booking.web.catalogue_file import Concern, parse

GUETERSLOH = Path(__file__).parent / "guetersloh"


@dataclass(frozen=True, slots=True)
class Wanted:
    """One row of a day of demand: somebody books, or cancels what was booked with the same other values.

    `minute` counts from local midnight; `lead_days` from today to the day asked for.
    """

    minute: int
    action: Literal["book", "cancel"]
    lead_days: int
    concern: str
    party_size: int


@dataclass(frozen=True, slots=True)
class Town:
    """`rooms` and `clerks` map an id to the body of its PUT; a clerk's quotas stand beside it, in `quotas`.

    `guests` has "first" and "last" names and the "districts" they live in.
    """

    concerns: list[Concern]
    rooms: dict[str, dict[str, Any]]
    clerks: dict[str, dict[str, Any]]
    quotas: dict[str, dict[str, Any]]
    sites: dict[str, dict[str, Any]]
    guests: dict[str, list[str]]
    demand: tuple[Wanted, ...]


def load(folder: Path = GUETERSLOH) -> Town:
    """Read the town in that folder. Raises OSError and, for a catalogue with faults, CatalogueError."""
    clerks = _json(folder / "clerks.json")
    return Town(
        concerns=parse((folder / "concerns.csv").read_text(encoding="utf-8")),
        rooms=_json(folder / "rooms.json"),
        quotas={clerk: body.pop("quotas") for clerk, body in clerks.items()},
        clerks=clerks,
        sites=_json(folder / "sites.json"),
        guests=_json(folder / "guests.json"),
        demand=tuple(_wanted(row) for row in csv.DictReader((folder / "demand.csv").open(encoding="utf-8"))),
    )


def _json(path: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return read


def _wanted(row: dict[str, str]) -> Wanted:
    return Wanted(
        minute=int(row["minute"]),
        action="cancel" if row["action"] == "cancel" else "book",
        lead_days=int(row["lead_days"]),
        concern=row["concern"],
        party_size=int(row["party_size"]),
    )
