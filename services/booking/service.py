"""booking at work: entrypoints, and the wiring behind them."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import orjson
from environs import Env
from prometheus_client.core import Metric
from sqlalchemy import Connection
from werkzeug.wrappers import Request, Response

from services.booking import (
    catalogue,
    contracts,
    decider,
    feed,
    figures,
    http,
    planning,
    projections,
    reactions,
    upcasts,
)
from services.booking.appointment import Appointment
from services.booking.catalogue import Catalogue
from services.booking.commands import (
    CancelAppointment,
    ConfirmByGuest,
    ExpireHold,
    ForgetGuest,
    HearAnswer,
    RequestAppointment,
    RequestMove,
    SetCatalogue,
)
from services.booking.events import BookingEvent, ConcernDefined, ConcernWithdrawn, Plan
from services.booking.pending import Reserving
from services.booking.place import PLACE
from services.booking.planning import NotPossible
from services.booking.proposals.index import Index
from services.booking.queries import ReadSide
from services.booking.sign_in.tables import beside
from services.booking.sites import objective, sites
from services.booking.tokens import BadProposal, Tokens
from services.booking.web.accounts import AccountCalls
from services.booking.web.admin_pages import AdminPages
from services.booking.web.citizens import CitizenPages
from services.booking.web.desk_pages import DeskPages
from services.booking.web.pages import KIT, pages
from services.booking.web.sign_in import SignInPages
from shared.admission import CHALLENGE, bearer
from shared.app import App
from shared.config import Settings
from shared.definition import Definition
from shared.interval import every
from shared.messages import Cause, Message
from shared.nameko_parts import Running, hear
from shared.standard import Standard
from shared.web import LONG_BODY, Problem, api, json_response

DESKS = ("info_desk", "operations")
"""Who sees hours that are kept."""
CATALOGUE, PROPOSALS, APPOINTMENT = http.CatalogueAnswer(), http.ProposalsAnswer(), http.AppointmentAnswer()
ALTERNATIVES = http.ProposalAnswer(many=True)
"""Made once: to make one takes longer than to write an answer with it."""
DEFINITION = Definition(
    **PLACE._asdict(),
    decider=decider,
    events=BookingEvent,
    upcasts=upcasts.UPCASTS,
    say=contracts.say,
    heard=contracts.VERSIONS,
    react=reactions.react,
    can_wait=reactions.can_wait,
    asks=reactions.asks,
    replays=reactions.REPLAYS,
    project=projections.project,
    metadata=projections.metadata,
    beside=beside,
    migrations=Path(__file__).parent / "migrations",
)


class Booking(App):
    """booking's log with its read side in memory."""

    def __init__(self, definition: Definition, settings: Settings, **kwargs: Any) -> None:
        super().__init__(replace(definition, react=self.react), settings, **kwargs)
        zone = ZoneInfo(settings.timezone)
        self.reads = ReadSide(Index(zone), Tokens(settings.secret), zone, Catalogue(), sites(), objective())
        self.hold_for = timedelta(seconds=Env().int("FOYER_HOLD_FOR", 600))
        self.confirm_within = timedelta(minutes=Env().int("FOYER_CONFIRM_BY_MAIL", 0))
        rest = Env().int("FOYER_REST", 0)
        self.rest = min(timedelta(seconds=rest), projections.LONGEST_REST)
        self.page = date.min
        self.reserving = Reserving()

    def started(self) -> None:
        """Load catalogue and index."""
        self.look_again()
        self.reload()

    def reload(self) -> None:
        """Load catalogue and index anew."""
        index, today = Index(self.reads.zone), self.clock().astimezone(self.reads.zone).date()
        catalogue = self.state("catalogue")
        with self.read() as connection:
            feed.load(index, connection, today, self.rest)
            waiting = feed.waiting(connection)
        states = {appointment: self.life(appointment).pending for appointment in waiting}
        pending = {name: pending for name, pending in states.items() if pending}
        feed.load_pending(index, pending)
        self.reserving.load(pending)
        self.reads.index, self.reads.catalogue = index, catalogue

    def committed(self, events: Sequence[Any]) -> None:
        """Keep catalogue and index up."""
        now = self.clock()
        for end, requested_at in self.reserving.learn(events):
            figures.count(end, requested_at, now)
        rest_until = now + self.rest if self.rest else None
        for event in events:
            if isinstance(event, ConcernDefined | ConcernWithdrawn):
                self.reads.catalogue = catalogue.evolve(self.reads.catalogue, event)
            else:
                feed.learn(self.reads.index, event, rest_until)

    def figures(self, connection: Connection) -> Iterable[Metric]:
        """What waits for its answers, besides what every service shows."""
        return figures.of_the_database(connection)

    def react(self, message: Message, now: datetime) -> Sequence[Any]:
        """As `reactions.react`, but a refusal leads to times at which clerk, room and all are free.

        Who refuses knows of its own rooms or clerks only, and names times at which the other may be taken.
        """
        orders = reactions.react(message, now)
        return [self._with_free_starts(one) if isinstance(one, HearAnswer) and not one.held else one for one in orders]

    def _with_free_starts(self, order: HearAnswer) -> HearAnswer:
        plan = self.reserving.plan(order.appointment, order.attempt)
        if plan is None:
            return replace(order, alternatives=())
        starts = {proposal["starts_at"] for proposal in self.reads.instead(plan, order.now)}
        return replace(order, alternatives=tuple(sorted(starts - {plan.starts_at})))

    def life(self, appointment: str) -> Appointment:
        """The present state of an appointment."""
        state: Appointment = self.state(f"appointment-{appointment}")
        return state

    def request(
        self, body: dict[str, Any], key: str, raw: bytes, cause: Cause, *, by_mail: bool = False
    ) -> dict[str, Any]:
        """Ask for an appointment; the same key and body lead to the same answer. Raises Problem and Refused.

        `by_mail`: a guest whom nobody sees must say yes by the link in a mail, where the town wants that.
        """
        now, tokens = self.clock(), self.reads.tokens
        appointment, fingerprint = tokens.appointment(key), tokens.fingerprint(raw)
        command, manage_token = str(uuid4()), tokens.manage(appointment)
        accepted = {"appointment": appointment, "status": "requested", "manage_token": manage_token}
        try:
            plan = self.plan(body["proposal"], body["language"], body["party_size"], at_fault="party_size")
            self.check(plan, now, unless=lambda: self.life(appointment).status != "unknown")
        except Problem:
            # Accepted then, it stays so: also when the proposal is too old by now, or its concern is withdrawn.
            if self.life(appointment).fingerprint != fingerprint:
                raise
            return accepted
        guest, confirm_by = body["guest"] | {"manage_token": manage_token}, None
        if by_mail and self.confirm_within:
            guest |= {"confirm_token": tokens.confirm(appointment)}
            confirm_by = min(now + self.confirm_within, plan.starts_at)
        sealed, key_row = self.vault.seal(appointment, f"{command}.0/guest", guest)
        hold_until = now + self.hold_for
        order = RequestAppointment(command, now, appointment, plan, hold_until, sealed, fingerprint, confirm_by)
        self.handle(order, cause=cause, writes=[key_row])
        return accepted

    def move(self, appointment: str, proposal: str, cause: Cause) -> None:
        """Ask for another time. Raises Problem and Refused."""
        now, state = self.clock(), self.life(appointment)
        language = state.plan.language if state.plan else "de"
        plan = self.plan(proposal, language, state.plan.party_size if state.plan else None)
        ours = (state.plan, state.pending and state.pending.plan)
        self.check(plan, now, unless=lambda: plan in ours, but=state.present)
        self.handle(RequestMove(str(uuid4()), now, appointment, plan, now + self.hold_for), cause=cause)

    def confirm(self, appointment: str, cause: Cause) -> None:
        """The guest says yes to what is held. Raises Refused."""
        self.handle(ConfirmByGuest(str(uuid4()), self.clock(), appointment), cause=cause)

    def cancel(self, appointment: str, cause: Cause) -> None:
        """Cancel for the guest. Raises Refused."""
        self.handle(CancelAppointment(str(uuid4()), self.clock(), appointment, "guest"), cause=cause)

    def plan(self, proposal: str, language: str, party_size: int | None = None, *, at_fault: str = "proposal") -> Plan:
        """The plan behind a proposal's id. Raises Problem; `at_fault`: the field, where the party is another one."""
        try:
            offer = self.reads.tokens.offer(proposal)
            if party_size not in (None, offer.party_size):
                raise wrong(at_fault, f"The proposal was made for {offer.party_size}; ask for a new one.")
            return planning.plan(offer, self.reads.catalogue, self.reads.zone, language)
        except (BadProposal, NotPossible) as error:
            raise wrong("proposal", str(error)) from None

    def check(self, plan: Plan, now: datetime, unless: Any, but: tuple[str, datetime] | None = None) -> None:
        """Raises Problem when the place is gone or past, unless it is ours already; `but`: not to be proposed."""
        past, free = plan.starts_at < now, self.reads.free(plan, now)
        if (past or not free) and not unless():
            if past:
                raise wrong("proposal", "This time has passed; please ask for new proposals.", "/problems/time_passed")
            title, kind = "This time is no longer free", "/problems/place_taken"
            raise Problem(
                409, title, kind=kind, errors={"proposal": title + "."}, proposals=self.instead(plan, now, but)
            )

    def instead(self, plan: Plan, now: datetime, but: tuple[str, datetime] | None = None) -> Any:
        """Fresh proposals, ready for JSON."""
        return ALTERNATIVES.dump(self.reads.instead(plan, now, but=but))

    def expire_holds(self) -> None:
        """Decide on everything whose time to be answered has run out."""
        waiting = self.due(projections.HOLD)
        if waiting:
            now = self.clock()
            self.handle(*(ExpireHold(str(uuid4()), now, appointment) for appointment in waiting))

    def turn_the_page(self) -> None:
        """Once a day, drop the days gone by from the index, so that memory stays level."""
        today = self.clock().astimezone(self.reads.zone).date()
        if today != self.page:
            self.reads.index.forget_before(today)
            self.page = today

    def forget(self, appointments: Sequence[str], cause: Cause) -> None:
        """Forget these guests now; what lies ahead is cancelled."""
        now = self.clock()
        self.handle(*(ForgetGuest(str(uuid4()), now, appointment) for appointment in appointments), cause=cause)

    def forget_guests(self) -> None:
        """Forget the guests whose visit ended long enough ago."""
        due = self.due(projections.FORGET, since=timedelta(days=self.settings.retention_days))
        if due:
            now = self.clock()
            self.handle(*(ForgetGuest(str(uuid4()), now, appointment) for appointment in due))


