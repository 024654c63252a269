"""Whatever a calendar's server does: the last known busy times stay in force, and all is well again by itself."""

import itertools
import resource
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from email.utils import formatdate
from time import time

import pytest

from services.staff_calendar.calendars import figures, links
from services.staff_calendar.calendars.adapters.address import Address
from services.staff_calendar.calendars.links import Kind
from services.staff_calendar.calendars.port import Because
from services.staff_calendar.calendars.settings import Limits
from services.staff_calendar.calendars.tables import entries
from services.staff_calendar.calendars.vault import Access
from shared.tables import instant
from tests.calendars import nasty
from tests.calendars.desk import IMPATIENT, QUICK, Desk, desk_of, event, ics
from tests.calendars.nasty import Behaviour, Nasty
from tests.calendars.servers import Server
from tests.staff_calendar.office import Office

TIMES = "20261124T100000", "20261124T113000"
GOOD = ics(event())
COLLECTION = (
    b'<D:multistatus xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><D:response><D:href>/c/</D:href>'
    b"<D:propstat><D:prop><D:resourcetype><D:collection/><C:calendar/></D:resourcetype><D:supported-report-set>"
    b"<D:supported-report><D:report><D:sync-collection/></D:report></D:supported-report></D:supported-report-set>"
    b"</D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response></D:multistatus>"
)
PAGE = (
    b'<D:multistatus xmlns:D="DAV:"><D:response><D:href>/c/</D:href><D:status>HTTP/1.1 507 Insufficient Storage'
    b"</D:status><D:error><D:number-of-matches-within-limits/></D:error></D:response>"
    b"<D:sync-token>http://x/%d</D:sync-token></D:multistatus>"
)
LATER = ics(event(start="20261124T080000", end="20261124T090000"))
XML_BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE m [<!ENTITY a "aaaaaaaaaaaaaaaa">'
    + b"".join(b'<!ENTITY %c "%b">' % (98 + n, b"&%c;" % (97 + n) * 16) for n in range(9))
    + b']><D:multistatus xmlns:D="DAV:"><D:response><D:href>&j;</D:href></D:response></D:multistatus>'
)
XML_TAGS = b'<D:multistatus xmlns:D="DAV:">' + b"<a/>" * 600_000 + b"</D:multistatus>"
NAMELESS = (
    b'<D:multistatus xmlns:D="DAV:"><D:response><D:propstat><D:prop><D:getetag>1</D:getetag></D:prop>'
    b"<D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response><D:sync-token>x</D:sync-token></D:multistatus>"
)
XML_FILE = (
    b'<?xml version="1.0"?><!DOCTYPE m [<!ENTITY f SYSTEM "file:///etc/passwd">]>'
    b'<D:multistatus xmlns:D="DAV:"><D:response><D:href>&f;</D:href></D:response></D:multistatus>'
)


@pytest.fixture
def server() -> Iterator[Nasty]:
    with nasty.running() as server:
        yield server


TROUBLES: list[tuple[Behaviour, Because]] = [
    (nasty.status(401), "not_signed_in"),
    (nasty.status(403), "forbidden"),
    (nasty.status(404), "not_found"),
    (nasty.status(410), "not_found"),
    (nasty.status(412), "changed_meanwhile"),
    (nasty.status(429), "too_many_requests"),
    (nasty.status(500), "server_error"),
    (nasty.status(503), "too_many_requests"),
    (nasty.hangs, "too_slow"),
    (nasty.drips, "too_slow"),
    (nasty.half, "unreachable"),
    (nasty.closes, "unreachable"),
    (nasty.endless, "too_large"),
    (nasty.compressed, "unreadable"),
    (nasty.redirects("http://elsewhere.example"), "address_refused"),
    (nasty.redirects("http://10.0.0.1"), "address_refused"),
    (nasty.redirects(""), "server_error"),
]
NO_CALENDARS: list[bytes] = [
    b"<html>Bitte anmelden</html>",
    GOOD[:-30],
    b"BEGIN:VCALENDAR\r\n" * 5000,
    bytes(range(256)) * 100,
    ics(event("e1", "20261124T100000", "20261124T113000", "RRULE:FREQ=SECONDLY")),
    ics(event("e1", "morgen", "übermorgen")),
    ics(event("e1", "20261124T100000", "20261124T113000", "RRULE:FREQ=DAILY;INTERVAL=0;COUNT=x")),
]


