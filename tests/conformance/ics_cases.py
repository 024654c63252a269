"""Calendar files and the times at which they make busy: python -m tests.conformance.ics_cases DIR

DIR holds ics_cases.json and the files that it names. A line a case, a total at the end; the status is 1 if any differs.
A case says a window, and either every occurrence with its busy flag or the list of busy times; both are compared within
the window, occurrence by occurrence or as a set of time.
"""

import json
import sys
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from services.staff_calendar.calendars.expand import Question, expand

ZONE = "Europe/Berlin"
Intervals = list[tuple[int, int]]
Verdict = tuple[bool, str]


def main(arguments: list[str]) -> int:
    """Run the cases of a folder."""
    if len(arguments) != 1 or not (folder := Path(arguments[0])).joinpath("ics_cases.json").is_file():
        print(__doc__, file=sys.stderr)
        return 2
    cases = json.loads(folder.joinpath("ics_cases.json").read_text())["cases"]
    good = 0
    for case in cases:
        right, why = verdict(case, folder.joinpath(case["file"]).read_bytes())
        good += right
        print(f"{'right' if right else 'WRONG'}  {case['id']}  {case.get('topic', '')}{f': {why}' if why else ''}")
    print(f"{good} of {len(cases)} right")
    return 0 if good == len(cases) else 1


def verdict(case: Mapping[str, Any], ics: bytes) -> Verdict:
    """Does the calendar give exactly the busy times of the case?"""
    zone = case.get("calendar_default_zone", ZONE)
    first, last = (_edge(edge, zone_of(case, zone)) for edge in case["window"])
    entries = expand(ics, Question(first - 86_400, last + 86_400, zone))
    problems = "".join(f", {entry.uid}: {entry.problem}" for entry in entries if entry.problem)
    found = _within((interval for entry in entries for interval in entry.busy), first, last)
    if "occurrences" in case:
        wanted = _within((_occurrence(one, zone) for one in case["occurrences"] if one["busy"]), first, last)
    else:
        lists = case.get("recomputed") or case["asserted_by_source"]
        kinds = ("busy", "tentative", "unavailable")
        told = ((_moment(a, zone), _moment(b, zone)) for kind in kinds for a, b in lists.get(kind, ()))
        wanted, found = merged(_within(told, first, last)), merged(found)
    if found == wanted:
        return True, ""
    return False, f"missing {_shown(wanted, found)}, too many {_shown(found, wanted)}{problems}"


def zone_of(case: Mapping[str, Any], default: str) -> tzinfo:
    """The zone in which a window of dates is meant: that of the first occurrence that has an offset."""
    for one in case.get("occurrences", ()):
        if "T" in one["start"] and (offset := datetime.fromisoformat(one["start"]).tzinfo) is not None:
            return offset
    return ZoneInfo(default)


def merged(intervals: Intervals) -> Intervals:
    """As a set of time."""
    found: Intervals = []
    for begins, ends in sorted(intervals):
        if found and begins <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], ends)
        else:
            found.append((begins, ends))
    return found


def _within(intervals: Iterable[tuple[int, int]], first: int, last: int) -> Intervals:
    """Cut to the window; each once, for two entries at the same time make busy once."""
    return sorted({(max(a, first), min(b, last)) for a, b in intervals if max(a, first) < min(b, last)})


def _occurrence(one: Mapping[str, Any], zone: str) -> tuple[int, int]:
    return _moment(one["start"], zone), _moment(one["end"], zone)


def _edge(text: str, zone: tzinfo) -> int:
    """A window's edge; a date is its midnight."""
    moment = datetime.fromisoformat(text) if "T" in text else datetime.combine(date.fromisoformat(text), time.min)
    return int((moment if moment.tzinfo else moment.replace(tzinfo=zone)).timestamp())


def _moment(text: str, zone: str) -> int:
    return _edge(text, ZoneInfo(zone))


def _shown(some: Intervals, others: Intervals) -> str:
    missing = [one for one in some if one not in others]
    times = (f"{datetime.fromtimestamp(a, UTC):%Y-%m-%dT%H:%M}/{timedelta(seconds=b - a)}" for a, b in missing[:3])
    return f"{len(missing)} ({', '.join(times)})" if missing else "none"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
