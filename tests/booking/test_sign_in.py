"""Signing in: by name and password, for so long; nothing tells what was wrong, and many tries wait."""

import itertools
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select
from werkzeug.test import Client, TestResponse

from services.booking.service import Booking, BookingService
from services.booking.sign_in import passwords as hashing
from services.booking.sign_in.patience import ACCOUNT, ADDRESS
from services.booking.sign_in.tables import passwords, tries
from services.booking.web import sign_in
from shared.admission import COOKIE
from shared.sessions import IDLE, LONGEST
from shared.tables import events
from tests.booking.facts import NOW
from tests.over_http import Wsgi, over_http

PASSWORD = "correct horse battery"
Browser = Callable[[], Client]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """What takes a guesser long would take the tests long, too."""
    monkeypatch.setattr(hashing, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture
def database_kind(request: pytest.FixtureRequest) -> str:
    """One is enough, but where rows are counted."""
    return str(getattr(request, "param", "sqlite"))


@pytest.fixture
def clock(booking: Booking) -> list[timedelta]:
    """Time that has passed since NOW, to be added to."""
    passed, ticks = [timedelta()], itertools.count()
    booking.clock = lambda: NOW + sum(passed, timedelta(milliseconds=next(ticks)))
    return passed


@pytest.fixture
def operations(booking: Booking, clock: list[timedelta]) -> Client:
    """With an account for the info desk."""
    client = over_http(BookingService, booking)
    assert client.put("/api/accounts/desk-1", json={"roles": ["info_desk", "operations"]}).status_code == 200
    assert client.put("/api/accounts/desk-1/password", json={"password": PASSWORD}).status_code == 204
    return client


@pytest.fixture
def browser(booking: Booking, operations: Client) -> Browser:
    """Browsers of people; each keeps its own cookies."""
    wsgi = Wsgi(BookingService, booking)
    return lambda: Client(wsgi)


def _sign_in(client: Client, password: str = PASSWORD, name: str = "desk-1", **more: Any) -> TestResponse:
    return client.post("/sign-in", data={"name": name, "password": password}, **more)


def _text(response: TestResponse) -> str:
    return unescape(response.get_data(as_text=True))


def _may(client: Client) -> bool:
    return client.get("/api/accounts").status_code == 200


def _form_token(client: Client) -> str:
    return re.findall(r'name="form_token" value="([^"]+)"', _text(client.get("/sign-out")))[0]


def test_name_and_password_open_a_session(browser: Browser):
    """In a cookie that no script reads and no other site's form brings along."""
    client = browser()
    assert not _may(client)
    answer = _sign_in(client)
    assert answer.status_code == 303
    said = answer.headers["Set-Cookie"]
    assert "HttpOnly" in said
    assert "SameSite=Lax" in said
    assert _may(client)
    assert "desk-1" in _text(client.get("/sign-in"))


def test_everybody_is_shown_the_way_to_their_pages(browser: Browser, operations: Client):
    """Operations, too, who look at calendars and rooms."""
    client = browser()
    _sign_in(client)
    shown = _text(client.get("/sign-in"))
    ways = re.findall(
        r'<li><a [^>]*href="([^"]+)"[^>]*>([^<]+)</a></li>', shown.partition("<main")[2].partition("</main")[0]
    )
    assert [(url.partition("localhost")[2] or url, text) for url, text in ways] == [
        ("/desk", "Infotheke"),
        (":8002/admin/rooms", "Räume verwalten"),
        (":8003/staff", "Kalender der Sachbearbeitung"),
    ]


def test_capitals_and_blanks_of_the_name_do_not_matter(browser: Browser):
    """As telephones type them."""
    assert _sign_in(browser(), name=" Desk-1 ").status_code == 303


@pytest.mark.parametrize(
    ("name", "password"),
    [("desk-1", "wrong"), ("nobody", PASSWORD), ("../x", PASSWORD), ("", ""), ("desk-1", ""), ("desk-1", "x" * 5000)],
)
def test_nothing_tells_a_wrong_name_from_a_wrong_password(browser: Browser, name: str, password: str):
    """The same words, and the name stays typed."""
    answer = _sign_in(browser(), password, name)
    assert answer.status_code == 422
    assert sign_in.REFUSED in _text(answer)
    assert "Set-Cookie" not in answer.headers
    assert f'value="{name}"' in _text(answer)


def _tried_until_it_waits(client: Client, name: str) -> int:
    for tries_so_far in range(ACCOUNT.free + 2):
        answer = _sign_in(client, "wrong", name)
        if answer.status_code == 429:
            assert int(answer.headers["Retry-After"]) == ACCOUNT.first
            return tries_so_far
    return -1


@pytest.mark.parametrize("database_kind", ["sqlite", "postgresql"], indirect=True)
def test_an_account_waits_after_failures_and_so_does_one_that_there_is_not(browser: Browser, clock: list[timedelta]):
    """So nobody learns from it which accounts there are; the right password waits, too, and works afterwards."""
    client = browser()
    assert _tried_until_it_waits(client, "desk-1") == ACCOUNT.free
    assert _tried_until_it_waits(client, "nobody") == ACCOUNT.free
    assert _sign_in(client).status_code == 429
    clock.append(timedelta(seconds=ACCOUNT.first))
    assert _sign_in(client).status_code == 303
    assert _sign_in(client, "wrong").status_code == 422, "counting begins anew"


def test_an_address_that_tries_many_names_waits(browser: Browser):
    """But not at once: it may be a whole town hall."""
    client = browser()
    codes = [_sign_in(client, "wrong", f"name-{n}").status_code for n in range(ADDRESS.free + 1)]
    assert codes == [422] * ADDRESS.free + [429]


def test_a_crowd_at_the_door_is_asked_to_wait(browser: Browser, monkeypatch: pytest.MonkeyPatch):
    """So that those who book get a worker."""
    monkeypatch.setattr(hashing, "crowded", lambda: True)
    answer = _sign_in(browser())
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "2")


