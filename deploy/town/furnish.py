"""Give the running services their town: rooms, clerks, quotas, catalogue. Doing it again changes nothing."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

from deploy.town.calls import Calls
from deploy.town.facts import Town

AT_ONCE = 4


class NothingOffered(Exception):
    """Booking offers nothing although everything is there; the text says for which concern and why."""


def steps(town: Town) -> int:
    """How many calls `furnish` makes."""
    return len(town.rooms) + 2 * len(town.clerks) + 1


def furnish(calls: Calls, town: Town, done: Callable[[], None]) -> None:
    """Set everything; `done` is called after each call. Raises NotUp, Refused."""

    def clerk(of: str) -> None:
        calls.put("staff_calendar", f"/api/staff/{of}", town.clerks[of])
        done()
        calls.put("staff_calendar", f"/api/staff/{of}/quotas", town.quotas[of])
        done()

    def room(of: str) -> None:
        calls.put("rooms", f"/api/rooms/{of}", town.rooms[of])
        done()

    calls.put("booking", "/api/concerns", {"concerns": town.concerns})
    done()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(room, town.rooms))
        list(pool.map(clerk, town.clerks))


def wait_until_offered(calls: Calls, town: Town, today: date, patience: float) -> None:
    """Return when booking has proposals for a concern of every department. Raises NothingOffered after `patience` s."""
    until = time.monotonic() + patience
    probes = {concern["department"]: concern for concern in town.concerns if concern["responsibility"] == "anyone"}
    for concern in probes.values():
        last = today + timedelta(days=concern["horizon_days"])
        query = {"concern": concern["key"], "party_size": 1, "until": str(last), "limit": 1}
        while not (answer := calls.get("booking", "/api/proposals", query))["proposals"]:
            if time.monotonic() > until:
                because = (answer.get("nothing_because") or {}).get("because", "it does not say why")
                raise NothingOffered(f"booking offers nothing for '{concern['name']['de']}': {because}")
            time.sleep(0.2)
