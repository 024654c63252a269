"""The kit of the clerks' pages, and whose calendar a page is about."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date as Date
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from werkzeug.wrappers import Request, Response

from services.staff_calendar import queries
from shared.app import App
from shared.named import called, names
from shared.pages import Kit, Link, Sorry
from shared.words import Words

ROLES = ("clerk", "operations", "catalogue")
KEEPERS = ("operations",)
"""Who may change what is not their own."""
FAR = 100
"""Years from now in which nobody has a calendar."""
KIT = Kit(
    "staff_calendar",
    Path(__file__).parent,
    title="Mein Arbeitstag",
    home="/staff",
    navigation=(
        Link("/staff", "Mein Tag", ROLES),
        Link("/staff/dates", "Meine Woche", ROLES),
        Link("/staff/week", "Sprechzeiten", ROLES),
        Link("/staff/absences", "Abwesenheit", ROLES),
        Link("/staff/calendar", "Kalender", ROLES),
    ),
    portal=("FOYER_HTTP_BOOKING", "127.0.0.1:8001"),
    stylesheets=("own/staff.css",),
)
pages, page = KIT.pages, KIT.page


@dataclass(frozen=True, slots=True)
class Owner:
    """The clerk whose calendar a page shows; `own`: it is the visitor's."""

    clerk: str
    name: str
    quotas: dict[str, Any]
    own: bool
    may_change: bool

    def to(self, path: str, **values: object) -> str:
        """The address of a page about the same calendar."""
        named = {} if self.own else {"clerk": self.clerk}
        query = urlencode({**named, **{name: value for name, value in values.items() if value not in (None, "")}})
        return f"{path}?{query}" if query else path


class NobodyNamed(Exception):
    """The visitor must choose a calendar first."""


def owner(app: App, request: Any, *, change: bool = False) -> Owner:
    """Whose calendar this is about. Raises NobodyNamed, or Sorry for one that is not the visitor's to see or change."""
    visitor = request.visitor
    named = request.values.get("clerk", "") or (visitor.person if visitor.may(("clerk",)) else None)
    if not named:
        if visitor.may(("operations", "catalogue")):
            raise NobodyNamed
        raise Sorry(
            403, "Kein Kalender", "Zu Ihrem Konto gehört kein Kalender. Wer die Konten verwaltet, kann das ändern."
        )
    own = named == visitor.person
    if not own and not visitor.may(("operations", "catalogue")):
        raise Sorry(403, "Das ist nicht Ihr Kalender", "Sie sehen hier nur Ihre eigenen Termine.")
    may_change = own or visitor.may(KEEPERS)
    if change and not may_change:
        raise Sorry(403, "Das ist nicht Ihr Kalender", "Ändern darf ihn, wem er gehört.")
    with app.read() as connection:
        found = queries.clerk(connection, named)
    if found is None:
        raise Sorry(404, "Diesen Kalender gibt es nicht", "Bitte wählen Sie einen aus der Liste.")
    quotas = found["quotas"] or {"weekly": [], "exceptions": []}
    return Owner(named, found["name"], quotas, own, may_change)


def about(template: str, request: Request, who: Owner, status: int = 200, **values: Any) -> Response:
    """A page about somebody's calendar."""
    to: Callable[..., str] = who.to
    response: Response = page(
        template, request, status, who=who, to=to, called=partial(called, names("FOYER_SITES")), period=period, **values
    )
    return response


def period(words: Words, begins: datetime, until: datetime) -> str:
    """From when until when, as one says it: whole days without the hours."""
    last = until - timedelta(minutes=1)
    if (begins.hour, begins.minute, until.hour, until.minute) == (0, 0, 0, 0):
        same = begins.date() == last.date()
        return words.day(begins) if same else f"{words.day(begins)} – {words.day(last)}"
    if begins.date() == until.date():
        return f"{words.day(begins)}, {words.time(begins)}–{words.time(until)}"
    return f"{words.day(begins)}, {words.time(begins)} – {words.day(until)}, {words.time(until)}"


def zone(app: App) -> ZoneInfo:
    """The town's."""
    return ZoneInfo(app.settings.timezone)


def now(app: App) -> datetime:
    """The local time."""
    return app.clock().astimezone(zone(app))


def day_of(request: Request, default: Date) -> Date:
    """The date in the address; `default` where there is none, or none that has days and weeks around it."""
    try:
        day = Date.fromisoformat(request.values.get("date", ""))
    except ValueError:
        return default
    return day if abs(day.year - default.year) < FAR else default