@pytest.mark.parametrize(("trouble", "because"), TROUBLES, ids=lambda value: value if isinstance(value, str) else "")
def test_a_file_that_can_not_be_had(desk: Desk, server: Nasty, trouble: Behaviour, because: Because) -> None:
    """It is tried again and again, more and more seldom, until it can be had."""
    server.behaviour = nasty.serves(GOOD)
    calendar = desk.connect("c-17", Access(f"{server.url}/calendar.ics"), "address")
    desk.sync()
    assert desk.busy() == ["10:00-11:30"]
    server.behaviour = trouble
    pauses = []
    # That pauses grow is the same for every trouble; one that costs seconds is waited for once.
    for failures in (1, 2) if because != "too_slow" else (1,):
        desk.rounds.settings = IMPATIENT if because == "too_slow" else QUICK
        desk.sync()
        state = desk.state(calendar)
        assert (state.because, state.failures) == (because, failures)
        assert desk.busy() == ["10:00-11:30"], "what was known stays in force"
        pauses.append(state.due_at > instant(desk.office.now + timedelta(seconds=100 * failures)))
    assert all(pauses)
    desk.rounds.settings = QUICK
    server.behaviour = nasty.serves(LATER)
    desk.sync()
    state = desk.state(calendar)
    assert (state.because, state.failures) == (None, 0)
    assert desk.busy() == ["08:00-09:00"]


@pytest.mark.parametrize("body", NO_CALENDARS, ids=range(len(NO_CALENDARS)))
def test_a_file_that_can_not_be_read(desk: Desk, server: Nasty, body: bytes) -> None:
    """What was known stays in force until there is something readable again."""
    server.behaviour = nasty.serves(GOOD)
    calendar = desk.connect("c-17", Access(f"{server.url}/calendar.ics"), "address")
    desk.sync()
    server.behaviour = nasty.serves(body)
    desk.sync()
    assert (desk.state(calendar).because, desk.busy()) == ("unreadable", ["10:00-11:30"])
    desk.sync()
    assert (desk.state(calendar).because, desk.busy()) == ("unreadable", ["10:00-11:30"])
    server.behaviour = nasty.serves(LATER)
    desk.sync()
    assert (desk.state(calendar).because, desk.busy()) == (None, ["08:00-09:00"])


def test_health_says_which_calendars_can_not_be_read(desk: Desk, server: Nasty) -> None:
    """The service is ready all the same."""
    server.behaviour = nasty.status(500)
    desk.connect("c-17", Access(f"{server.url}/calendar.ics"), "address")
    desk.sync()
    state = desk.office.http.get("/health").json
    assert state is not None
    assert state["notes"] == ["calendars that can't be read (server_error): 1"]


def test_one_bad_entry_does_not_hide_the_others(desk: Desk, server: Nasty) -> None:
    """The calendar says so, and everything else in it counts."""
    server.behaviour = nasty.serves(ics(event("bad", "morgen", "abend"), event("good")))
    calendar = desk.connect("c-17", Access(f"{server.url}/calendar.ics"), "address")
    desk.sync()
    assert desk.busy() == ["10:00-11:30"]
    assert desk.state(calendar).because == "unreadable"


