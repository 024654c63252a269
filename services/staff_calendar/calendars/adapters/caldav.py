"""CalDAV, by the package caldav: changes by sync-token where the server has it, by ctag and ETags otherwise.

The package builds requests and reads answers; what it sends goes through our own transport. Resources are known by
their unquoted path.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote, unquote, urljoin, urlsplit

from caldav.davclient import DAVClient
from caldav.elements import cdav as _cdav
from caldav.elements import dav as _dav
from caldav.elements.base import BaseElement
from caldav.lib import error
from caldav.lib.namespace import ns
from lxml import etree

from services.staff_calendar.calendars.guard import Guard, parts_of
from services.staff_calendar.calendars.port import Abilities, Changed, Changes, Collection, Resource, Trouble
from services.staff_calendar.calendars.settings import Limits
from services.staff_calendar.calendars.statuses import trouble
from services.staff_calendar.calendars.transport import GuardedAdapter, PasswordAuth, Pool, Session
from services.staff_calendar.calendars.vault import Access

# The types of the package say that an element holds elements of its own kind only.
dav: Any = _dav
cdav: Any = _cdav
READ_AT_ONCE = 50
_STEP, _MARK = "step:", "mark:"
_WRITING = {ns("D", name) for name in ("all", "write", "write-content", "bind")}
_MULTISTATUS = (200, 207)
# An old token, in the words of different servers: RFC 6578 wants 403 with a reason, which arrives as 410 here.
_EXPIRED = (400, 409, 410, 412, 415, 501, 507)
# What the package finds strange it quotes in the log: other people's calendars.
logging.getLogger("caldav").setLevel(logging.CRITICAL)


class _CTag(BaseElement):
    """CalendarServer's older way of saying that something changed."""

    tag = "{http://calendarserver.org/ns/}getctag"