def wrong(field: str, detail: str, kind: str = "about:blank") -> Problem:
    """The problem of a value that can't be taken."""
    return Problem(422, "Some fields are not right", kind=kind, detail=f"{field}: {detail}", errors={field: detail})


def may_manage(app: Booking, request: Request, appointment: str, query: dict[str, Any]) -> None:
    """Raises Problem unless the request bears the appointment's token."""
    sent = bearer(request)
    token = query["token"] if sent is None else sent
    if not token:
        detail = "Send it as 'Authorization: Bearer TOKEN' or as the query parameter 'token'."
        title, errors = "The manage token is missing", {"token": detail}
        raise Problem(401, title, detail=detail, errors=errors, headers=CHALLENGE)
    if not app.reads.tokens.may_manage(appointment, token):
        detail = "It does not belong to this appointment."
        raise Problem(403, "The manage token is not right", detail=detail, errors={"token": detail})
    if app.life(appointment).forgotten:
        raise Problem(410, "This appointment is over", detail="Its data has been deleted; the token has expired.")


def may_see(request: Request, audience: list[str]) -> tuple[str, ...]:
    """The audience asked for. Raises Problem unless it is the info desk that asks, or nothing kept is asked for."""
    visitor = request.visitor  # type: ignore[attr-defined]
    if audience and not (visitor and visitor.may(DESKS)):
        detail = "Hours that are kept are shown to accounts with the role info_desk only."
        raise Problem(403, "This is for the info desk", kind="/problems/role", detail=detail)
    return tuple(sorted(set(audience)))