def test_what_costs_too_much_is_ended(office: Office, server: Nasty) -> None:
    """Working it out runs in a process of its own, which ends when its time is over; memory stays as it was."""
    settings = replace(QUICK, limits=Limits(seconds=5, expand_seconds=1.5))
    with desk_of(office, settings) as desk:
        server.behaviour = nasty.serves(GOOD)
        calendar = desk.connect("c-17", Access(f"{server.url}/calendar.ics"), "address")
        desk.sync()
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        server.behaviour = nasty.serves(BOMB)
        desk.sync()
        assert (desk.state(calendar).because, desk.busy()) == ("unreadable", ["10:00-11:30"])
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 30_000
        server.behaviour = nasty.serves(LATER)
        desk.sync()
        assert desk.busy() == ["08:00-09:00"]


HOURS, MINUTES = ",".join(map(str, range(24))), ",".join(map(str, range(60)))
BOMB = ics(event("b", *TIMES, f"RRULE:FREQ=DAILY;BYHOUR={HOURS};BYMINUTE={MINUTES};BYSECOND={MINUTES}"))


def test_others_do_not_wait_for_what_costs_too_much_again_and_again(office: Office, radicale: Server) -> None:
    """One such entry is passed over; a calendar with more of them is left alone for longer and longer."""
    office.employ("c-18")
    shelf, other = radicale.collection(), radicale.collection()
    shelf.put("a.ics", GOOD)
    settings = replace(QUICK, limits=Limits(seconds=5, expand_seconds=1.5))
    with desk_of(office, settings) as desk:
        calendar = desk.shelf("c-17", shelf)
        desk.shelf("c-18", other)
        desk.sync()
        for n in range(5):
            shelf.put(f"b{n}.ics", BOMB.replace(b"UID:b", b"UID:b%d" % n))
        other.put("c.ics", LATER)
        desk.sync()
        state = desk.state(calendar)
        assert (state.because, state.failures) == ("unreadable", 1)
        assert (desk.busy(), desk.busy("c-18")) == (["10:00-11:30"], ["08:00-09:00"])
        for n in range(1, 5):
            shelf.delete(f"b{n}.ics")
        shelf.put("a.ics", LATER)
        desk.sync()
        state = desk.state(calendar)
        assert (state.because, state.failures, desk.busy()) == ("unreadable", 0, ["08:00-09:00"])


def test_a_server_that_always_has_more_to_tell_is_left(office: Office, server: Nasty) -> None:
    """Page after page of changes, each in time."""
    begin = nasty.serves(COLLECTION, "application/xml")
    pages = itertools.count()

    def more(handler: nasty.Handler) -> None:
        if b"sync-collection" in handler.body:
            handler.answer(207, PAGE % next(pages), Content_Type="application/xml")
        else:
            begin(handler)

    server.behaviour = more
    with desk_of(office, replace(QUICK, limits=Limits(seconds=5, look_seconds=1.0))) as desk:
        calendar = desk.connect("c-17", Access(f"{server.url}/c/"))
        desk.sync()
        state = desk.state(calendar)
    assert (state.because, state.detail) == ("too_slow", "not all of it within 1 seconds")
    assert next(pages) > 1


def test_a_listing_with_nameless_entries_is_read_without_them(desk: Desk, server: Nasty) -> None:
    """What has no name can't be read."""
    begin = nasty.serves(COLLECTION, "application/xml")
    nameless = nasty.serves(NAMELESS, "application/xml")
    server.behaviour = lambda handler: (nameless if b"sync-collection" in handler.body else begin)(handler)
    calendar = desk.connect("c-17", Access(f"{server.url}/c/"))
    desk.sync()
    assert (desk.state(calendar).because, desk.state(calendar).token) == (None, "step:x")


