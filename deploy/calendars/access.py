"""The calendars of the ensemble at hand, as operations reach them."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlsplit

from environs import EnvError
from sqlalchemy.exc import SQLAlchemyError

from deploy.home import BadInput, CannotDo
from deploy.operations.asked import few
from deploy.operations.databases import settings_of
from deploy.parts import definition
from services.staff_calendar.calendars import links
from services.staff_calendar.calendars.adapters import make
from services.staff_calendar.calendars.links import Connected
from services.staff_calendar.calendars.port import Calendar, Trouble
from services.staff_calendar.calendars.process import ROLE
from services.staff_calendar.calendars.rounds import Rounds
from services.staff_calendar.calendars.settings import CalendarSettings
from services.staff_calendar.calendars.settings import load as load_settings
from services.staff_calendar.calendars.transport import Pool
from services.staff_calendar.calendars.vault import Access, CannotOpen, unseal
from shared.alone import AlreadyRunning, only_one
from shared.app import App
from shared.config import Settings
from shared.tables import instant
from shared.writer import Unavailable

SERVICE = "staff_calendar"
GRACE = 15
"""Seconds that a look may take besides the time an answer has."""
MEANINGS = {
    "address_refused": "this address may not be asked",
    "unreachable": "the server can't be reached, or breaks off",
    "too_slow": "the server takes too long",
    "too_large": "the calendar is too large",
    "not_signed_in": "name or password are wrong",
    "forbidden": "the server does not let this name in",
    "not_found": "there is no such calendar",
    "changed_meanwhile": "somebody else changed it at the same time",
    "too_many_requests": "the server wants to be left alone for a while",
    "server_error": "the server has a fault",
    "unreadable": "not all of it can be understood",
    "cannot": "this kind of calendar can't do that",
}


@dataclass(frozen=True, slots=True)
class Here:
    """staff_calendar's log, and how its calendars are asked."""

    app: App
    settings: CalendarSettings

    def all(self, clerk: str = "") -> list[Connected]:
        """All connected calendars, or a clerk's."""
        with self.app.read() as connection:
            found = links.connected(connection)
        return [one for one in found if not clerk or one.link.clerk == clerk]

    def one(self, calendar: str) -> Connected:
        """The calendar of that name. Raises BadInput."""
        found = self.all()
        for one in found:
            if one.link.calendar == calendar:
                return one
        names = [one.link.calendar for one in found]
        raise BadInput(f"No calendar is called {calendar!r}; there are: {few(names)}.")


@contextmanager
def here() -> Iterator[Here]:
    """Raises BadInput where a setting is wrong, CannotDo where the database can't be reached."""
    try:
        yield Here(App(definition(SERVICE), quiet(settings_of(SERVICE))), load_settings())
    except EnvError as error:
        raise BadInput(f"A setting is wrong: {error}") from None
    except (Unavailable, SQLAlchemyError) as error:
        raise CannotDo(
            f"The database of {SERVICE} can't be read ({type(error).__name__}). See `foyer status`."
        ) from None


def quiet(settings: Settings) -> Settings:
    """The terminal is for answers."""
    return replace(settings, log_level="ERROR")


def opened(at: Here, found: Connected) -> tuple[Calendar, Access]:
    """A calendar's adapter. Raises CannotDo."""
    try:
        access = unseal(at.app.settings.master_key, found.link.calendar, found.sealed)
        return make(found.link.kind, access, at.settings, Pool()), access
    except CannotOpen as error:
        raise CannotDo(f"{found.link.calendar}: {error}") from None
    except Trouble as trouble:
        raise CannotDo(f"{found.link.calendar}: {said(trouble)}") from None


def said(trouble: Trouble) -> str:
    """In words; never an address or a password."""
    return f"{MEANINGS[trouble.because]} ({trouble.detail})" if trouble.detail else MEANINGS[trouble.because]


def kind_of(address: str) -> links.Kind:
    """What an address looks like."""
    parts = urlsplit(address)
    return "address" if parts.scheme == "webcal" or parts.path.endswith((".ics", ".ical", ".ifb")) else "caldav"


def look_now(at: Here, wanted: Sequence[Connected]) -> None:
    """Look at these calendars, and return when it is done: by the process that does so, or here where none runs.

    Raises CannotDo when it is not done in time.
    """
    begun = at.app.clock()
    at.app.write(*(links.hurry(one.link.calendar, begun) for one in wanted))
    try:
        with only_one(at.app.engine, at.app.settings, ROLE):
            rounds = Rounds(at.app, at.settings)
            try:
                for one in wanted:
                    state = rounds.look(at.one(one.link.calendar)).state
                    at.app.write(links.keep(one.link.calendar, state))
            finally:
                rounds.close()
    except AlreadyRunning:
        _wait(at, [one.link.calendar for one in wanted], begun)


def _wait(at: Here, names: Sequence[str], begun: datetime) -> None:
    until = time.monotonic() + at.settings.limits.seconds + GRACE
    while missing := [name for name in names if (at.one(name).state.tried_at or "") < instant(begun)]:
        if time.monotonic() > until:
            raise CannotDo(f"Not looked at in time: {', '.join(missing)}. They stay due; see `foyer calendars list`.")
        time.sleep(0.2)
