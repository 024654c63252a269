"""All calendars, again and again: each when it is due, some at once, never many at one host.

A slow or broken server keeps few threads waiting, and only its own calendars; each of these is left alone for longer
and longer, and looked at again by itself.
"""

import threading
from collections import Counter, defaultdict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import structlog

from services.staff_calendar.calendars import figures, links
from services.staff_calendar.calendars.adapters import make
from services.staff_calendar.calendars.inviting import invite
from services.staff_calendar.calendars.links import Connected, State
from services.staff_calendar.calendars.out import Out
from services.staff_calendar.calendars.port import Trouble
from services.staff_calendar.calendars.reader import Reader
from services.staff_calendar.calendars.settings import CalendarSettings
from services.staff_calendar.calendars.sync import Looked, failed, look
from services.staff_calendar.calendars.transport import Pool
from services.staff_calendar.calendars.vault import CannotOpen, unseal
from shared.app import App
from shared.tables import Write, instant
from shared.writer import Unavailable

TICK = 0.5
"""Seconds between two looks at what is due."""
log = structlog.get_logger()


class Rounds:
    """Looks at calendars until it is stopped. One per ensemble (shared.alone)."""

    def __init__(self, app: App, settings: CalendarSettings) -> None:
        self.app, self.settings = app, settings
        self.pool, self.reader = Pool(), Reader(settings.limits)
        self._out = Out(app)
        self._behind: set[str] = set()
        self._threads = ThreadPoolExecutor(settings.threads, thread_name_prefix="calendar")
        self._flying: dict[str, Future[None]] = {}
        self._hosts: Counter[str] = Counter()
        self._clerks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self._states: list[Write] = []
        self._lock = threading.Lock()
        self.stopping = threading.Event()

    def run(self, check: Callable[[], None]) -> None:
        """Until `stopping` is set, or `check` raises because another process may have begun with its rounds."""
        while not self.stopping.wait(TICK):
            check()
            try:
                self.tick()
            except Unavailable:
                log.warning("waiting_for_database")

    def close(self) -> None:
        """Wait until what is under way is finished, or given up when its time is over, and write down how it stands."""
        self._threads.shutdown(wait=True, cancel_futures=True)
        self._write_states()
        self.pool.close()
        self.reader.close()

    def tick(self) -> int:
        """Start looking at what is due, as much as may be asked at once; returns how many are under way."""
        # Whoever is under way now may have come to an end when the table is read: what it says of them is old then.
        with self._lock:
            flying = set(self._flying)
        self._write_states()
        self._behind |= self._out.due()
        with self.app.read() as connection:
            due = links.due(connection, self.app.clock(), self._behind)
        for found in due:
            if found.link.calendar in flying:
                continue
            with self._lock:
                free = (
                    found.link.calendar not in self._flying and self._hosts[found.link.host] < self.settings.at_one_host
                )
                if not free or len(self._flying) >= self.settings.threads:
                    continue
                self._behind.discard(found.link.calendar)
                self._hosts[found.link.host] += 1
                self._flying[found.link.calendar] = self._threads.submit(self._look, found)
        figures.UNDER_WAY.set(len(self._flying))
        return len(self._flying)

    def whole(self) -> None:
        """One round: look at everything that is due now, and return when that is done."""
        while self.tick() or self._any_due():
            self.stopping.wait(0.005)

    def _any_due(self) -> bool:
        self._write_states()
        with self.app.read() as connection:
            return bool(links.due(connection, self.app.clock()))

    def _look(self, found: Connected) -> None:
        name = found.link.calendar
        state = replace(found.state, due_at=instant(self.app.clock() + timedelta(seconds=self.settings.poll)))
        outcome = figures.FAILED
        try:
            with figures.LOOK.time():
                state = self.look(found).state
            outcome = state.because or figures.WELL
        except Unavailable:
            log.warning("calendar_waits_for_database", calendar=name)
        except Exception as error:
            # Whatever it was, it concerns this calendar only; it is seen, and tried again more and more seldom.
            log.exception("calendar_failed", calendar=name)
            trouble = Trouble("unreadable", f"a fault of ours ({type(error).__name__})")
            state = failed(found.state, trouble, self.app.clock(), self.settings)
        finally:
            figures.LOOKED.labels(outcome).inc()
            with self._lock:
                self._states.append(links.keep(name, state))
                self._hosts[found.link.host] -= 1
                del self._flying[name]

    def look(self, found: Connected) -> Looked:
        """Look at one calendar now."""
        try:
            access = unseal(self.app.settings.master_key, found.link.calendar, found.sealed)
        except CannotOpen as error:
            pause = timedelta(seconds=self.settings.longest_pause)
            state = replace(found.state, because="not_signed_in", detail=str(error))
            return Looked(replace(state, due_at=instant(self.app.clock() + pause), failures=state.failures + 1))
        if found.link.kind == "mail":
            return self._invite(found, access.address)
        try:
            calendar = make(found.link.kind, access, self.settings, self.pool)
        except Trouble as trouble:
            return Looked(failed(found.state, trouble, self.app.clock(), self.settings))
        try:
            looked = look(self.app, found, calendar, self.reader, self.settings, self._clerks[found.link.clerk])
            if looked.state.failures == 0 and self._out(found, calendar, looked):
                # See our own changes at once: what the clerk does with them later is then told apart for sure.
                looked = replace(looked, state=replace(looked.state, due_at=instant(self.app.clock())))
        except Trouble as trouble:
            looked = Looked(failed(found.state, trouble, self.app.clock(), self.settings))
        finally:
            calendar.close()
        _tell(found, looked)
        return looked

    def _invite(self, found: Connected, address: str) -> Looked:
        now = self.app.clock()
        try:
            invite(self.app, found.link, address)
            again = instant(now + timedelta(seconds=self.settings.poll))
            looked = Looked(State(due_at=again, tried_at=instant(now), good_at=instant(now)))
        except Trouble as trouble:
            looked = Looked(failed(found.state, trouble, now, self.settings))
        _tell(found, looked)
        return looked

    def _write_states(self) -> None:
        with self._lock:
            writes, self._states = self._states, []
        if writes:
            try:
                self.app.write(*writes)
            except Unavailable:
                with self._lock:
                    self._states = writes + self._states
                raise


def _tell(found: Connected, looked: Looked) -> None:
    """In the log, what is new: names of calendars and reasons, no addresses."""
    if looked.state.because != found.state.because:
        kind = "calendar_trouble" if looked.state.because else "calendar_well_again"
        log.warning(kind, calendar=found.link.calendar, because=looked.state.because or found.state.because)
    if looked.changed:
        log.info("calendar_changed", calendar=found.link.calendar, days=looked.changed)