def test_a_fault_of_ours_is_seen_and_left_alone_for_longer(
    desk: Desk, server: Nasty, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever it is, the calendar's state says so; the last known times stay in force."""
    server.behaviour = nasty.serves(GOOD)
    calendar = desk.connect("c-17", Access(f"{server.url}/calendar.ics"), "address")
    desk.sync()
    with monkeypatch.context() as patched:
        patched.setattr(Address, "changes", lambda *_: 1 / 0)
        desk.sync()
        desk.sync()
    state = desk.state(calendar)
    assert (state.because, state.failures, desk.busy()) == ("unreadable", 2, ["10:00-11:30"])
    assert state.detail == "a fault of ours (ZeroDivisionError)"
    desk.sync()
    assert (desk.state(calendar).because, desk.state(calendar).failures) == (None, 0)


def test_a_file_that_only_says_another_date_of_its_making_writes_nothing(desk: Desk, server: Nasty) -> None:
    """As those are which a web service makes anew each time it is asked."""
    rows = []
    for n in range(2):
        server.behaviour = nasty.serves(GOOD.replace(b"20261101T000000Z", b"2026110%dT000000Z" % (n + 2)))
        if not n:
            desk.connect("c-17", Access(f"{server.url}/calendar.ics"), "address")
        desk.sync()
        with desk.office.app.read() as connection:
            rows.append(connection.execute(entries.select()).all())
    assert rows[0] == rows[1] != []


def test_ten_thousand_entries_are_read(desk: Desk, server: Nasty) -> None:
    """In bounded memory: they are worked out next door."""
    many = [_some_entry(n) for n in range(10_000)]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    server.behaviour = nasty.serves(ics(*many))
    calendar = desk.connect("c-17", Access(f"{server.url}/calendar.ics"), "address")
    with desk_of(desk.office, replace(QUICK, limits=Limits(seconds=20))) as patient:
        patient.sync()
    assert desk.state(calendar).because is None
    assert desk.busy(date="2026-12-12") != []
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 120_000


def _some_entry(n: int) -> str:
    hour = f"2026{n % 12 + 1:02}{n % 28 + 1:02}T{n % 9 + 8:02}"
    return event(f"e{n}", f"{hour}0000", f"{hour}3000")


def test_a_calendar_of_fifty_megabytes_is_refused(desk: Desk, server: Nasty) -> None:
    """It says so before it is fetched."""
    server.behaviour = nasty.serves(b"BEGIN:VCALENDAR\r\n" + b"X" * 50_000_000)
    calendar = desk.connect("c-17", Access(f"{server.url}/calendar.ics"), "address")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    desk.sync()
    assert desk.state(calendar).because == "too_large"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 60_000


def test_an_unchanged_file_is_not_sent_again(desk: Desk, server: Nasty) -> None:
    """By its ETag."""
    server.behaviour = nasty.serves(GOOD, etag='"1"')
    desk.connect("c-17", Access(f"{server.url}/calendar.ics"), "address")
    desk.sync()
    before = len(desk.office.log())
    desk.sync()
    assert (len(server.asked), len(desk.office.log()), desk.busy()) == (2, before, ["10:00-11:30"])


def test_an_unchanged_file_without_etag_is_known_by_its_date(desk: Desk, server: Nasty) -> None:
    """If-Modified-Since; a server that keeps no date either sends it again, and nothing follows from that."""
    date, sent = "Sun, 01 Nov 2026 10:00:00 GMT", list[int]()

    def dated(handler: nasty.Handler) -> None:
        sent.append(304 if handler.headers.get("If-Modified-Since") == date else 200)
        handler.answer(sent[-1], GOOD if sent[-1] == 200 else b"", Last_Modified=date)

    server.behaviour = dated
    desk.connect("c-17", Access(f"{server.url}/calendar.ics"), "address")
    desk.sync()
    before = len(desk.office.log())
    desk.sync()
    assert sent == [200, 304]
    server.behaviour = nasty.serves(GOOD)
    desk.sync()
    desk.sync()
    assert (len(desk.office.log()), desk.busy()) == (before, ["10:00-11:30"])


CALDAV: list[tuple[Behaviour, Because]] = [
    *[one for one in TROUBLES if one[0] not in (nasty.drips, nasty.compressed) and one[1] != "changed_meanwhile"],
    (nasty.status(207), "unreadable"),
    (nasty.serves(b"", "text/xml"), "unreadable"),
    (nasty.serves(b"<html>Bitte anmelden", "text/html"), "unreadable"),
    (nasty.serves(b"<D:multistatus xmlns:D='DAV:'><D:resp", "application/xml"), "unreadable"),
    (nasty.serves(XML_BOMB, "application/xml"), "unreadable"),
    (nasty.serves(XML_FILE, "application/xml"), "unreadable"),
    (nasty.serves(XML_TAGS, "application/xml"), "too_large"),
]


@pytest.mark.parametrize(("trouble", "because"), CALDAV, ids=lambda value: value if isinstance(value, str) else "")
def test_a_calendar_server_in_trouble(
    desk: Desk, server: Nasty, radicale: Server, trouble: Behaviour, because: Because
) -> None:
    """Nothing that was known is lost, and another clerk's calendar is read all the same."""
    shelf, other = radicale.collection(), radicale.collection()
    shelf.put("a.ics", GOOD)
    server.behaviour = passing = nasty.passes_on(radicale.url.removesuffix("/clerk/"), radicale.auth)
    path = shelf.url.removeprefix(radicale.url.removesuffix("/clerk/"))
    calendar = desk.connect("c-17", Access(server.url + path))
    desk.shelf("c-18", other)
    desk.sync()
    assert desk.busy() == ["10:00-11:30"]
    server.behaviour = trouble
    other.put("b.ics", LATER)
    desk.rounds.settings = IMPATIENT if because == "too_slow" else QUICK
    desk.sync()
    desk.rounds.settings = QUICK
    state = desk.state(calendar)
    assert (state.because, state.failures) == (because, 1)
    assert (desk.busy(), desk.busy("c-18")) == (["10:00-11:30"], ["08:00-09:00"])
    server.behaviour = passing
    shelf.put("a.ics", LATER)
    desk.sync()
    assert (desk.state(calendar).because, desk.busy()) == (None, ["08:00-09:00"])


def test_a_collection_that_has_moved_is_followed(desk: Desk, server: Nasty, radicale: Server) -> None:
    """On the same host; what it asks there is the same."""
    shelf = radicale.collection()
    shelf.put("a.ics", GOOD)
    root = radicale.url.removesuffix("/clerk/")
    passing = nasty.passes_on(root, radicale.auth)

    def moved(handler: nasty.Handler) -> None:
        if handler.path.startswith("/old/"):
            handler.answer(301, Location=server.url + handler.path.replace("/old/", "/clerk/"))
        else:
            passing(handler)

    server.behaviour = moved
    calendar = desk.connect("c-17", Access(shelf.url.replace(f"{root}/clerk/", f"{server.url}/old/")))
    desk.sync()
    assert (desk.state(calendar).because, desk.busy()) == (None, ["10:00-11:30"])


@pytest.mark.parametrize("kind", ["address", "caldav"])
@pytest.mark.parametrize("sign", ["Basic realm=x", 'Digest realm="x", nonce="n", qop="auth", algorithm=MD5'])
def test_a_password_stays_where_it_belongs(desk: Desk, server: Nasty, kind: Kind, sign: str) -> None:
    """Whoever a server sends us to may ask for it in vain, also for what is worked out of it."""
    told: list[str | None] = []

    def asks(handler: nasty.Handler) -> None:
        told.append(handler.headers.get("Authorization"))
        handler.answer(401, WWW_Authenticate=sign)

    with nasty.running() as other:
        other.behaviour = asks
        server.behaviour = nasty.redirects(other.url, 307)
        calendar = desk.connect("c-17", Access(f"{server.url}/c/", "k17", "geheim"), kind)
        desk.sync()
    assert desk.state(calendar).because == "not_signed_in"
    assert told == [None]
    server.behaviour = asks
    desk.sync()
    assert told[1:] != [None], "where it belongs it is told"


def test_an_old_token_leads_to_everything(desk: Desk, any_server: Server) -> None:
    """A server that does not know it any more is asked from the beginning."""
    shelf = any_server.collection()
    shelf.put("a.ics", GOOD)
    calendar = desk.shelf("c-17", shelf)
    desk.sync()
    state = desk.state(calendar)
    desk.office.app.write(links.keep(calendar, replace(state, token="step:http://radicale.org/ns/sync/" + "0" * 64)))
    shelf.delete("a.ics")
    shelf.put("b.ics", LATER)
    desk.sync()
    assert (desk.state(calendar).because, desk.busy()) == (None, ["08:00-09:00"])


def test_a_server_without_sync_tokens_is_read_by_its_mark(desk: Desk, server: Nasty, radicale: Server) -> None:
    """ctag and ETags do where sync-collection is not known."""
    shelf = radicale.collection()
    shelf.put("a.ics", GOOD)
    root = radicale.url.removesuffix("/clerk/")
    passing = nasty.passes_on(root, radicale.auth)

    def old(handler: nasty.Handler) -> None:
        if b"sync-collection" in handler.body:
            handler.answer(501)
        else:
            passing(handler)

    server.behaviour = old
    calendar = desk.connect("c-17", Access(shelf.url.replace(root, server.url)))
    desk.sync()
    assert desk.busy() == ["10:00-11:30"]
    shelf.put("b.ics", ics(event("e2", "20261124T080000", "20261124T090000")))
    desk.sync()
    assert desk.busy() == ["08:00-09:00", "10:00-11:30"]
    before = len(server.asked)
    desk.sync()
    assert len(server.asked) - before == 1, "the mark is all that is asked for"
    shelf.delete("a.ics")
    desk.sync()
    assert (desk.busy(), desk.state(calendar).because) == (["08:00-09:00"], None)


@pytest.mark.parametrize(("kind", "path"), [("address", "calendar.ics"), ("caldav", "c/")])
@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("wait", ["7000", "seconds", "a date"])
def test_a_slow_server_is_waited_for_as_long_as_it_asks(
    desk: Desk, server: Nasty, kind: Kind, path: str, status: int, wait: str
) -> None:
    """Retry-After counts, in seconds or as a date; what is neither does no harm."""
    asked = formatdate(time() + 7000, usegmt=True) if wait == "a date" else wait
    server.behaviour = nasty.status(status, Retry_After=asked)
    calendar = desk.connect("c-17", Access(f"{server.url}/{path}"), kind)
    desk.sync()
    assert desk.state(calendar).because == "too_many_requests"
    late = desk.state(calendar).due_at > instant(desk.office.now + timedelta(seconds=6900))
    assert late is (wait != "seconds")


def test_figures_say_how_it_stands_and_how_late_the_looks_are(office: Office, server: Nasty) -> None:
    """Also while nobody looks: they are what the database says."""
    with desk_of(office) as desk:
        server.behaviour = nasty.serves(GOOD)
        desk.connect("c-17", Access(server.url), "address")
        desk.sync()
        assert figures_of(desk) == {("foyer_calendars", "well"): 1.0, ("foyer_calendars_due_seconds", ""): 0.0}
        server.behaviour = nasty.status(403)
        desk.sync()
        office.now += timedelta(days=1)
        shown = figures_of(desk)
        assert shown["foyer_calendars", "forbidden"] == 1.0
        assert shown["foyer_calendars_due_seconds", ""] > timedelta(hours=12).total_seconds()


def figures_of(desk: Desk) -> dict[tuple[str, str], float]:
    """What the service shows of its clerks' calendars, by name and reason."""
    with desk.office.app.read() as connection:
        families = list(figures.of_the_database(connection, desk.office.now))
    return {(s.name, s.labels.get("reason", "")): s.value for family in families for s in family.samples}
