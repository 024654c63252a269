"""A real day of bookings and cancellations from snapshots of free places: `derive_demand FILE... > demand.csv`.

Each FILE (.csv.gz) is one authority, watched every 15 minutes: which start times left its offer and which came back
(columns seen_at, kind, slot_start). README.md says what is taken out and why. Without randomness: the same files give
the same day.
"""

import csv
import gzip
import hashlib
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from pathlib import Path

from deploy.town.facts import GUETERSLOH
from services.booking.web.catalogue_file import Concern, parse

SNAPSHOT_MINUTES = 15
ONE_VISIT = timedelta(minutes=15)
"""Start times gone in one snapshot and closer than this to the first of them are one visit."""
BY_THE_OFFICE = 12
"""More visits than this on one day, gone or back in one snapshot, are the office's doing: hours closed or opened."""
HOLD = timedelta(minutes=31)
"""A place that comes back within two snapshots was held by somebody who did not finish."""
TOO_LATE = timedelta(minutes=45)
"""A start time that vanishes this shortly before it has run out of lead time."""
SHARES = {
    "reisepass": 9, "reisepass-ausgabe": 8, "personalausweis": 12, "personalausweis-ausgabe": 9,
    "wohnsitz-anmeldung": 10, "wohnsitz-anmeldung-familie": 4, "online-ausweis-pin": 3, "adresse-ausweis": 3,
    "fuehrungszeugnis": 3, "meldebescheinigung": 3, "beglaubigung-dokumente": 3, "bewohnerparkausweis": 3,
    "aufenthalt-arbeit": 3, "eat-ausgabe": 3, "einbuergerung": 2, "wohngeld": 3, "rentenberatung": 3,
    "eheschliessung": 2, "gewerbe-anmeldung": 2,
}  # fmt: skip
"""How often a concern is asked for; 1 where nothing is said. Ours: the snapshots do not say for what a place is."""
PARTIES = (1,) * 62 + (2,) * 24 + (3,) * 8 + (4,) * 4 + (5,) * 1 + (6,) * 1
"""Of a hundred visits, how many people come. Ours."""


@dataclass(frozen=True, slots=True, order=True)
class Change:
    """A visit's place gone (taken) or back, as first seen."""

    seen_at: datetime
    taken: bool
    starts_at: datetime


@dataclass(frozen=True, slots=True)
class Booking:
    """What a row of the day is about."""

    lead_days: int
    concern: str
    party_size: int


def changes(rows: Iterable[dict[str, str]]) -> list[Change]:
    """The visits of one authority: its counters share their clerks, so one start time counts once."""
    snapshots: dict[tuple[datetime, bool, date], set[datetime]] = defaultdict(set)
    for row in rows:
        seen_at, starts_at = datetime.fromisoformat(row["seen_at"]), datetime.fromisoformat(row["slot_start"])
        if row["kind"] in {"taken", "freed"} and starts_at - seen_at >= TOO_LATE:
            snapshots[seen_at.replace(second=0), row["kind"] == "taken", starts_at.date()].add(starts_at)
    seen = ((at, taken, list(visits(sorted(starts)))) for (at, taken, _), starts in snapshots.items())
    return sorted(
        Change(at, taken, start) for at, taken, starts in seen if len(starts) <= BY_THE_OFFICE for start in starts
    )


def visits(starts: Iterable[datetime]) -> Iterator[datetime]:
    """The starts that begin a visit: the first, and each that is not within the visit begun before it."""
    begun: datetime | None = None
    for start in starts:
        if begun is None or start - begun >= ONE_VISIT:
            begun = start
            yield start


def without_holds(known: Sequence[Change]) -> list[Change]:
    """The changes without the pairs of a place that goes and comes back (or the other way round) within `HOLD`."""
    dropped: set[int] = set()
    for n, change in enumerate(known):
        for m in range(n + 1, len(known)):
            if n in dropped or known[m].seen_at - change.seen_at > HOLD:
                break
            if m not in dropped and opposite(change, known[m]):
                dropped |= {n, m}
    return [change for n, change in enumerate(known) if n not in dropped]


def opposite(a: Change, b: Change) -> bool:
    """One undoes the other."""
    return a.taken != b.taken and abs(a.starts_at - b.starts_at) < ONE_VISIT


def busiest(known: Iterable[Change]) -> date:
    """The day on which most was booked."""
    booked = Counter(change.seen_at.date() for change in known if change.taken)
    return max(booked, key=lambda day: (booked[day], day))


def played(day: Iterable[Change], concerns: Sequence[Concern]) -> Iterator[tuple[int, str, Booking]]:
    """The day as (minute, action, booking). A cancellation takes the standing booking with the nearest lead time."""
    standing: list[Booking] = []
    for n, (minute, change) in enumerate(sorted(spread_out(sorted(day)))):
        lead_days = (change.starts_at.date() - change.seen_at.date()).days
        if change.taken:
            standing.append(booking(n, lead_days, concerns))
            yield minute, "book", standing[-1]
        elif standing:
            nearest = min(standing, key=lambda booked: abs(booked.lead_days - lead_days))
            standing.remove(nearest)
            yield minute, "cancel", nearest


def spread_out(day: Iterable[Change]) -> Iterator[tuple[int, Change]]:
    """Every change with a minute of the day: those of a snapshot happened some time since the one before it."""
    for seen_at, together in groupby(day, key=lambda change: change.seen_at):
        changed = list(together)
        first = seen_at.hour * 60 + seen_at.minute - SNAPSHOT_MINUTES + 1
        for n, change in enumerate(changed):
            yield max(0, first + n * SNAPSHOT_MINUTES // len(changed)), change


def booking(n: int, lead_days: int, concerns: Sequence[Concern]) -> Booking:
    """The n-th booking: concern and party size by the shares, spread evenly by a hash of n."""
    possible = [concern for concern in concerns if concern["horizon_days"] >= lead_days]
    weighted = [concern for concern in possible for _ in range(SHARES.get(concern["key"], 1))]
    concern = weighted[spread(f"concern {n}") % len(weighted)]
    party = PARTIES[spread(f"party {n}") % len(PARTIES)]
    return Booking(lead_days, concern["key"], min(party, concern["max_party"]))


def spread(text: str) -> int:
    """A number that looks random and is always the same."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8])


def main(paths: Sequence[str]) -> None:
    """Write the busiest day of all authorities together to standard output."""
    known: list[Change] = []
    for path in paths:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            known += without_holds(changes(csv.DictReader(file)))
    day = busiest(known)
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(("minute", "action", "lead_days", "concern", "party_size"))
    concerns = parse((GUETERSLOH / "concerns.csv").read_text(encoding="utf-8"))
    for minute, action, what in played((change for change in known if change.seen_at.date() == day), concerns):
        writer.writerow((minute, action, what.lead_days, what.concern, what.party_size))
    print(f"{day}: the busiest day of {len(paths)} authorities", file=sys.stderr)


if __name__ == "__main__":
    main([str(Path(path)) for path in sys.argv[1:]])
