"""The kit of pages: one look, strict headers, languages, plain error pages, files that are kept forever."""

import gzip
import pickle
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from babel.messages.pofile import read_po
from werkzeug.test import Client, TestResponse
from werkzeug.wrappers import Request, Response

from shared import pages
from shared.pages import Kit, Link, Sorry, events, kit, streams
from shared.pages.entrypoint import MAX_FORM
from shared.pages.static_files import StaticFiles
from shared.problems import Problem
from shared.sessions import Sessions, begin
from shared.standard import Standard
from tests.over_http import Wsgi
from tests.shared import toy

TEMPLATE = """{% extends "layout.html" %}{% from "kern.html" import field %}{% block title %}Seite{% endblock %}
{% block main %}<form>{{ form_token }}{{ field(w, errors, values, "name", "Name") }}</form>{% endblock %}"""
NAME = "<script>alert(1)</script> O'Brien"


@pytest.fixture
def toy_kit(tmp_path: Path) -> Kit:
    """A service's own folder with a template, a stylesheet and no catalogue but the English one of nothing."""
    folder = tmp_path / "toy" / "web"
    for name in ("templates", "static"):
        (folder / name).mkdir(parents=True)
    (folder / "templates" / "page.html").write_text(TEMPLATE)
    (folder / "static" / "toy.css").write_text("body { color: red; }" * 100)
    catalogue = folder.parent / "locale" / "en" / "LC_MESSAGES" / "messages.po"
    catalogue.parent.mkdir(parents=True)
    catalogue.write_text(
        'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "Spielzeug"\nmsgstr "Toy"\n'
    )
    links = (Link("/page", "Spielzeug"), Link("/secret", "Geheim", ("keeper",)))
    portal = ("FOYER_HTTP_ELSEWHERE", "127.0.0.1:8001")
    return Kit("toy", folder, title="Spielzeug", navigation=links, stylesheets=("own/toy.css",), portal=portal)