class CalDav:
    """One collection on a CalDAV server; or, for `collections`, any address there."""

    def __init__(self, access: Access, guard: Guard, limits: Limits, pool: Pool) -> None:
        host = parts_of(access.address)[1]
        session = Session(GuardedAdapter(guard, limits, pool, frozenset({host})))
        self._limits = limits
        auth: Any = PasswordAuth(access.username, access.password) if access.username else None
        client: Any = DAVClient(url=access.address, auth=auth, enable_rfc6764=False)
        client.session.close()
        client.session = session
        self._client = client
        self._address = access.address
        self._path = unquote(urlsplit(access.address).path)

    def abilities(self) -> Abilities:
        """From the properties of the collection. Raises Trouble for what is no calendar."""
        told = self._calendar()
        rights = set(told.get(dav.CurrentUserPrivilegeSet.tag) or _WRITING)
        return Abilities(
            reads=True,
            writes=bool(rights & _WRITING),
            steps=dav.SyncCollection.tag in (told.get(dav.SupportedReportSet.tag) or ()),
            name=str(told.get(dav.DisplayName.tag) or ""),
        )

    def collections(self) -> list[Collection]:
        """Those of the principal behind the address, or of any address above them."""
        found = self._guarded(lambda: self._client.principal().get_calendars())
        return [Collection(str(one.url), str(one.get_display_name() or ""), writable=True) for one in found]

    def changes(self, token: str | None) -> Changes:
        """Steps where the server can do them; else everything when the mark of the collection has changed."""
        if token is not None and token.startswith(_STEP):
            return self._steps(token.removeprefix(_STEP)) or self._begin()
        if token is not None and token.startswith(_MARK):
            mark = self._mark()
            return Changes(token) if mark and token == _MARK + mark else self._everything(mark)
        return self._begin()

    def _begin(self) -> Changes:
        told = self._calendar()
        if dav.SyncCollection.tag in (told.get(dav.SupportedReportSet.tag) or ()):
            steps = self._steps("")
            if steps is not None:
                return Changes(steps.token, steps.changed, whole=True)
        return self._everything(_mark_of(told))

    def _steps(self, token: str) -> Changes | None:
        """What happened since the token; None where the server does not know it any more."""
        changed: dict[str, Changed] = {}
        deleted: dict[str, None] = {}
        while True:
            wanted = dav.SyncToken(value=token), dav.SyncLevel(value="1"), dav.Prop().append(dav.GetEtag())
            body = dav.SyncCollection().append(wanted)
            answer = self._ask(lambda body=body: self._client.report(self._address, str(body), depth=None))  # type: ignore[misc]
            if answer.status in _EXPIRED:
                return None
            found = self._parsed(answer, lambda answer=answer: answer.parse_sync_collection())  # type: ignore[misc]
            for one in found.changed:
                if self._is_member(one.href):
                    changed[one.href] = Changed(one.href, one.etag)
                    deleted.pop(one.href, None)
            for href in filter(None, found.deleted):
                deleted[href] = None
                changed.pop(href, None)
            self._not_too_many(len(changed) + len(deleted))
            if not found.sync_token or (found.truncated and found.sync_token == token):
                return None
            token = found.sync_token
            if not found.truncated:
                return Changes(_STEP + token, tuple(changed.values()), tuple(deleted))

    def _everything(self, mark: str | None) -> Changes:
        body = dav.Propfind().append(dav.Prop().append((dav.GetEtag(), dav.ResourceType())))
        answer = self._good(lambda: self._client.propfind(self._address, str(body), depth=1))
        members = self._parsed(answer, answer.parse_propfind)
        if not any(dav.Collection.tag in (one.properties.get(dav.ResourceType.tag) or ()) for one in members):
            # Without the collection itself it is no listing; taken for one, it would say that all is gone.
            raise Trouble("unreadable", "the server does not list the calendar")
        changed = tuple(
            Changed(one.href, one.properties.get(dav.GetEtag.tag))
            for one in members
            if self._is_member(one.href) and dav.Collection.tag not in (one.properties.get(dav.ResourceType.tag) or ())
        )
        self._not_too_many(len(changed))
        return Changes(_MARK + (mark or ""), changed, whole=True)

    def read(self, hrefs: Iterable[str]) -> Iterator[Resource]:
        """By multiget, some at once; fewer where that is more than an answer may have."""
        wanted = list(hrefs)
        while wanted:
            some, wanted = wanted[:READ_AT_ONCE], wanted[READ_AT_ONCE:]
            yield from self._read(some)

    def _read(self, hrefs: Sequence[str]) -> list[Resource]:
        body = cdav.CalendarMultiGet().append(dav.Prop().append((dav.GetEtag(), cdav.CalendarData())))
        body.append(dav.Href(value=quote(href)) for href in hrefs)
        try:
            answer = self._good(lambda: self._client.report(self._address, str(body), depth=None))
        except Trouble as wrong:
            if wrong.because != "too_large" or len(hrefs) == 1:
                raise
            half = len(hrefs) // 2
            return self._read(hrefs[:half]) + self._read(hrefs[half:])
        told = {one.href: one for one in self._parsed(answer, answer.parse_calendar_query)}
        if not told.keys() & set(hrefs) and told:
            told = {unquote(href): one for href, one in told.items()}
        return [self._resource(href, told.get(href)) for href in hrefs]

    def _resource(self, href: str, told: Any) -> Resource:
        if told is None or told.calendar_data is None:
            return Resource(href, None, None)
        return Resource(href, told.etag, told.calendar_data.encode())

    def put(self, href: str, ics: bytes, etag: str | None) -> str | None:
        """Never over something that we do not know."""
        headers = {"Content-Type": "text/calendar; charset=utf-8"}
        headers |= {"If-None-Match": "*"} if etag is None else {"If-Match": etag}
        answer = self._good(lambda: self._client.put(self._url(href), ics.decode(), headers), (200, 201, 204))
        told: str | None = answer.headers.get("ETag")
        return told

    def delete(self, href: str, etag: str | None) -> None:
        """What is gone already is fine."""
        headers = {"If-Match": etag} if etag else {}
        self._good(lambda: self._client.delete(self._url(href), headers), (200, 202, 204, 404, 410))

    def href(self, name: str) -> str:
        """A member of the collection."""
        return urljoin(self._path if self._path.endswith("/") else f"{self._path}/", name)

    def close(self) -> None:
        """Connections belong to the pool."""

    # --- asking

    def _url(self, href: str) -> str:
        return urljoin(self._address, quote(href))

    def _calendar(self) -> Mapping[str, Any]:
        told = self._properties()
        if ns("C", "calendar") not in (told.get(dav.ResourceType.tag) or ()):
            raise Trouble("unreadable", "there is something at this address, but it is no calendar")
        return told

    def _properties(self) -> Mapping[str, Any]:
        wanted = [
            dav.ResourceType(),
            dav.DisplayName(),
            dav.SupportedReportSet(),
            dav.CurrentUserPrivilegeSet(),
            dav.SyncToken(),
            _CTag(),
        ]
        body = dav.Propfind().append(dav.Prop().append(wanted))
        answer = self._good(lambda: self._client.propfind(self._address, str(body), depth=0))
        found = self._parsed(answer, answer.parse_propfind)
        if not found:
            raise Trouble("unreadable", "the server says nothing of this address")
        if found[0].status == 404:
            raise Trouble("not_found", "there is no such calendar on the server")
        properties: Mapping[str, Any] = found[0].properties
        return properties

    def _mark(self) -> str | None:
        return _mark_of(self._calendar())

    def _is_member(self, href: str | None) -> bool:
        return href is not None and not href.endswith("/") and href.rstrip("/") != self._path.rstrip("/")

    def _not_too_many(self, count: int) -> None:
        if count > self._limits.entries:
            raise Trouble("too_large", f"more than {self._limits.entries} entries")

    def _good(self, ask: Callable[[], Any], good: Sequence[int] = _MULTISTATUS) -> Any:
        answer = self._ask(ask)
        if answer.status not in good:
            raise trouble(answer.status, answer.headers.get("Retry-After"))
        return answer

    def _ask(self, ask: Callable[[], Any]) -> Any:
        """The answer, whatever its status; an expired token looks like 410."""
        try:
            return self._guarded(ask)
        except _Expired as expired:
            return expired

    def _parsed(self, answer: Any, parse: Callable[[], Any]) -> Any:
        if answer.status not in _MULTISTATUS:
            raise trouble(answer.status, answer.headers.get("Retry-After"))
        if answer.tree is None:
            raise Trouble("unreadable", "an empty answer")
        return self._guarded(parse)

    def _guarded(self, ask: Callable[[], Any]) -> Any:
        """Whatever the package raises, as a Trouble."""
        try:
            return ask()
        except (Trouble, _Expired):
            raise
        except error.RateLimitError as limited:
            raise Trouble("too_many_requests", wait=float(limited.retry_after_seconds or 0)) from None
        except error.AuthorizationError as refused:
            if dav.ValidSyncToken.tag in refused.preconditions:
                raise _Expired from None
            raise trouble(refused.status or 401) from None
        except error.NotFoundError:
            raise trouble(404) from None
        except error.DAVError as wrong:
            raise trouble(wrong.status) if wrong.status and wrong.status >= 400 else _unreadable(wrong) from None
        except (etree.LxmlError, ValueError, AssertionError, LookupError, AttributeError, TypeError) as wrong:
            # The package was written for servers that answer what they should.
            raise _unreadable(wrong) from wrong
        except OSError as wrong:
            # requests' own errors: a redirect too many, a header that is none.
            raise Trouble("server_error", type(wrong).__name__) from wrong


class _Expired(Exception):
    """The server does not know this token any more."""

    status = 410
    headers: Mapping[str, str] = {}


def _unreadable(wrong: Exception) -> Trouble:
    return Trouble("unreadable", f"not the answer of a calendar server ({type(wrong).__name__})")


def _mark_of(told: Mapping[str, Any]) -> str | None:
    return told.get(_CTag.tag) or told.get(dav.SyncToken.tag)
