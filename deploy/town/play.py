"""A day of demand, played against the running services as guests would: over HTTP, several at once, time compressed."""

import hashlib
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from deploy.town.calls import Calls, Refused
from deploy.town.facts import Town, Wanted

CHOICE = 20
"""A guest takes any of so many proposals."""
AT_ONCE = 12
"""Guests who are busy with the pages at the same time."""
WINDOW_DAYS = 14
"""A guest looks at so many days from the one asked for, and then at all there are."""
TRIES = 4
"""A guest whose proposal was taken by another one meanwhile asks again so often."""
PATIENCE = 60.0
"""Seconds until an appointment that is not decided counts as open."""
GLANCE = 0.25
"""Seconds between two looks at one's appointment, as a page would."""
CONFLICT = 409


class Stopped(Exception):
    """The day was ended before its end."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one row of the day.

    `status`: confirmed, declined, expired, cancelled; "nothing" was offered; "refused" at once; "asked" for a yes by
    mail, which these guests don't read; "requested" when it was not decided in time. `because` says why for all that
    is not confirmed. `before`: what the same guest asked for in vain before.
    """

    wanted: Wanted
    status: str
    because: tuple[str, ...] = ()
    appointment: str = ""
    token: str = field(default="", repr=False)
    visit: Mapping[str, Any] = field(default_factory=dict)
    before: tuple["Outcome", ...] = ()
    lost: bool = False
    """Somebody else was faster: with fresh proposals it may work."""


@dataclass(frozen=True, slots=True)
class Player:
    """Plays the guests of one day. `run` names the day: the same row of the same run is never booked twice."""

    calls: Calls
    town: Town
    today: date
    run: str
    stop: threading.Event

    def book(self, n: int, wanted: Wanted) -> Outcome:
        """Ask for proposals, take one, wait for the decision; again with fresh proposals when another was faster."""
        before: tuple[Outcome, ...] = ()
        for again in range(TRIES):
            proposals, because = self.proposals(n, wanted)
            if not proposals:
                return Outcome(wanted, "nothing", (because,), before=before)
            proposal = proposals[spread(f"pick {n} {again}") % len(proposals)]
            outcome = replace(self.request(n, again, wanted, proposal), before=before)
            if not outcome.lost:
                break
            before = (*before, outcome)
        return outcome

    def cancel(self, wanted: Wanted, booked: "Future[Outcome]") -> Outcome:
        """Cancel what was booked, if anything came of it."""
        outcome = booked.result()
        if outcome.status != "confirmed":
            return replace(outcome, wanted=wanted)
        path = f"/api/appointments/{outcome.appointment}"
        self.calls.post("booking", f"{path}/cancellation", {}, outcome.token, f"{self.run}-{outcome.appointment}")
        visit = self.follow(outcome.appointment, outcome.token, {"confirmed"})
        return replace(outcome, wanted=wanted, status=visit["status"], visit=visit)

    def proposals(self, n: int, wanted: Wanted) -> tuple[Sequence[Mapping[str, Any]], str]:
        """What booking offers from the day asked for on, or why it offers nothing at all."""
        concern = self.concern(wanted)
        first = self.today + timedelta(days=wanted.lead_days)
        last = self.today + timedelta(days=concern["horizon_days"])
        query = {
            "concern": wanted.concern,
            "party_size": wanted.party_size,
            "limit": CHOICE,
            **self.responsible(n, concern),
        }
        because = ""
        for from_, until in ((first, min(first + timedelta(days=WINDOW_DAYS), last)), (self.today, last)):
            answer = self.calls.get("booking", "/api/proposals", {**query, "from": str(from_), "until": str(until)})
            if answer["proposals"]:
                return answer["proposals"], ""
            because = str((answer.get("nothing_because") or {}).get("because", "nothing is offered"))
        return (), because

    def request(self, n: int, again: int, wanted: Wanted, proposal: Mapping[str, Any]) -> Outcome:
        """Ask for the proposed place and follow the appointment until it is decided."""
        body, key = self.body(n, wanted, proposal), f"demo-{self.run}-{n}-{again}"
        try:
            answer = self.calls.post("booking", "/api/appointments", body, key=key)
        except Refused as refused:
            return Outcome(wanted, "refused", (refused.kind or str(refused),), lost=refused.status == CONFLICT)
        appointment, token = answer["appointment"], answer["manage_token"]
        visit = self.follow(appointment, token, {"requested"})
        status = "asked" if visit.get("confirm_by") else visit["status"]
        because = tuple(visit.get("because") or ())
        return Outcome(wanted, status, because, appointment, token, visit, lost=status == "declined")

    def follow(self, appointment: str, token: str, while_: set[str]) -> Mapping[str, Any]:
        """The appointment as soon as its status is not one of these any more, it waits for the guest, or the guest
        loses patience.
        """
        until = time.monotonic() + PATIENCE
        while True:
            visit: Mapping[str, Any] = self.calls.get("booking", f"/api/appointments/{appointment}", token=token)
            if visit["status"] not in while_ or visit.get("confirm_by") or time.monotonic() > until:
                return visit
            if self.stop.wait(GLANCE):
                raise Stopped

    def body(self, n: int, wanted: Wanted, proposal: Mapping[str, Any]) -> dict[str, Any]:
        """The body of the request. Mail to example.org goes nowhere (RFC 2606)."""
        first, last = self.guest(n)
        return {
            "proposal": proposal["id"],
            "guest": {"name": f"{first} {last}", "email": f"guest{n}.{self.run}@example.org"},
            "party_size": wanted.party_size,
            "language": "en" if n % 8 == 0 else "de",
        }

    def guest(self, n: int) -> tuple[str, str]:
        """First name and surname of the n-th guest."""
        first, last = self.town.guests["first"], self.town.guests["last"]
        return first[spread(f"first {n}") % len(first)], last[spread(f"last {n}") % len(last)]

    def responsible(self, n: int, concern: Mapping[str, Any]) -> dict[str, str]:
        """What decides who is responsible for the n-th guest, where that is not just anyone."""
        districts = self.town.guests["districts"]
        return {
            "anyone": {},
            "surname": {"surname": self.guest(n)[1]},
            "district": {"street": districts[spread(f"district {n}") % len(districts)]},
        }[concern["responsibility"]]

    def concern(self, wanted: Wanted) -> Mapping[str, Any]:
        """The concern of a row."""
        return next(concern for concern in self.town.concerns if concern["key"] == wanted.concern)


