"""The clerks' calendars as a nameko service: entrypoints and wiring."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import date as Date
from pathlib import Path
from typing import Any
from uuid import uuid4

from prometheus_client.core import Metric
from sqlalchemy import Connection
from werkzeug.wrappers import Request, Response

from services.staff_calendar import contracts, decider, duties, projections, queries, reactions, upcasts
from services.staff_calendar.calendars import figures, links
from services.staff_calendar.calendars import tables as calendars
from services.staff_calendar.calendars.uids import Uids
from services.staff_calendar.commands import DefineClerk, ExtendHorizon
from services.staff_calendar.events import (
    Responsibility,
    StaffCalendarEvent,
    StreetPart,
)
from services.staff_calendar.place import PLACE
from services.staff_calendar.web import feed
from services.staff_calendar.web.bodies import (
    AddressAnswer,
    ClerkAnswer,
    ClerkBody,
    ClerkPath,
    DayAnswer,
    DayPath,
    DefinedAnswer,
    FeedQuery,
    QuotasBody,
    StaffAnswer,
)
from services.staff_calendar.web.entrypoints import StaffPages
from services.staff_calendar.web.feed import address
from services.staff_calendar.web.hours import closed_dates, order_quotas, today
from shared import admission
from shared.app import App, Delivery
from shared.definition import Definition
from shared.interval import every
from shared.nameko_parts import Running, hear
from shared.standard import Standard
from shared.web import LONG_BODY, Problem, api, json_response

HOUR = 3600
STAFF = ("clerk", "info_desk", "security_desk", "catalogue", "operations")
KEEPERS = ("operations",)
"""Who may look, and who may change what is not their own."""
DEFINITION = Definition(
    **PLACE._asdict(),
    decider=decider,
    events=StaffCalendarEvent,
    upcasts=upcasts.UPCASTS,
    say=contracts.say,
    heard=contracts.VERSIONS | admission.HEARD,
    react=reactions.react,
    can_wait=reactions.can_wait,
    note=admission.heard,
    at_once=admission.at_once(projections.forget_at_once),
    replays=reactions.REPLAYS,
    project=projections.project,
    metadata=projections.metadata,
    beside=calendars.metadata,
    migrations=Path(__file__).parent / "migrations",
)


class StaffCalendar(App):
    """The running service."""

    def figures(self, connection: Connection) -> Iterable[Metric]:
        """How it stands with the clerks' own calendars, besides what every service shows."""
        return figures.of_the_database(connection, self.clock())


class StaffCalendarService(StaffPages, Standard):
    """Who can do what, who is on duty, who holds which stop of a visit."""

    name = DEFINITION.name
    app = Running(DEFINITION, StaffCalendar)

    @hear
    def hear(self, batch: Sequence[Delivery]) -> None:
        """What booking says."""
        self.app.hear(batch)

    def notes(self) -> list[str]:
        """Calendars that can't be read: their last known busy times are in force."""
        with self.app.read() as connection:
            return links.troubles(connection)

    @every(HOUR, eager=True)
    def extend_horizon(self) -> None:
        """Open the days that have come within the horizon. Hourly, for the day begins when the clerks' zone says so."""
        extend_horizon(self.app)

    @api("GET", "/api/staff", role=STAFF, answer=StaffAnswer, summary="All clerks")
    def staff(self, request: Request) -> Response:
        """By id, with their quotas as set."""
        with self.app.read() as connection:
            return json_response({"staff": queries.staff(connection)})

    @api(
        "PUT",
        "/api/staff/<clerk>",
        path=ClerkPath,
        role=KEEPERS,
        body=ClerkBody,
        max_body=LONG_BODY,
        answer=DefinedAnswer,
        summary="Define a clerk",
    )
    def define(self, request: Request, clerk: str, body: dict[str, Any]) -> Response:
        """What the clerk can do, and for whom; the same again changes nothing. Gaps and overlaps of rules are told."""
        return define_clerk(self.app, request, clerk, body)

    @api(
        "PUT",
        "/api/staff/<clerk>/quotas",
        path=ClerkPath,
        role=("clerk", *KEEPERS),
        body=QuotasBody,
        max_body=LONG_BODY,
        answer=ClerkAnswer,
        summary="Set a clerk's quotas",
    )
    def quotas(self, request: Request, clerk: str, body: dict[str, Any]) -> Response:
        """All of them; what is reserved stays reserved."""
        own(request, clerk)
        return set_quotas(self.app, request, clerk, body)

    @api("GET", "/api/staff/<clerk>/days/<date>", path=DayPath, role=STAFF, answer=DayAnswer, summary="A clerk's day")
    def day(self, request: Request, clerk: str, date: Date) -> Response:
        """What is open, and what is held."""
        return clerk_day(self.app, clerk, date)

    @api(
        "GET",
        "/api/staff/<clerk>/calendar.ics",
        path=ClerkPath,
        query=FeedQuery,
        answer="text/calendar",
        summary="A clerk's reservations as a calendar",
    )
    def calendar(self, request: Request, clerk: str, query: dict[str, Any]) -> Response:
        """For subscribing to; needs the key of the address."""
        return calendar(self.app, request, clerk, query["key"])

    @api(
        "GET",
        "/api/staff/<clerk>/calendar-address",
        path=ClerkPath,
        role=("clerk", *KEEPERS),
        answer=AddressAnswer,
        summary="Where the calendar is found",
    )
    def calendar_address(self, request: Request, clerk: str) -> Response:
        """The feed's address with its key."""
        own(request, clerk)
        known_clerk(self.app, clerk)
        return json_response({"address": address(self.app, request, clerk)})


