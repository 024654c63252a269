"""What the pages do: show rooms and sites, check a change with the rules, show what it would affect, and make it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from functools import partial
from hashlib import sha256
from typing import Any, Protocol

from marshmallow import ValidationError
from sqlalchemy import select
from werkzeug.wrappers import Request, Response

from services.rooms import house, queries
from services.rooms.commands import DefineRoom, SetClosures
from services.rooms.contracts import ClosuresBody, RoomBody, RoomPath, SitePath
from services.rooms.events import RoomEvent
from services.rooms.house import House, Refused
from services.rooms.projections import reservations
from services.rooms.web import forms
from services.rooms.web.effects import Effects, Held, of_room, of_site
from services.rooms.web.pages import KIT, page
from shared.config import Settings
from shared.named import called, names
from shared.pages import Sorry
from shared.pages.kit import see_other
from shared.web import flatten

NEW = {"seats": "3", "parties": "1", **dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), "08:00–16:00")}
GONE = Sorry(404, "Diesen Raum gibt es nicht", "Vielleicht wurde die Adresse nicht ganz übernommen.")
NO_SITE = Sorry(404, "Diesen Standort gibt es nicht", "Ein Standort entsteht mit seinem ersten Raum.")
Define = Callable[[dict[str, Any]], DefineRoom]
Close = Callable[[str, dict[str, Any]], SetClosures]


class App(Protocol):
    """What is needed of the app."""

    settings: Settings

    def clock(self) -> datetime: ...
    def read(self) -> Any: ...
    def state(self, stream: str) -> Any: ...
    def handle(self, *commands: Any, cause: Any = None) -> Any: ...


def overview(app: App, request: Request) -> Response:
    """All rooms by site."""
    with app.read() as connection:
        rooms, sites = queries.all_rooms(connection), queries.all_sites(connection)
    by_site = [(site, [room for room in rooms if room["site"] == site["site"]]) for site in sites]
    done = request.args.get("done", "")
    return page("rooms.html", request, by_site=by_site, done=done, **_around(), weekdays=forms.WEEKDAY_NAMES)


def room(app: App, request: Request, name: str | None, define: Define) -> Response:
    """The form of a room, or of a new one; then what it would affect; then it is done."""
    known = _known(app, name) if name else None
    if request.method == "GET":
        return _form(request, name, forms.shown(known) if known else NEW, {})
    values = request.form.to_dict()
    if "edit" in values:
        return _form(request, name, values, {})
    wanted = name or values.get("room", "").strip()
    try:
        body = RoomBody().load(forms.body(values)) | RoomPath().load({"room": wanted})
        order, state = define(body), app.state("house")
        if name is None and (wanted in state.rooms or wanted in ("new", "sites")):
            raise forms.Wrong("room")
        events = house.define(order, state)
    except forms.Wrong as wrong:
        return _form(request, name, values, {wrong.field: forms.sentence(wrong.field)})
    except ValidationError as error:
        return _form(request, name, values, forms.beside(flatten(error.messages), values))
    except Refused as refused:
        return _form(request, name, values, forms.beside({refused.field or "body": ""}, values))
    effects = of_room(state.rooms.get(wanted), events, _held(app, [wanted]))
    if _agreed(values, state) and "save" in values:
        app.handle(order, cause=request.cause)  # type: ignore[attr-defined]
        return see_other(f"/admin/rooms?done={wanted}")
    return _check(request, values, effects, events, state, title=values.get("name", ""), back=request.path)


def site(app: App, request: Request, name: str, close: Close) -> Response:
    """The closures of a site: the form, what they would affect, done."""
    with app.read() as connection:
        known = {one["site"]: one for one in queries.all_sites(connection)}.get(name)
    if known is None:
        raise NO_SITE
    if request.method == "GET":
        return _site_form(request, name, forms.closure_values(known["closures"]), {})
    values = request.form.to_dict()
    if "edit" in values:
        return _site_form(request, name, values, {})
    try:
        body = ClosuresBody().load({"closures": forms.closures(values)})
        order, state = close(SitePath().load({"site": name})["site"], body), app.state("house")
        events = house.close(order, state)
    except forms.Wrong as wrong:
        return _site_form(request, name, values, {wrong.field: forms.sentence(wrong.field)})
    except (ValidationError, Refused) as error:
        found = flatten(error.messages) if isinstance(error, ValidationError) else {error.field or "body": ""}
        return _site_form(request, name, values, forms.beside(found, values))
    rooms = [one for one, room in state.rooms.items() if room.definition.site == name]
    if _agreed(values, state) and "save" in values:
        app.handle(order, cause=request.cause)  # type: ignore[attr-defined]
        return see_other(f"/admin/rooms?done={name}")
    title = called(names("FOYER_SITES"), name, KIT.words(request).language)
    return _check(request, values, of_site(state, events, _held(app, rooms)), events, state, title, request.path)


def _known(app: App, name: str) -> dict[str, Any]:
    with app.read() as connection:
        found = [one for one in queries.all_rooms(connection) if one["room"] == name]
    if not found:
        raise GONE
    return found[0]


def _form(request: Request, name: str | None, values: Mapping[str, str], errors: Mapping[str, str]) -> Response:
    more: dict[str, Any] = {
        "room": name,
        "values": values,
        "errors": errors,
        "rows": forms.rows(values),
    }
    return page("room.html", request, 422 if errors else 200, weekdays=forms.WEEKDAY_NAMES, **more, **_around())


def _site_form(request: Request, name: str, values: Mapping[str, str], errors: Mapping[str, str]) -> Response:
    more: dict[str, Any] = {"site": name, "values": values, "errors": errors, "rows": forms.rows(values)}
    return page("site.html", request, 422 if errors else 200, **more, **_around())


def _check(
    request: Request,
    values: Mapping[str, str],
    effects: Effects,
    events: Sequence[RoomEvent],
    state: House,
    title: str,
    back: str,
) -> Response:
    """`standing` tells whether what was looked at is still so when it is saved."""
    kept = {name: value for name, value in values.items() if name not in ("save", "standing", "form_token")}
    meanwhile = "save" in values
    more: dict[str, Any] = {
        "effects": effects,
        "events": events,
        "kept": kept,
        "standing": _standing(state),
        "title": title,
    }
    return page("check.html", request, 409 if meanwhile else 200, back=back, meanwhile=meanwhile, **more, **_around())


def _agreed(values: Mapping[str, str], state: House) -> bool:
    return values.get("standing") == _standing(state)


def _standing(state: House) -> str:
    """Another text as soon as any room or closure is another one."""
    rooms = [(name, room.definition, room.pattern) for name, room in sorted(state.rooms.items())]
    return sha256(repr((rooms, sorted(state.closures.items()))).encode()).hexdigest()[:16]


def _held(app: App, rooms: Sequence[str]) -> list[Held]:
    """The visits that have these rooms from today on, by their start."""
    today = app.clock().date().isoformat()
    query = select(reservations).where(reservations.c.room.in_(rooms), reservations.c.date >= today)
    with app.read() as connection:
        found = [
            Held(row.appointment, row.room, datetime.fromisoformat(row.starts_at), datetime.fromisoformat(row.ends_at))
            for row in connection.execute(query)
        ]
    return sorted(found, key=lambda one: (one.starts_at, one.room))


def _around() -> dict[str, Any]:
    return {"called": partial(called, names("FOYER_SITES")), "day_of": date.fromisoformat}
