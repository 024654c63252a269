"""Whatever a guest types: the letter goes to one address, has our headers only, and shows the text as typed."""

import html as html_module
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from services.notifications.letters.compose import BadAddress, deliverable
from services.notifications.letters.house import Guest
from tests.notifications.reading import calendar, event, html, text, written

HEADERS = [
    "Subject",
    "From",
    "To",
    "Date",
    "Message-ID",
    "References",
    "Auto-Submitted",
    "Content-Language",
    "MIME-Version",
    "Content-Type",
]
NAMES = (
    "<script>alert(1)</script>",
    'O\'Neill & Söhne "GmbH"',
    "{{ 7 * 7 }} {name} %s",
    "محمد عبد الله",
    "שרה \u202eevil",
    "李小龍 🎂",
    "x" * 200,
    "Ö" * 200,
    "a, b <evil@example.com>, ; : \\",
)
INJECTIONS = (
    "Eve\r\nBcc: all@example.com",
    "Eve\nSubject: other",
    "Eve\r\n\r\n<h1>body</h1>",
    "Eve\x00\x0b\x0c\x1c\x85\u2028\u2029X",
    "Eve\r\nATTENDEE:mailto:all@example.com",
    "Eve\r\n.\r\nMAIL FROM:<x@example.com>",
)


def guest(name: str) -> Guest:
    return Guest(name, "eve@example.org", "t")


PLAIN = written(guest=guest("Eve"))


@pytest.mark.parametrize("name", NAMES)
def test_names_come_out_as_typed(name):
    """In text, in HTML and in the calendar."""
    mail = written(guest=guest(name))
    assert name in text(mail)
    assert f"<bdi>{html_module.escape(name)}</bdi>".replace("&#x27;", "&#39;").replace("&quot;", "&#34;") in html(mail)
    assert event(mail)["attendee"].params["CN"] in (name, name.replace('"', "'"))


@settings(max_examples=30, deadline=None)
@given(st.text(min_size=1, max_size=200))
@example(INJECTIONS[0])
@example(INJECTIONS[1])
@example(INJECTIONS[2])
@example(INJECTIONS[3])
@example(INJECTIONS[4])
@example(INJECTIONS[5])
def test_a_name_stays_a_name(name):
    """No header, no recipient, no calendar property and no line is added by any name."""
    name = name.encode("utf-8", "replace").decode()  # JSON can't bring lone surrogates
    mail, plain = written(guest=guest(name)), PLAIN
    assert sorted(mail.keys()) == sorted(HEADERS)
    assert mail["To"] == "eve@example.org"
    assert [p.get_content_type() for p in mail.walk()] == [p.get_content_type() for p in plain.walk()]
    assert len(text(mail).split("\n")) == len(text(plain).split("\n"))
    assert event(mail).keys() == event(plain).keys()
    assert [c.name for c in calendar(mail).walk()] == [c.name for c in calendar(plain).walk()]
    assert not any(unicodedata.category(c) == "Cc" for line in text(mail).split("\n") for c in line)


def test_a_name_does_not_turn_its_surroundings():
    """What turns the direction of writing is closed in again before the comma."""
    assert "\nGuten Tag \u2068X\u202eY\u2069,\n" in text(written(guest=guest("X\u202eY")))


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("joerg@example.org", "joerg@example.org"),
        (" joerg@EXAMPLE.org ", "joerg@example.org"),
        ("joerg+foyer@straße.example", "joerg+foyer@xn--strae-oqa.example"),
        ("jörg@bücher.example", "jörg@xn--bcher-kva.example"),
        ("用户@例子.example", "用户@xn--fsqu00a.example"),
        ('"a b"@example.org', '"a b"@example.org'),
    ],
)
def test_addresses(typed, address):
    """Domains as mail servers know them (IDNA 2008), local parts as they are."""
    assert deliverable(typed) == address
    mail = written(guest=Guest("Eve", typed, "t"))
    assert event(mail)["attendee"].startswith("mailto:")
    assert event(mail)["attendee"].isascii()


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "nobody",
        "@example.org",
        "a@",
        "a@b@example.org",
        "a@example.org, b@example.org",
        "a@example.org\r\nBcc: b@example.org",
        "a\r\nRCPT TO:<b@example.org>@example.org",
        "a@exa mple.org",
        "a@.org",
        "<a@example.org>",
        "Eve <a@example.org>",
        "a@" + "x" * 64 + ".org",
        "a\x00b@example.org",
    ],
)
def test_what_is_not_one_address_is_refused(typed):
    """And the error does not quote it."""
    with pytest.raises(BadAddress) as refused:
        deliverable(typed)
    assert typed not in str(refused.value) or not typed


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=40))
def test_any_text_is_an_address_or_refused(typed):
    """Never another error, never a second recipient."""
    try:
        address = deliverable(typed + "@example.org")
    except BadAddress:
        return
    assert address.endswith("@example.org")
    assert address.isprintable()
    assert written(guest=Guest("Eve", typed + "@example.org", "t"))["To"].addresses[0].domain == "example.org"