def test_what_was_typed_is_kept_nowhere(booking: Booking, browser: Browser):
    """Somebody may have typed the password as the name."""
    _sign_in(browser(), name=PASSWORD)
    with booking.read() as connection:
        rows = [*connection.execute(select(tries)), *connection.execute(select(passwords))]
        log = connection.execute(select(events.c.data)).scalars().all()
    assert "argon2id" in str(rows)
    for text in (PASSWORD, "127.0.0.1"):
        assert text not in str(rows)
    assert not any(PASSWORD in line or "argon2" in line for line in log)


def test_a_session_that_nobody_uses_ends(browser: Browser, clock: list[timedelta]):
    """Half an hour; using it keeps it open, but not for longer than a day's work."""
    client = browser()
    _sign_in(client)
    clock.append(IDLE)
    assert not _may(client)
    _sign_in(client)
    for _ in range(int(LONGEST / (IDLE * 2 / 3)) - 1):
        clock.append(IDLE * 2 / 3)
        assert client.get("/sign-out").status_code == 200  # a page: the cookie is written anew
        assert _may(client)
    clock.append(IDLE * 2 / 3)
    assert not _may(client)


def test_signing_out_ends_this_session_also_for_who_has_copied_the_cookie(browser: Browser):
    """And no other."""
    client, copy, other = browser(), browser(), browser()
    for one in (client, other):
        _sign_in(one)
    stolen = client.get_cookie(COOKIE)
    assert stolen is not None
    copy.set_cookie(COOKIE, stolen.value)
    assert _may(copy)
    assert client.get("/sign-out").status_code == 200
    assert _may(client), "following a link does nothing"
    client.post("/sign-out", data={"form_token": _form_token(client)})
    assert not _may(client)
    assert not _may(copy)
    assert _may(other)


def test_signing_out_everywhere_ends_all(browser: Browser, operations: Client):
    """Tokens of programs, too."""
    client, other = browser(), browser()
    for one in (client, other):
        _sign_in(one)
    token = operations.post("/api/accounts/desk-1/token").get_json()["token"]
    program = {"Authorization": f"Bearer {token}"}
    assert browser().get("/api/accounts", headers=program).status_code == 200
    client.post("/sign-out", data={"form_token": _form_token(client), "everywhere": "1"})
    assert not _may(other)
    assert browser().get("/api/accounts", headers=program).status_code == 401


@pytest.mark.parametrize(
    "act",
    [
        lambda operations: operations.delete("/api/accounts/desk-1"),
        lambda operations: operations.put("/api/accounts/desk-1", json={"roles": ["info_desk"]}),
        lambda operations: operations.put("/api/accounts/desk-1/password", json={"password": "another password"}),
        lambda operations: operations.delete("/api/accounts/desk-1/sessions"),
    ],
    ids=["closed", "other roles", "new password", "ended"],
)
def test_what_operations_take_away_counts_at_once(browser: Browser, operations: Client, act: Callable[[Client], Any]):
    """Not when the cookie ends."""
    client = browser()
    _sign_in(client)
    assert act(operations).status_code in (200, 204)
    assert client.get("/api/accounts").status_code == 401


