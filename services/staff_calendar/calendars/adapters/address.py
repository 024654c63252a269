"""A calendar file at a web address: read whole when its ETag or its date of change says that it is another one."""

import hashlib
from collections.abc import Iterable, Iterator

import requests

from services.staff_calendar.calendars.guard import Guard, parts_of
from services.staff_calendar.calendars.port import Abilities, Changed, Changes, Collection, Resource, Trouble
from services.staff_calendar.calendars.settings import Limits
from services.staff_calendar.calendars.statuses import trouble
from services.staff_calendar.calendars.transport import GuardedAdapter, PasswordAuth, Pool, Session
from services.staff_calendar.calendars.vault import Access

NAME = "calendar.ics"
_NOT_MODIFIED = 304


class Address:
    """Its only resource is the file. The token holds what the server said of the file: ETag, date, digest."""

    def __init__(self, access: Access, guard: Guard, limits: Limits, pool: Pool) -> None:
        # The scheme that calendar programs use for addresses to subscribe to.
        self._url = access.address.replace("webcal://", "https://", 1)
        host = parts_of(self._url)[1]
        self._session = Session(GuardedAdapter(guard, limits, pool, frozenset({host})))
        self._auth = PasswordAuth(access.username, access.password) if access.username else None
        self._body: bytes | None = None

    def abilities(self) -> Abilities:
        """Reading, if it can be read."""
        answer = self._get({})
        if b"BEGIN:VCALENDAR" not in answer.content[:10_000].upper():
            raise Trouble("unreadable", "there is something at this address, but it is no calendar")
        return Abilities(reads=True, writes=False, steps=False)

    def collections(self) -> list[Collection]:
        """There is nothing to be found behind a file."""
        raise Trouble("cannot", "an address of a file has no other calendars")

    def changes(self, token: str | None) -> Changes:
        """The file, if it is another one."""
        etag, date, digest = (token or "\n\n").split("\n", 2)
        known = {"If-None-Match": etag} if etag else {"If-Modified-Since": date} if date else {}
        answer = self._get(known)
        if answer.status_code == _NOT_MODIFIED:
            return Changes(token)
        new = hashlib.sha256(answer.content).hexdigest()
        told = "\n".join((answer.headers.get("ETag", ""), answer.headers.get("Last-Modified", ""), new))
        if new == digest:
            return Changes(told)
        self._body = answer.content
        return Changes(told, (Changed(NAME, new),), whole=True)

    def read(self, hrefs: Iterable[str]) -> Iterator[Resource]:
        """The file as it came with its changes, or fetched."""
        for href in hrefs:
            body = self._body if self._body is not None else self._get({}).content
            yield Resource(href, hashlib.sha256(body).hexdigest(), body)

    def put(self, href: str, ics: bytes, etag: str | None) -> str | None:
        """Nobody writes into somebody's file."""
        raise Trouble("cannot", "an address can only be read")

    def delete(self, href: str, etag: str | None) -> None:
        """Nobody writes into somebody's file."""
        raise Trouble("cannot", "an address can only be read")

    def href(self, name: str) -> str:
        """The file holds everything."""
        return NAME

    def close(self) -> None:
        """Connections belong to the pool."""

    def _get(self, headers: dict[str, str]) -> requests.Response:
        try:
            answer = self._session.get(self._url, headers={"Accept": "text/calendar", **headers}, auth=self._auth)
        except requests.RequestException as error:
            raise Trouble("server_error", type(error).__name__) from error
        if answer.status_code == _NOT_MODIFIED and headers:
            return answer
        if not answer.ok or not answer.content:
            raise trouble(answer.status_code, answer.headers.get("Retry-After"))
        return answer
