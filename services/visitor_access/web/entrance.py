"""What the desk's pages do: show the day, and enter who arrives and leaves."""

import time
from collections.abc import Iterator
from datetime import date as Date
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4
from zoneinfo import ZoneInfo

from marshmallow import ValidationError
from sqlalchemy.exc import NoResultFound
from werkzeug.wrappers import Request, Response

from services.visitor_access import passes, queries
from services.visitor_access.commands import AtTheDesk, RecordArrival, RecordDeparture, UndoArrival
from services.visitor_access.desk import Refused
from services.visitor_access.web.board import VIEWS, Board, board
from services.visitor_access.web.entries import entry
from services.visitor_access.web.pages import page
from services.visitor_access.web.told import told
from shared.config import Settings
from shared.fields import Instant
from shared.named import called, names
from shared.pages.kit import see_other
from shared.pages.streams import events
from shared.vault import Vault

ORDERS: dict[str, type[AtTheDesk]] = {"arrival": RecordArrival, "departure": RecordDeparture, "undo": UndoArrival}
WORKER = (Path(__file__).parent / "static" / "worker.js").read_bytes()
LIVE = "X-Live"
"""The header of a page that puts what comes into itself."""
LONGEST_WORDS = 100
LOOK_EVERY, SIGN_OF_LIFE = 1.0, 15.0
"""Seconds between two looks at what has changed, and between two signs of life to an idle line."""


class House(Protocol):
    """What is needed of the app."""

    settings: Settings
    vault: Vault

    def clock(self) -> datetime: ...
    def read(self) -> Any: ...
    def handle(self, *commands: Any, cause: Any = None) -> Any: ...


def show(app: House, request: Request, status: int = 200, wanted: str = "", **values: Any) -> Response:
    """The list of today, or whom of it was looked for."""
    site, view = request.args.get("site") or None, request.args.get("view", "")
    view = view if view in VIEWS else "expected"
    day = _day(app, site, view, wanted)
    if "told" not in values:
        values["told"] = _done(app, request)
    here = "/entrance" if request.method == "POST" else None
    return page("entrance.html", request, status, here=here, **_around(app, request, site, view, wanted, day), **values)


def enter(app: House, request: Request) -> Response:
    """A number typed or scanned, a button of the list, or a name to look for."""
    button = next((name for name in ORDERS if name in request.form), "")
    kind, code = button or "arrival", request.form.get(button or "wanted", "").strip()
    wanted = "" if button else code[:LONGEST_WORDS]
    if not button and passes.read(code) is None:
        return show(app, request, wanted=wanted)
    try:
        _hand_over(app, request, kind, code)
    except Refused as refused:
        if wanted and refused.reason == "unknown" and _is_somebody(app, request, wanted):
            return show(app, request, wanted=wanted)
        return show(app, request, 422, wanted, told=told(refused.reason, code))
    except ValidationError:
        return show(app, request, 422, wanted, told=told("time", code))
    if LIVE in request.headers:
        return show(app, request, told=_of(app, kind, code))
    kept = "".join(f"&{name}={request.args[name]}" for name in ("site", "view") if name in request.args)
    with app.read() as connection:
        appointment = queries.guest(connection, app.vault, code)["appointment"]
    return see_other(f"/entrance?done={kind}&of={appointment}{kept}")


def house(app: House, request: Request) -> Response:
    """Who is in the house right now: the list that is taken along when everybody has to leave."""
    site = request.args.get("site") or None
    day = _day(app, site, "house", "")
    return page("house.html", request, **_around(app, request, site, "house", "", day))


def printed(app: House, request: Request) -> Response:
    """The whole day on paper."""
    site = request.args.get("site") or None
    return page("print.html", request, **_around(app, request, site, "all", "", _day(app, site, "all", "")))


def changes(app: House, request: Request) -> Response:
    """Tells a page when the list is another one."""
    return events(request, _news(app, request.args.get("site") or None))


def worker() -> Response:
    """Asked for anew each time it starts, so that a change reaches every desk."""
    policy = "default-src 'none'; connect-src 'self'"
    headers = {"Cache-Control": "no-cache", "Service-Worker-Allowed": "/entrance", "Content-Security-Policy": policy}
    return Response(WORKER, content_type="text/javascript; charset=utf-8", headers=headers)


def _news(app: House, site: str | None) -> Iterator[tuple[str, object] | None]:
    before, told_at = None, time.monotonic()
    while True:
        with app.read() as connection:
            now = queries.standing(connection, _today(app), site)
        if before is not None and now != before:
            yield "changed", None
            told_at = time.monotonic()
        elif time.monotonic() - told_at > SIGN_OF_LIFE:
            yield None
            told_at = time.monotonic()
        before = now
        time.sleep(LOOK_EVERY)


def _hand_over(app: House, request: Request, kind: str, code: str) -> None:
    """Raises Refused or ValidationError. `key` and `at` come from a page that had no line meanwhile."""
    given, key = request.form.get("at"), request.form.get("key", "")
    more: dict[str, Any] = {}
    if given and kind != "undo":
        more["at"] = Instant().deserialize(given)
    if kind == "arrival" and (site := request.args.get("site")):
        more["site"] = site
    order = ORDERS[kind](str(uuid4()), app.clock(), code, entry=entry(key, kind, code, given or ""), **more)
    app.handle(order, cause=request.cause)  # type: ignore[attr-defined]


def _is_somebody(app: House, request: Request, wanted: str) -> bool:
    """A name of eight letters can be read as a number."""
    return bool(_day(app, request.args.get("site") or None, "all", wanted).rows)


def _today(app: House) -> Date:
    return app.clock().astimezone(ZoneInfo(app.settings.timezone)).date()


def _day(app: House, site: str | None, view: str, wanted: str) -> Board:
    with app.read() as connection:
        listed = queries.access_list(connection, app.vault, _today(app), site)
    return board(listed["guests"], app.clock(), view, wanted)


def _next_day(app: House, site: str | None, view: str, day: Board) -> tuple[Date, int] | None:
    """What is said where the list of today has come to its end, or never begun."""
    if day.visits["expected"] or view in ("house", "gone"):
        return None
    with app.read() as connection:
        return queries.next_day(connection, _today(app), site)


def _around(app: House, request: Request, site: str | None, view: str, wanted: str, day: Board) -> dict[str, Any]:
    now, known = app.clock().astimezone(ZoneInfo(app.settings.timezone)), names("FOYER_SITES")
    return {
        "site": site,
        "sites": sorted({*known, *(row.site for row in day.rows), *([site] if site else ())}),
        "called": partial(called, known),
        "view": view,
        "wanted": wanted,
        "day": day,
        "next_day": _next_day(app, site, view, day),
        "now": now,
        "zone": now.tzinfo,
        "key": str(uuid4()),
    }


def _done(app: House, request: Request) -> Any:
    kind, appointment = request.args.get("done", ""), request.args.get("of", "")
    return _of(app, kind, appointment) if kind in ORDERS and appointment else None


def _of(app: House, kind: str, code: str) -> Any:
    with app.read() as connection:
        try:
            guest = queries.guest(connection, app.vault, code)
        except NoResultFound:
            return None
    return told(kind, code, board([guest], app.clock(), "all").rows[0])
