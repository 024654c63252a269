"""The entrance as a nameko service: entrypoints and wiring."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from werkzeug.wrappers import Request, Response

from services.visitor_access import contracts, decider, projections, queries, reactions, upcasts
from services.visitor_access.commands import AtTheDesk, EndDay, RecordArrival, RecordDeparture, UndoArrival
from services.visitor_access.decider import Refused
from services.visitor_access.events import VisitEvent
from services.visitor_access.place import PLACE
from services.visitor_access.web import entrance
from services.visitor_access.web.bodies import (
    AccessListAnswer,
    AccessListQuery,
    ArrivalBody,
    DepartureBody,
    GuestAnswer,
)
from services.visitor_access.web.entries import entry
from services.visitor_access.web.pages import KIT, ROLES, pages
from shared import admission
from shared.app import App, Delivery
from shared.definition import Definition
from shared.interval import every
from shared.nameko_parts import Running, hear
from shared.standard import Standard
from shared.web import Problem, api, json_response

DESKS = ("security_desk", "info_desk", "operations")
"""Who may see names, and let in."""
DEFINITION = Definition(
    **PLACE._asdict(),
    decider=decider,
    events=VisitEvent,
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
    migrations=Path(__file__).parent / "migrations",
)


class VisitorAccessService(Standard):
    """Who is expected, who is in the house, who has left."""

    name = DEFINITION.name
    app = Running(DEFINITION)

    @hear
    def hear(self, batch: Sequence[Delivery]) -> None:
        """What booking says."""
        self.app.hear(batch)

    @every(1)
    def end_days(self) -> None:
        """Whoever is still expected or in the house when the day is over."""
        end_days(self.app)

    @api(
        "GET",
        "/api/access-list",
        role=DESKS,
        query=AccessListQuery,
        answer=AccessListAnswer,
        summary="The guests of a day",
    )
    def access_list(self, request: Request, query: dict[str, Any]) -> Response:
        """By default of today, at all sites."""
        date = query.get("date") or self.app.clock().astimezone(ZoneInfo(self.app.settings.timezone)).date()
        with self.app.read() as connection:
            site, removed = query.get("site"), "include" in query
            return json_response(queries.access_list(connection, self.app.vault, date, site, removed=removed))

    @api(
        "POST",
        "/api/visits/<code>/arrival",
        role=DESKS,
        body=ArrivalBody,
        answer=GuestAnswer,
        summary="The guest has arrived",
        keyed=True,
    )
    def arrival(self, request: Request, code: str, body: dict[str, Any]) -> Response:
        """`code` is the pass, typed or scanned, or the appointment."""
        return enter(self.app, request, RecordArrival, code, body)

    @api(
        "DELETE",
        "/api/visits/<code>/arrival",
        role=DESKS,
        answer=GuestAnswer,
        summary="The arrival was a mis-click",
        keyed=True,
    )
    def no_arrival(self, request: Request, code: str) -> Response:
        """Takes back a departure after it, too."""
        return enter(self.app, request, UndoArrival, code, {})

    @api(
        "POST",
        "/api/visits/<code>/departure",
        role=DESKS,
        body=DepartureBody,
        answer=GuestAnswer,
        summary="The guest has left",
        keyed=True,
    )
    def departure(self, request: Request, code: str, body: dict[str, Any]) -> Response:
        """As seen at the door."""
        return enter(self.app, request, RecordDeparture, code, body)

    # ------------------------------------------------------------------------------------------------------------ pages

    @pages("GET,POST", "/entrance", role=ROLES)
    def entrance(self, request: Request) -> Response:
        """The list of today, and what is typed or scanned."""
        return entrance.enter(self.app, request) if request.method == "POST" else entrance.show(self.app, request)

    @pages("GET", "/entrance/house", role=ROLES)
    def house(self, request: Request) -> Response:
        """Who is in the house right now."""
        return entrance.house(self.app, request)

    @pages("GET", "/entrance/print", role=ROLES)
    def printed(self, request: Request) -> Response:
        """The whole day on paper."""
        return entrance.printed(self.app, request)

    @pages("GET", "/entrance/changes", role=ROLES)
    def changes(self, request: Request) -> Response:
        """Tells a page when to look again."""
        return entrance.changes(self.app, request)

    @pages("GET", "/entrance/worker.js")
    def worker(self, request: Request) -> Response:
        """The script that keeps the last list; its address decides what it may keep."""
        return entrance.worker()

    @pages("GET", KIT.files.rule)
    def static_file(self, request: Request, group: str, name: str) -> Response:
        """Stylesheets, scripts, fonts."""
        return KIT.static(request, group, name)


def enter(app: App, request: Any, order: type[AtTheDesk], code: str, body: dict[str, Any]) -> Response:
    """What the desk enters. The answer is the guest as the list shows them, and the same for the same entry again."""
    known_by = entry(request.key, order.__name__, repr(sorted(body.items())))
    try:
        app.handle(order(str(uuid4()), app.clock(), code, entry=known_by, **body), cause=request.cause)
    except Refused as refused:
        if refused.reason == "unknown":
            raise Problem(404, "Not on the list", kind="/problems/unknown", detail=refused.detail) from None
        raise
    with app.read() as connection:
        return json_response(queries.guest(connection, app.vault, code))


def end_days(app: App) -> None:
    """End the day of the visits that have come due, the first hundred."""
    if due := app.due(projections.DAY_END):
        app.handle(*(EndDay(str(uuid4()), app.clock(), appointment) for appointment in due))
