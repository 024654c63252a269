"""Guests who book and cancel while things break: each tries again until there is an answer, as a page would."""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from random import Random
from typing import Any
from uuid import uuid4

import requests

from tests.journeys.town import CERTIFICATE, ID_CARD, MOVED_HERE, QUESTION
from tests.journeys.town_hall import LONG, Booked, TownHall

CONCERNS = ((ID_CARD,), (MOVED_HERE,), (QUESTION,), (CERTIFICATE,), (ID_CARD, MOVED_HERE))
FAR_DAYS = 6
FINAL = {"confirmed", "declined", "expired", "cancelled"}
UNAVAILABLE = 503


@dataclass
class Load:
    """So many guests, a few at once; `accepted` are those who got a 202."""

    hall: TownHall
    random: Random
    guests: int
    at_once: int = 6
    accepted: list[Booked] = field(default_factory=list)
    outages: int = 0
    over: bool = False
    """Whether all guests have left."""

    def play(self, meanwhile: Callable[["Load"], None]) -> None:
        """Let the guests do what they came for, and something else at the same time."""
        seeds = [self.random.randrange(2**32) for _ in range(self.guests)]
        with ThreadPoolExecutor(self.at_once, "guest") as pool:
            guests: list[Future[None]] = [pool.submit(self._guest, Random(seed)) for seed in seeds]
            guests[-1].add_done_callback(self._last_left)
            meanwhile(self)
        for guest in guests:
            guest.result()

    def _last_left(self, _guest: "Future[None]") -> None:
        self.over = True

    def at_work(self, part: float) -> bool:
        """Whether so large a part of the guests has been accepted."""
        return len(self.accepted) >= part * self.guests

    def _guest(self, random: Random) -> None:
        hall = self.hall
        concerns, days = random.choice(CONCERNS), random.randint(1, FAR_DAYS)
        offered = self._patiently(
            lambda: hall.call("GET", "booking", "/api/proposals", params=self._query(concerns, days))
        )
        proposals = offered.json()["proposals"]
        if not proposals:
            return
        body, key = hall.body(random.choice(proposals)), uuid4().hex
        answer = self._patiently(lambda: hall.ask(body, key))
        if answer.status_code == 409:
            return
        booked = hall.as_booked(body, answer)
        self.accepted.append(booked)
        if random.random() < 0.3:
            time.sleep(random.random())
            cancelled = self._patiently(lambda: hall.manage(booked, "cancellation"))
            # Declined or expired meanwhile: there is nothing to cancel.
            assert cancelled.status_code in (202, 409), cancelled.text

    def _query(self, concerns: tuple[str, ...], days: int) -> dict[str, Any]:
        day = str(self.hall.day(days))
        return {"concern": list(concerns), "from": day, "until": day, "limit": 20}

    def _patiently(self, call: Callable[[], requests.Response]) -> requests.Response:
        give_up = time.monotonic() + LONG
        while True:
            try:
                answer = call()
                if answer.status_code != UNAVAILABLE:
                    return answer
            except requests.ConnectionError:
                pass
            self.outages += 1
            assert time.monotonic() < give_up, "nobody answers"
            time.sleep(0.2)


def assert_all_is_well(hall: TownHall, accepted: list[Booked]) -> None:
    """At rest: every 202 is decided, every confirmed guest has a mail, and a second one only under the same id."""
    hall.ensemble.wait_ready(LONG)
    hall.wait_at_rest()
    for booked in accepted:
        visit = hall.decided(booked)
        assert visit["status"] in FINAL
        if visit["status"] == "confirmed":
            assert hall.mail(booked)
        ids = [mail["Message-ID"] for mail in hall.mails(booked) if not mail["subject"].startswith(("Abgesagt",))]
        confirmations = {one for one in ids if ".confirmation." in one}
        assert len(confirmations) <= 1, ids
    for service in hall.ensemble.urls:
        assert hall.rows(service, "SELECT type, reason, error FROM held") == [], service