def play(player: Player, demand: Sequence[Wanted], seconds: float, done: Callable[[Outcome], None]) -> list[Outcome]:
    """Play the rows at their time of day, the whole day pressed into so many seconds; outcomes in the order of rows.

    `done` is called from several threads. Raises what a call raises. When it is left by an exception (Ctrl-C is one),
    requests on their way have been answered and no further one is sent.
    """

    def report(future: "Future[Outcome]") -> None:
        if not future.cancelled() and not future.exception():
            done(future.result())

    pool = ThreadPoolExecutor(AT_ONCE, "guest")
    futures: list[Future[Outcome]] = []
    started = time.monotonic()
    try:
        for n, wanted, cancels in paired(demand):
            minutes = wanted.minute - demand[0].minute
            due = started + seconds * minutes / max(1, demand[-1].minute - demand[0].minute)
            player.stop.wait(max(0.0, due - time.monotonic()))
            if cancels is None:
                futures.append(pool.submit(player.book, n, wanted))
            else:
                # A cancellation waits in the pool for its booking, which stands before it in the queue: it will run.
                futures.append(pool.submit(player.cancel, wanted, futures[cancels]))
            futures[-1].add_done_callback(report)
            _raise_first(futures)
        return [future.result() for future in futures]
    finally:
        player.stop.set()
        pool.shutdown(cancel_futures=True)


def _raise_first(futures: Sequence["Future[Outcome]"]) -> None:
    """A service that is gone ends the day at once."""
    for future in futures:
        if future.done() and not future.cancelled() and (error := future.exception()):
            raise error


def paired(demand: Sequence[Wanted]) -> Iterator[tuple[int, Wanted, int | None]]:
    """Every row with its number and, for a cancellation, the number of the first standing booking with its values."""
    standing: dict[tuple[int, str, int], list[int]] = {}
    for n, wanted in enumerate(demand):
        bookings = standing.setdefault((wanted.lead_days, wanted.concern, wanted.party_size), [])
        if wanted.action == "book":
            bookings.append(n)
            yield n, wanted, None
        else:
            yield n, wanted, bookings.pop(0)


def spread(text: str) -> int:
    """A number that looks random and is always the same for a text."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8])