@pytest.fixture
def no_kern(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """`make setup` has not been run, or the setting leads elsewhere."""
    monkeypatch.setenv("FOYER_KERN", str(tmp_path / "nowhere"))


@pytest.fixture
def client(toy_kit: Kit, home: Path) -> Iterator[Client]:
    """A browser in front of a service with such pages."""
    url = f"sqlite:///{home}/toy.db"
    toy.create_tables(url)
    app = toy.app(home, url)
    yield Client(Wsgi(_service(toy_kit), app), Response)
    app.engine.dispose()


def _service(of: Kit) -> type:
    class Toy(Standard):
        @of.pages("GET,POST", "/page")
        def page(self, request: Request) -> Response:
            wrong = {"name": "Falsch"} if request.method == "POST" else {}
            return of.page("page.html", request, 422 if wrong else 200, values=request.form, errors=wrong)

        @of.pages("GET,POST", "/secret", role=("keeper",))
        def secret(self, request: Request) -> Response:
            return of.page("page.html", request, values={})

        @of.pages("GET", "/breaks/<how>")
        def breaks(self, request: Request, how: str) -> Response:
            raise {"own": Sorry(404, "Fort", "Hier war etwas."), "bug": KeyError("secret text")}.get(how) or Problem(
                int(how), "x"
            )

        @of.pages("GET", "/news")
        def news(self, request: Request) -> Response:
            return events(request, iter([("changed", {"n": 1}), None]))

        @of.pages("GET", of.files.rule)
        def static_file(self, request: Request, group: str, name: str) -> Response:
            return of.static(request, group, name)

    return Toy


def _text(answer: TestResponse) -> str:
    return answer.get_data(as_text=True)


def _titles(answer: TestResponse) -> tuple[str, str]:
    text = _text(answer)
    return re.findall(r"<title>(.*?)</title>", text)[0], re.findall(r"<h1[^>]*>(.*?)</h1>", text)[0]


def test_a_page_may_load_nothing_from_elsewhere_and_nothing_inline(client: Client) -> None:
    """And nobody may frame it, keep it, or learn where one came from."""
    answer = client.get("/page")
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'self'; script-src 'self';")
    assert "unsafe" not in policy
    assert {"frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"} <= set(policy.split("; "))
    wanted = {"Cache-Control": "no-store", "Referrer-Policy": "same-origin", "X-Content-Type-Options": "nosniff"}
    assert {name: answer.headers[name] for name in wanted} == wanted
    assert not re.search(r"<style|style=|onclick|<script(?![^>]*src=)", _text(answer))
    assert "https://" not in _text(answer)


def test_an_address_that_nobody_has_is_answered_as_strictly(client: Client) -> None:
    """The page for it comes from no entrypoint; nobody keeps it or guesses what it is."""
    wsgi: Any = client.application
    client.get("/page")
    entry = next(entry for entry in wsgi.bound.values() if entry.url == "/page")
    answer = entry.unknown(Request.from_values("/nowhere"), Problem(404, "x"))
    wanted = {"Cache-Control": "no-store", "X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff"}
    assert {name: answer.headers[name] for name in wanted} == wanted


def test_who_came_safely_comes_safely_again(client: Client) -> None:
    """Over HTTPS only; without it there is nothing to insist on."""
    there = client.get("/page", base_url="https://localhost")
    assert there.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert "Strict-Transport-Security" not in client.get("/page").headers


@pytest.mark.parametrize(
    ("header", "query", "language"),
    [
        ("", "", "de"),
        ("en-GB,en;q=0.9", "", "en"),
        ("fr", "", "de"),
        ("de", "?lang=en", "en"),
        ("en", "?lang=xx", "en"),
    ],
)
def test_the_language_is_chosen_or_the_browsers(client: Client, header: str, query: str, language: str) -> None:
    """And what was chosen stays so."""
    answer = client.get(f"/page{query}", headers={"Accept-Language": header})
    assert f'<html lang="{language}">' in _text(answer)
    if query == "?lang=en":
        assert '<html lang="en">' in _text(client.get("/page", headers={"Accept-Language": "de"}))
    assert _titles(answer)[0] == f"Seite – {'Toy' if language == 'en' else 'Spielzeug'}"


def test_the_switch_leads_to_the_same_page(client: Client) -> None:
    """With all that was asked."""
    assert 'href="/page?a=1&amp;b=%C3%A4&amp;lang=en"' in _text(client.get("/page?a=1&b=ä&lang=de"))


def test_a_wrong_field_is_said_and_what_was_typed_is_shown_as_typed(client: Client) -> None:
    """The focus is there, the title says so, and a name is never markup."""
    answer = client.post("/page", data={"name": NAME})
    assert "<script>" not in _text(answer)
    assert "&lt;script&gt;alert(1)&lt;/script&gt; O&#39;Brien" in _text(answer)
    assert re.search(
        r'id="name"[^>]*aria-invalid="true"[^>]*aria-describedby=" name-wrong"[^>]*autofocus', _text(answer)
    )
    assert _titles(answer)[0].startswith("Fehler: ")


@pytest.mark.parametrize("status", sorted(kit.SAID.keys() - {401}))
def test_whatever_goes_wrong_is_a_plain_page(client: Client, status: int) -> None:
    """In the reader's language, with the right status."""
    answer = client.get(f"/breaks/{status}?lang=en")
    assert answer.status_code == status
    assert answer.content_type.startswith("text/html")
    assert _titles(answer)[1] not in kit.SAID[status], "it is in English"


def test_what_we_did_not_foresee_says_no_more_than_that(client: Client) -> None:
    """No stack, no text of ours."""
    answer = client.get("/breaks/bug")
    assert answer.status_code == 500
    assert "secret text" not in _text(answer)
    assert _titles(answer)[1] == kit.FAILED[0]
    assert "Hier war etwas." in _text(client.get("/breaks/own"))


def test_who_is_not_signed_in_is_led_there_and_back(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """On the host that the reader sees; what was being sent is not lost without a word."""
    assert client.get("/secret?x=1").headers["Location"] == (
        "http://localhost:8001/sign-in?next=http%3A%2F%2Flocalhost%2Fsecret%3Fx%3D1"
    )
    assert client.post("/secret").status_code == 401
    monkeypatch.setenv("FOYER_PUBLIC_URL", "https://termine.example/")
    assert client.get("/secret").headers["Location"].startswith("https://termine.example/sign-in?")
    monkeypatch.setenv("FOYER_SIGN_IN_URL", "https://sso.example/in")
    assert client.get("/secret").headers["Location"].startswith("https://sso.example/in?")


@pytest.mark.parametrize("host", ["http://127.0.0.1:8003", "http://termine.example"], ids=["own host", "host is kept"])
def test_behind_a_proxy_one_is_led_back_to_where_the_reader_is(
    client: Client, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    """Whatever the proxy says in Host, and although it speaks plain HTTP to the service."""
    monkeypatch.setenv("FOYER_PUBLIC_URL", "https://termine.example/")
    assert client.get("/secret?x=1", base_url=host).headers["Location"] == (
        "https://termine.example/sign-in?next=https%3A%2F%2Ftermine.example%2Fsecret%3Fx%3D1"
    )


def test_who_may_not_is_led_on_not_back(client: Client, home: Path) -> None:
    """To what the account is for: the service's own first page may be the one that was refused."""
    settings = toy.settings(home, "sqlite://")
    session = begin("a-1", ("visitor",), toy.app(home, f"sqlite:///{home}/toy.db").clock())
    client.set_cookie("foyer_session", Sessions(settings.secret).sealed(session))
    refused = client.get("/secret")
    assert refused.status_code == 403
    assert 'href="http://localhost:8001/sign-in"' in _text(refused).partition("<main")[2]
    assert 'href="/"' not in _text(refused).partition("<main")[2]


def test_the_navigation_shows_what_one_may(client: Client, home: Path) -> None:
    """And a form of a signed-in page bears the session's token."""
    assert "/secret" not in _text(client.get("/page"))
    settings = toy.settings(home, "sqlite://")
    now = toy.app(home, f"sqlite:///{home}/toy.db").clock()
    session = begin("a-1", ("keeper",), now)
    client.set_cookie("foyer_session", Sessions(settings.secret).sealed(session))
    shown = _text(client.get("/secret"))
    assert 'href="/secret" aria-current="page"' in shown
    assert f'name="form_token" value="{Sessions(settings.secret).form_token(session)}"' in shown
    assert client.post("/secret").status_code == 403
    assert client.post("/secret", data={"form_token": "0" * 32}).status_code == 403
    token = Sessions(settings.secret).form_token(session)
    assert client.post("/secret", data={"form_token": token}).status_code == 200


def test_what_was_typed_survives_the_end_of_a_session(client: Client, home: Path) -> None:
    """It waits on the page while one signs in; sent once more it needs a token of the new session, and a press."""
    own, typed = {"Sec-Fetch-Site": "same-origin"}, {"name": NAME, "form_token": "old"}
    waiting = client.post("/secret?x=1", data=typed, headers=own)
    fields = '<input type="hidden" name="name" value="&lt;script&gt;alert(1)&lt;/script&gt; O&#39;Brien">'
    assert waiting.status_code == 401
    assert fields in _text(waiting)
    assert 'action="/secret?x=1"' in _text(waiting)
    assert 'value="old"' not in _text(waiting)
    session = begin("a-1", ("keeper",), toy.app(home, f"sqlite:///{home}/toy.db").clock())
    sessions = Sessions(toy.settings(home, "sqlite://").secret)
    client.set_cookie("foyer_session", sessions.sealed(session))
    again = client.post("/secret?x=1", data={"name": NAME}, headers=own)
    assert again.status_code == 403
    assert fields in _text(again)
    assert f'value="{sessions.form_token(session)}"' in _text(again)
    done = client.post("/secret?x=1", data={"name": NAME, "form_token": sessions.form_token(session)}, headers=own)
    assert done.status_code == 200


@pytest.mark.parametrize("headers", [{}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}])
def test_nobody_elses_form_is_offered_to_be_sent_again(client: Client, home: Path, headers: dict[str, str]) -> None:
    """With a token it would be as good as one's own."""
    session = begin("a-1", ("keeper",), toy.app(home, f"sqlite:///{home}/toy.db").clock())
    client.set_cookie("foyer_session", Sessions(toy.settings(home, "sqlite://").secret).sealed(session))
    refused = client.post("/secret", data={"name": NAME}, headers=headers)
    assert refused.status_code == 403
    assert "<form" not in _text(refused)


def test_a_form_from_elsewhere_or_too_large_is_refused(client: Client) -> None:
    """Also where nobody is signed in."""
    assert client.post("/page", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert client.post("/page", data={"name": "x" * (MAX_FORM + 1)}).status_code == 413


def test_files_are_kept_forever_under_an_address_of_their_content(client: Client) -> None:
    """KERN's stylesheet among them, compressed; under an old address they are asked for again."""
    for url in re.findall(r'href="(/static/[^"]+)"', _text(client.get("/page"))):
        plain = client.get(url)
        packed = client.get(url, headers={"Accept-Encoding": "gzip"})
        assert "immutable" in plain.headers["Cache-Control"]
        assert gzip.decompress(packed.data) == plain.data
        assert len(packed.data) < 40_000, url
        assert plain.content_type == "text/css; charset=utf-8"
        old = client.get(re.sub(r"-[0-9a-f]{12}/", "-000000000000/", url))
        assert (old.status_code, old.headers["Cache-Control"]) == (200, "no-cache")
    fonts = re.findall(r'url\("([^"]+)"\)', _text(client.get(_address(client, "pages.css"))))
    assert fonts
    for font in map(client.get, fonts):
        assert font.content_type == "font/woff2"
        assert font.data.startswith(b"wOF2")


@pytest.mark.usefixtures("no_kern")
def test_without_kern_pages_have_no_styles_but_work(client: Client) -> None:
    """Links in mails lead to them."""
    assert client.get("/page").status_code == 200
    assert client.get(_address(client, "kern.min.css")).status_code == 404
    assert client.get(_address(client, "pages.css")).status_code == 200


@pytest.mark.usefixtures("no_kern")
def test_health_says_that_pages_have_no_styles(client: Client) -> None:
    """Once, and what to do."""
    (note,) = client.get("/health").get_json()["notes"]
    assert "kern.min.css" in note
    assert "make setup" in note
    assert "FOYER_KERN" in note


def test_an_error_page_that_fails_itself_is_a_bare_one(client: Client, tmp_path: Path) -> None:
    """Whoever reads it learns what an error page says, in their language."""
    (tmp_path / "toy" / "web" / "templates" / "problem.html").write_text("{{ nobody_knows_this }}")
    answer = client.get("/breaks/bug", headers={"Accept-Language": "en"})
    assert (answer.status_code, answer.content_type) == (500, "text/html; charset=utf-8")
    assert _titles(answer) == ("Something went wrong here",) * 2
    assert '<html lang="en">' in _text(answer)
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_only_what_is_packed_is_kept_in_memory(tmp_path: Path) -> None:
    """Of KERN's stylesheet and fonts, a megabyte together."""
    assert len(pickle.dumps(StaticFiles("toy", tmp_path))) < 100_000


def _address(client: Client, name: str) -> str:
    return re.findall(rf'href="(/static/[^"]+/{name})"', _text(client.get("/page")))[0]


@pytest.mark.parametrize(
    "path", ["own-x/nope.css", "own-x/../templates/page.html", "nope-x/toy.css", "kern-x/kern.css"]
)
def test_nothing_else_is_served(client: Client, path: str) -> None:
    """A plain page instead."""
    assert client.get(f"/static/toy/{path}").status_code == 404


def test_a_large_page_is_compressed_for_strangers_only(client: Client) -> None:
    """The length of a page with a session's secrets in it would tell of them."""
    answer = client.post("/page", data={"name": "x" * 5000}, headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert b"x" * 5000 in gzip.decompress(answer.data)


def test_events_are_told_one_by_one(client: Client) -> None:
    """For EventSource; nothing of it is kept."""
    answer = client.get("/news")
    assert answer.content_type.startswith("text/event-stream")
    assert _text(answer) == 'retry: 3000\n\nevent: changed\ndata: {"n":1}\n\n:\n\n'
    assert streams._open == 0


def test_too_many_streams_are_refused(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before they eat up the process."""
    monkeypatch.setattr(streams, "MOST", 0)
    assert client.get("/news").status_code == 503


def test_no_form_leaves_it_to_the_browser_to_say_what_is_wrong() -> None:
    """Its bubble speaks the browser's language, stands beside nothing and is gone in a moment; we say it ourselves."""
    services = Path(pages.__file__).parents[2] / "services"
    forms = [
        form
        for path in sorted(services.glob("*/web/templates/**/*.html"))
        for form in re.findall(r"<form\b[^>]*>", path.read_text())
    ]
    assert len(forms) > 30
    assert [form for form in forms if "novalidate" not in form] == []


def test_every_german_text_of_the_kit_has_its_english_one() -> None:
    """And the catalogue holds no other."""
    folder = Path(pages.__file__).parent
    with (folder / "locale" / "en" / "LC_MESSAGES" / "messages.po").open("rb") as file:
        known = {message.id: message.string for message in read_po(file) if message.id}
    pairs = (*kit.SAID.values(), *kit.STILL_THERE.values(), kit.FOREIGN_FORM, kit.FAILED)
    said = {text for pair in pairs for text in pair}
    for path in (folder / "templates").glob("*.html"):
        said |= set(re.findall(r'w\.(?:text|say)\("([^"]+)"', path.read_text()))
    assert all(known.values())
    assert said == set(known)
