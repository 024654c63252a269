"""Rooms as a nameko service: entrypoints and wiring."""

import subprocess
import sys
from collections.abc import Sequence
from datetime import date
from functools import lru_cache, partial
from pathlib import Path
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from sqlalchemy.exc import NoResultFound
from werkzeug.wrappers import Request, Response

from services.rooms import contracts, decider, projections, queries, reactions, upcasts
from services.rooms.commands import DefineRoom, ExtendHorizon, SetClosures
from services.rooms.contracts import (
    ClosuresBody,
    DayAnswer,
    DayPath,
    RoomAnswer,
    RoomBody,
    RoomPath,
    RoomsAnswer,
    SitePath,
    SitesAnswer,
)
from services.rooms.events import Closure, RoomEvent
from services.rooms.place import PLACE
from services.rooms.web import admin
from services.rooms.web.pages import KIT, ROLES, pages
from shared import admission
from shared.app import App, Delivery
from shared.definition import Definition
from shared.interval import every
from shared.nameko_parts import Running, hear
from shared.standard import Standard
from shared.web import LONG_BODY, Problem, api, json_response

STAFF = ("clerk", "info_desk", "security_desk", "catalogue", "operations")
KEEPERS = ("catalogue", "operations")
"""Who may look, and who may change."""
DEFINITION = Definition(
    **PLACE._asdict(),
    decider=decider,
    events=RoomEvent,
    upcasts=upcasts.UPCASTS,
    say=contracts.say,
    heard=contracts.VERSIONS | admission.HEARD,
    react=reactions.react,
    can_wait=reactions.can_wait,
    note=admission.heard,
    at_once=admission.at_once(),
    replays=reactions.REPLAYS,
    project=projections.project,
    metadata=projections.metadata,
    migrations=Path(__file__).parent / "migrations",
)


class RoomsService(Standard):
    """What rooms there are, when they are open, and which visit has which."""

    name = DEFINITION.name
    app = Running(DEFINITION)

    @hear
    def hear(self, batch: Sequence[Delivery]) -> None:
        """What booking says."""
        self.app.hear(batch)

    @every(3600, eager=True)
    def extend(self) -> None:
        """Open the days that have come within the horizon; most hours there is none."""
        extend(self.app)

    @api("GET", "/api/rooms", role=STAFF, answer=RoomsAnswer, summary="All rooms")
    def rooms(self, request: Request) -> Response:
        """By id."""
        with self.app.read() as connection:
            return json_response({"rooms": queries.all_rooms(connection)})

    @api("GET", "/api/rooms/<room>", path=RoomPath, role=STAFF, answer=RoomAnswer, summary="A room")
    def room(self, request: Request, room: str) -> Response:
        """As it was defined."""
        return answer(self.app, queries.one_room, {"room": room})

    @api(
        "PUT",
        "/api/rooms/<room>",
        path=RoomPath,
        role=KEEPERS,
        body=RoomBody,
        max_body=LONG_BODY,
        answer=RoomAnswer,
        summary="Define a room, or change it",
    )
    def define_room(self, request: Any, room: str, body: dict[str, Any]) -> Response:
        """The same again changes nothing."""
        self.app.handle(definition(self.app, body | {"room": room}), cause=request.cause)
        return answer(self.app, queries.one_room, {"room": room})

    @api("GET", "/api/rooms/<room>/days/<date>", path=DayPath, role=STAFF, answer=DayAnswer, summary="A room's day")
    def room_day(self, request: Request, room: str, date: date) -> Response:
        """When it is open, and which appointments have it."""
        return answer(self.app, queries.room_day, {"room": room, "date": date})

    @api("GET", "/api/sites", role=STAFF, answer=SitesAnswer, summary="All sites")
    def sites(self, request: Request) -> Response:
        """Where there are rooms, and when all of a site is closed."""
        return sites(self.app)

    @api(
        "PUT",
        "/api/sites/<site>/closures",
        path=SitePath,
        role=KEEPERS,
        body=ClosuresBody,
        max_body=LONG_BODY,
        answer=SitesAnswer,
        summary="Say when a site is closed",
    )
    def set_closures(self, request: Any, site: str, body: dict[str, Any]) -> Response:
        """Bridge days and company holidays; what is reserved stays reserved."""
        self.app.handle(closures(self.app, site, body), cause=request.cause)
        return sites(self.app)

    # ------------------------------------------------------------------------------------------------------------ pages

    @pages("GET", "/admin/rooms", role=ROLES)
    def rooms_page(self, request: Request) -> Response:
        """All rooms by site."""
        return admin.overview(self.app, request)

    @pages("GET,POST", "/admin/rooms/new", role=ROLES)
    def new_room_page(self, request: Request) -> Response:
        """One more."""
        return admin.room(self.app, request, None, partial(definition, self.app))

    @pages("GET,POST", "/admin/rooms/<room>", role=ROLES)
    def room_page(self, request: Request, room: str) -> Response:
        """Change a room, after a look at what that would affect."""
        return admin.room(self.app, request, room, partial(definition, self.app))

    @pages("GET,POST", "/admin/rooms/sites/<site>", role=ROLES)
    def site_page(self, request: Request, site: str) -> Response:
        """Say when a site is closed, after a look at what that would affect."""
        return admin.site(self.app, request, site, partial(closures, self.app))

    @pages("GET", KIT.files.rule)
    def static_file(self, request: Request, group: str, name: str) -> Response:
        """Stylesheets and fonts."""
        return KIT.static(request, group, name)


