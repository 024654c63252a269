"""A small town for the tests of the proposal engine: two clerks, three rooms, one site."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from services.booking.proposals.index import Index
from services.booking.proposals.wish import Need, Wish

ZONE = ZoneInfo("Europe/Berlin")
MONDAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=ZONE)


def at(clock: str, day: date = MONDAY) -> datetime:
    return datetime.combine(day, time.fromisoformat(clock), ZONE)


def room(index: Index, name: str, seats: int = 3, opened: str = "08:00-18:00", days: int = 5, **more: object) -> None:
    values = {"site": "rathaus", "equipment": (), "step_free": False} | more
    index.define_room(name, name=name, seats=seats, **values)  # type: ignore[arg-type]
    index.open_room(name, MONDAY, MONDAY + timedelta(days - 1), {day: [hours(opened, day)] for day in week(days)})


def clerk(index: Index, name: str, opened: str = "08:00-12:00", days: int = 5, **more: object) -> None:
    values = {"departments": ("buergerbuero",), "competences": ("pass",), "responsibility": ()} | more
    site = str(values.pop("site", "rathaus"))
    index.define_clerk(name, name=name, **values)  # type: ignore[arg-type]
    quotas = {day: [(site, *hours(opened, day))] for day in week(days)}
    index.open_clerk(name, MONDAY, MONDAY + timedelta(days - 1), quotas)


def week(days: int) -> list[date]:
    return [MONDAY + timedelta(number) for number in range(days)]


def hours(opened: str, day: date) -> tuple[datetime, datetime]:
    begins, until = opened.split("-")
    return at(begins, day), at(until, day)


def town() -> Index:
    index = Index(ZONE)
    room(index, "r1", 2)
    room(index, "r2", 4, step_free=True)
    room(index, "r3", 7, equipment=("fingerprint",))
    clerk(index, "anna")
    clerk(index, "bert", "10:00-16:00", competences=("pass", "meldewesen"))
    return index


def need(concern: str = "reisepass", minutes: int = 20, **more: object) -> Need:
    values = {"department": "buergerbuero", "competences": ("pass",), "seats": 2, "buffer": 5} | more
    return Need(concern, minutes, **values)  # type: ignore[arg-type]


def wish(*stops: Need, **more: object) -> Wish:
    return Wish(stops or (need(),), **more)  # type: ignore[arg-type]