class BookingService(AccountCalls, SignInPages, DeskPages, AdminPages, CitizenPages, Standard):
    """The nameko service."""

    name = "booking"
    app = Running(DEFINITION, Booking)

    @hear
    def hear(self, batch: Any) -> None:
        self.app.hear(batch)

    @every(2)
    def look_again(self) -> None:
        self.app.look_again()

    @every(1)
    def expire_holds(self) -> None:
        self.app.expire_holds()

    @every(600)
    def turn_the_page(self) -> None:
        self.app.turn_the_page()

    @every(60)
    def forget_guests(self) -> None:
        self.app.forget_guests()

    @pages("GET", KIT.files.rule)
    def static_file(self, request: Request, group: str, name: str) -> Response:
        return KIT.static(request, group, name)

    @api("GET", "/api/concerns", answer=http.CatalogueAnswer, summary="The catalogue of concerns")
    def concerns(self, request: Request) -> Response:
        return json_response(CATALOGUE.dump({"concerns": self.app.reads.concerns()}))

    @api(
        "PUT",
        "/api/concerns",
        role=("catalogue", "operations"),
        body=http.CatalogueBody,
        max_body=LONG_BODY,
        answer=http.CatalogueAnswer,
        summary="Set all concerns",
    )
    def set_concerns(self, request: Request, body: dict[str, Any]) -> Response:
        command = SetCatalogue(str(uuid4()), self.app.clock(), tuple(body["concerns"]))
        self.app.handle(command, cause=request.cause)  # type: ignore[attr-defined]
        return json_response(CATALOGUE.dump({"concerns": self.app.reads.concerns()}))

    @api(
        "POST",
        "/api/forgettings",
        role=("operations",),
        body=http.ForgettingBody,
        answer=http.ForgettingAnswer,
        status=202,
        summary="Forget these guests: keys and readable rows go in every service",
    )
    def forget(self, request: Request, body: dict[str, Any]) -> Response:
        self.app.forget(body["appointments"], request.cause)  # type: ignore[attr-defined]
        return json_response({"appointments": len(body["appointments"])}, 202)

    @api(
        "GET",
        "/api/proposals",
        query=http.ProposalsQuery,
        bearer=True,
        answer=http.ProposalsAnswer,
        summary="When can I come?",
    )
    def proposals(self, request: Request, query: dict[str, Any]) -> Response:
        try:
            audience = may_see(request, query["audience"])
            found = self.app.reads.proposals(query, self.app.clock(), audience)
            return json_response(PROPOSALS.dump(found))
        except NotPossible as error:
            raise wrong(error.field, error.detail) from None

    @api(
        "POST",
        "/api/appointments",
        body=http.AppointmentBody,
        answer=http.AcceptedAnswer,
        status=202,
        summary="Take a proposal",
        keyed=True,
    )
    def request(self, request: Request, body: dict[str, Any]) -> Response:
        key = request.key or str(uuid4())  # type: ignore[attr-defined]
        raw = orjson.dumps(body, option=orjson.OPT_SORT_KEYS)
        accepted = self.app.request(body, key, raw, request.cause, by_mail=True)  # type: ignore[attr-defined]
        return json_response(accepted, 202, {"Location": f"/api/appointments/{accepted['appointment']}"})

    @api(
        "GET",
        "/api/appointments/<appointment>",
        query=http.TokenQuery,
        bearer=True,
        answer=http.AppointmentAnswer,
        summary="An appointment, for the holder of its token",
    )
    def appointment(self, request: Request, appointment: str, query: dict[str, Any]) -> Response:
        may_manage(self.app, request, appointment, query)
        shown = self.app.reads.appointment(appointment, self.app.life(appointment), self.app.clock())
        return json_response(APPOINTMENT.dump(shown))

    @api(
        "POST",
        "/api/appointments/<appointment>/cancellation",
        query=http.TokenQuery,
        bearer=True,
        body=http.NothingBody,
        answer=http.CancellationAnswer,
        status=202,
        summary="Cancel",
    )
    def cancel(self, request: Request, appointment: str, query: dict[str, Any], body: dict[str, Any]) -> Response:
        may_manage(self.app, request, appointment, query)
        self.app.cancel(appointment, request.cause)  # type: ignore[attr-defined]
        return json_response({"appointment": appointment, "status": "cancelled"}, 202)

    @api(
        "POST",
        "/api/appointments/<appointment>/move",
        query=http.TokenQuery,
        bearer=True,
        body=http.MoveBody,
        answer=http.MoveAnswer,
        status=202,
        summary="Move to another time; the old one is kept until the new one is held",
    )
    def move(self, request: Request, appointment: str, query: dict[str, Any], body: dict[str, Any]) -> Response:
        may_manage(self.app, request, appointment, query)
        self.app.move(appointment, body["proposal"], request.cause)  # type: ignore[attr-defined]
        return json_response({"appointment": appointment, "status": "requested"}, 202)
