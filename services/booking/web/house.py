"""What the pages need of the app, and what they all do."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Protocol

from itsdangerous import URLSafeSerializer
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Request, Response

from services.booking.appointment import Appointment
from services.booking.events import Plan
from services.booking.finder import Finder
from services.booking.queries import ReadSide
from services.booking.web import journey
from services.booking.web.journey import Journey, Pairs
from shared.config import Settings
from shared.messages import Cause
from shared.vault import Vault


class House(Protocol):
    """What the pages need of the app."""

    reads: ReadSide
    settings: Settings
    vault: Vault

    def clock(self) -> datetime: ...
    def read(self) -> Any: ...
    def life(self, appointment: str) -> Appointment: ...
    def plan(self, proposal: str, language: str, party_size: int | None = None) -> Plan: ...
    def request(
        self, body: dict[str, Any], key: str, raw: bytes, cause: Cause, *, by_mail: bool = False
    ) -> dict[str, Any]: ...
    def confirm(self, appointment: str, cause: Cause) -> None: ...
    def move(self, appointment: str, proposal: str, cause: Cause) -> None: ...
    def cancel(self, appointment: str, cause: Cause) -> None: ...


def signer(app: House) -> URLSafeSerializer:
    """For what a journey says of responsibility."""
    return journey.signer(app.settings.secret)


def asked(app: House, given: MultiDict[str, str]) -> Journey:
    """The journey in an address or a form."""
    return Journey.read(given, signer(app))


def pairs(app: House, visit: Journey, *without: str) -> Pairs:
    """A journey as fields, but for those named."""
    return visit.pairs(signer(app), without)


def address(app: House, path: str, visit: Journey, *more: tuple[str, str], without: Sequence[str] = ()) -> str:
    """A page's address with the journey in it."""
    return journey.address(path, [*visit.pairs(signer(app), without), *more])


def today(app: House) -> date:
    """The town's date."""
    return app.clock().astimezone(app.reads.zone).date()


def finder(app: House) -> Finder:
    """For the present catalogue; made anew when that has changed."""
    concerns = app.reads.catalogue.concerns
    if not _finders or _finders[0][0] is not concerns:
        _finders[:] = [(concerns, Finder(app.reads.concerns()))]
    return _finders[0][1]


_finders: list[tuple[Mapping[str, Any], Finder]] = []


def see_other(url: str, response: Response | None = None) -> Response:
    """On to another page, with the cookies of `response`."""
    response = response or Response()
    response.status_code = 303
    response.headers["Location"] = url
    return response


def cause(request: Request) -> Cause:
    """Of the request, for whatever follows from it."""
    found: Cause = request.cause  # type: ignore[attr-defined]
    return found