def test_enter_pressed_too_early_locks_nobody_out(browser: Browser):
    """An empty field is no guess."""
    for name, password in (("desk-1", ""), ("", PASSWORD)) * ACCOUNT.free:
        assert _sign_in(browser(), password, name).status_code == 422
    assert _sign_in(browser()).status_code == 303


def test_a_closed_account_cannot_sign_in(browser: Browser, operations: Client):
    """Nor with its old password when it is opened again."""
    operations.delete("/api/accounts/desk-1")
    assert _sign_in(browser()).status_code == 422
    operations.put("/api/accounts/desk-1", json={"roles": ["info_desk"]})
    assert _sign_in(browser()).status_code == 422


def test_a_form_needs_the_token_of_the_session(browser: Browser):
    """Of this one, not of any: what another page sends in one's name does nothing."""
    client, other = browser(), browser()
    for one in (client, other):
        _sign_in(one)
    path, body = "/api/accounts/new-1", {"roles": ["info_desk"]}
    assert client.put(path, json=body).status_code == 403
    assert client.put(path, json=body, headers={"X-Form-Token": _form_token(other)}).status_code == 403
    assert client.put(path, json=body, headers={"X-Form-Token": _form_token(client)}).status_code == 200


def test_another_site_cannot_sign_somebody_in(browser: Browser):
    """Under a name of its own, to see what is typed then."""
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {"Origin": "null"}):
        assert _sign_in(browser(), headers=headers).status_code == 403
    for headers in ({"Sec-Fetch-Site": "same-origin"}, {"Origin": "http://localhost"}, {}):
        assert _sign_in(browser(), headers=headers).status_code == 303


@pytest.mark.parametrize(
    ("back", "there"),
    [
        ("/desk?x=1", "/desk?x=1"),
        ("http://localhost:8003/staff", "http://localhost:8003/staff"),
        ("https://evil.example/", "/sign-in"),
        ("//evil.example/", "/sign-in"),
        ("/\\evil.example/", "/sign-in"),
        ("http://localhost@evil.example/", "/sign-in"),
        ("http://evil.example\\@localhost/", "/sign-in"),
        ("javascript:alert(1)", "/sign-in"),
        ("/desk\nSet-Cookie: x=1", "/sign-in"),
        ("http://[", "/sign-in"),
    ],
)
def test_after_signing_in_one_is_led_to_pages_of_this_house_only(browser: Browser, back: str, there: str):
    """Whatever the address said."""
    answer = browser().post("/sign-in", data={"name": "desk-1", "password": PASSWORD, "next": back})
    assert answer.headers["Location"] == there


@pytest.mark.parametrize("host", ["http://127.0.0.1:8001", "http://termine.example"], ids=["own host", "host is kept"])
@pytest.mark.parametrize(
    ("back", "there"),
    [
        ("https://termine.example/staff", "https://termine.example/staff"),
        ("https://termine.example.evil.example/", "/sign-in"),
        ("https://termine.example@evil.example/", "/sign-in"),
    ],
)
def test_behind_a_proxy_this_house_is_where_readers_see_it(
    booking: Booking, browser: Browser, host: str, back: str, there: str
):
    """Whatever the proxy says in Host, and although it speaks plain HTTP to the service."""
    booking.settings = replace(booking.settings, public_url="https://termine.example")
    data = {"name": "desk-1", "password": PASSWORD, "next": back}
    assert browser().post("/sign-in", data=data, base_url=host).headers["Location"] == there


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/api/accounts/X", {"roles": ["clerk"]}, "account"),
        ("/api/accounts/ok-1", {"roles": []}, "roles"),
        ("/api/accounts/ok-1", {"roles": ["king"]}, "roles.0"),
        ("/api/accounts/ok-1", {"roles": ["clerk"]}, "person"),
        ("/api/accounts/desk-1/password", {"password": "short"}, "password"),
    ],
)
def test_what_is_wrong_with_an_account_is_said(operations: Client, path: str, body: Any, field: str):
    """Beside its name, and nothing is changed."""
    answer = operations.put(path, json=body)
    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["field"] == field