def own(request: Any, clerk: str) -> None:
    """Raises Problem where a clerk asks for what is a colleague's."""
    if not request.visitor.may(KEEPERS) and request.visitor.person != clerk:
        detail = "A clerk may do this for themselves."
        raise Problem(403, "This is another clerk's", kind="/problems/role", detail=detail)


def extend_horizon(app: App) -> None:
    """Every clerk's new days; nothing when there are none."""
    app.handle(ExtendHorizon(str(uuid4()), app.clock(), app.settings.timezone, closed_dates(app)))


def define_clerk(app: App, request: Any, clerk: str, body: dict[str, Any]) -> Response:
    """Define, and answer with the clerk."""
    lists = {name: tuple(dict.fromkeys(body[name])) for name in ("departments", "competences", "languages")}
    rules = tuple(_responsibility(**rule) for rule in body["responsibility"])
    order = DefineClerk(str(uuid4()), app.clock(), clerk, body["name"], responsibility=rules, **lists)
    app.handle(order, cause=request.cause)
    with app.read() as connection:
        found = duties.faults(queries.rules(connection, order.departments), order.departments)
        return json_response(known_clerk(app, clerk) | {"warnings": [asdict(fault) for fault in found]})


def set_quotas(app: App, request: Any, clerk: str, body: dict[str, Any]) -> Response:
    """Set, and answer with the clerk. Raises Problem for an unknown clerk, Refused for quotas that make no sense."""
    known_clerk(app, clerk)
    order_quotas(app, request, clerk, body)
    return json_response(known_clerk(app, clerk))


def clerk_day(app: App, clerk: str, day: Date) -> Response:
    """One day of a known clerk. Raises Problem."""
    known_clerk(app, clerk)
    with app.read() as connection:
        return json_response(queries.day(connection, clerk, day))


def calendar(app: App, request: Request, clerk: str, key: str) -> Response:
    """The feed, or 304 where the caller has it already. Raises Problem without the right key."""
    with app.read() as connection:
        renewed = queries.renewed(connection, clerk)
    if not feed.opens(key, clerk, app.settings.secret, renewed):
        raise Problem(401, "This address is not valid", detail="Ask for a new address of the calendar.")
    name = known_clerk(app, clerk)["name"]
    uids = Uids(app.settings.secret)
    with app.read() as connection:
        body = feed.calendar(name, feed.held(connection, clerk, today(app) - feed.REACHES_BACK), uids)
    response = Response(
        body, content_type="text/calendar; charset=utf-8", headers={"Cache-Control": "private, no-cache"}
    )
    response.add_etag()
    return response.make_conditional(request)


def known_clerk(app: App, clerk: str) -> dict[str, Any]:
    """The clerk as answered. Raises Problem for one nobody has defined."""
    with app.read() as connection:
        found = queries.clerk(connection, clerk)
    if found is None:
        raise Problem(404, "No such clerk", kind="/problems/unknown_clerk")
    return found


def _responsibility(streets: list[dict[str, Any]], **rule: Any) -> Responsibility:
    return Responsibility(**rule, streets=tuple(StreetPart(**street) for street in streets))