def sites(app: App) -> Response:
    """All of them."""
    with app.read() as connection:
        return json_response({"sites": queries.all_sites(connection)})


def closures(app: App, site: str, body: dict[str, Any]) -> SetClosures:
    """The command of a caller who closes a site for some days."""
    found = tuple(Closure(**closure) for closure in body["closures"])
    return SetClosures(str(uuid4()), app.clock(), site, found, app.settings.timezone, closed(app))


def definition(app: App, room: dict[str, Any]) -> DefineRoom:
    """The command of a caller who wants a room to be so."""
    pattern = contracts.pattern(room.pop("weekly"), room.pop("closures"))
    room["equipment"] = tuple(dict.fromkeys(room["equipment"]))
    zone, now = app.settings.timezone, app.clock()
    return DefineRoom(str(uuid4()), now, **room, pattern=pattern, zone=zone, closed=closed(app))


def extend(app: App) -> None:
    """The days that have come within the horizon since last time."""
    app.handle(ExtendHorizon(str(uuid4()), app.clock(), app.settings.timezone, closed(app)))


def closed(app: App) -> tuple[date, ...]:
    """The public holidays of this year and the next; the horizon reaches no further."""
    year = app.clock().astimezone(ZoneInfo(app.settings.timezone)).year
    return public_holidays(app.settings.land, year, year + 1) if app.settings.land else ()


@lru_cache(maxsize=4)
def public_holidays(land: str, *years: int) -> tuple[date, ...]:
    """Those of a German Land in these years, asked of the package `holidays` in a process of its own.

    It loads every country of the world: 11 MB, which this process would keep for good.
    """
    program = "import sys, holidays as h; print(*sorted(h.country_holidays('DE', sys.argv[1], map(int, sys.argv[2:]))))"
    ask = [sys.executable, "-c", program, land, *map(str, years)]
    said = subprocess.run(ask, stdout=subprocess.PIPE, text=True, check=True).stdout
    return tuple(date.fromisoformat(day) for day in said.split())


def answer(app: App, query: Any, path: dict[str, Any]) -> Response:
    """What the query finds, or 404."""
    try:
        with app.read() as connection:
            return json_response(query(connection, **path))
    except NoResultFound:
        raise Problem(404, "There is no such room", kind="/problems/unknown_room") from None
