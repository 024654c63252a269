"""What guests read. The golden texts in golden/ are read by people when they change."""

import html as html_module
import io
import random
import re
import struct
import zlib
from dataclasses import replace
from datetime import datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest
import zxingcpp

from services.notifications.events import Stop, Wording
from services.notifications.letters.compose import compose
from services.notifications.letters.house import Guest
from services.notifications.letters.qr import png
from tests import heads
from tests.notifications.facts import FIRST, GUEST, HOUSE, NOW, OLD_PASSPORT, PASSPORT, A, letter, visit
from tests.notifications.reading import html, part, text, written

GOLDEN = Path(__file__).parent / "golden"
KINDS = (
    *("confirmation", "moved", "cancelled", "declined", "expired", "not_confirmed"),
    *("move_declined", "move_expired", "asked_to_move", "asked_for_another", "asked_to_confirm"),
)


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("kind", KINDS)
def test_the_text_reads_so(kind, language):
    """Subject and text of every kind in both languages, word for word."""
    mail = written(letter(kind, language))
    golden = GOLDEN / f"{kind}.{language}.txt"
    assert f"{mail['Subject']}\n\n{text(mail)}" == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", KINDS)
def test_html_says_what_the_text_says(kind):
    """Whoever reads the one misses nothing of the other."""
    mail = written(letter(kind, "en"))
    words = " ".join(_Words.of(html(mail)).split())
    links = re.findall(r"https://\S+", text(mail))
    for line in text(mail).splitlines():
        bare = line.removeprefix("- ").rstrip(":")
        parts = bare.split(": ", 1) if ": " in bare and not line.startswith("- ") else [bare]
        assert all(one in words or one in links for one in parts), line
    assert all(f'href="{link}"' in html(mail) for link in links)


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("kind", KINDS)
def test_text_and_html_begin_with_the_same_heading(kind, language):
    """Whoever reads the text sees at once what the letter is about, too."""
    mail = written(letter(kind, language))
    (heading,) = re.findall("<h1[^>]*>(.+?)</h1>", html(mail))
    assert text(mail).startswith(f"{html_module.unescape(heading)}\n\n")


class _Words(HTMLParser):
    """The words of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @classmethod
    def of(cls, page: str) -> str:
        parser = cls()
        parser.feed(page)
        return "".join(parser.words)


def test_the_parts_stand_as_mail_programs_want_them():
    """alternative( text, related( HTML, picture ), calendar ): the last one understood is shown."""
    mail = written()
    assert mail.get_content_type() == "multipart/alternative"
    assert [one.get_content_type() for one in mail.iter_parts()] == ["text/plain", "multipart/related", "text/calendar"]
    assert part(mail, "text/calendar").get_param("method") == "REQUEST"
    assert part(mail, "image/png")["Content-Disposition"].startswith("inline")


def test_a_letter_without_a_pass_has_no_picture_and_without_a_change_no_calendar():
    """Who gets no appointment gets nothing to show and nothing to note."""
    for kind in ("declined", "expired", "not_confirmed"):
        kinds = {one.get_content_type() for one in written(letter(kind)).walk()}
        assert kinds == {"multipart/alternative", "text/plain", "text/html"}
    for kind in ("move_declined", "move_expired"):
        assert "text/calendar" not in {one.get_content_type() for one in written(letter(kind)).walk()}


def test_the_picture_in_the_page_is_the_one_in_the_mail():
    """The HTML shows the QR code by its Content-ID, with a text for those who can't see it."""
    mail = written()
    (source,) = re.findall(r'src="cid:([^"]+)"', html(mail))
    assert part(mail, "image/png")["Content-ID"] == f"<{source}>"
    assert 'alt="QR-Code der Besuchsnummer 7KQ4M2XD"' in html(mail)


@pytest.mark.parametrize("seed", range(2))
def test_the_qr_code_says_the_number(seed):
    """Read back with a scanner: the number and nothing else, whatever the number."""
    chance = random.Random(seed)
    for _ in range(50):
        number = "".join(chance.choices("23456789ABCDEFGHJKLMNPQRSTUVWXYZ", k=8))
        width, height, greys = _pixels(png(number))
        image = memoryview(bytes(greys)).cast("B", (height, width))
        assert [code.text for code in zxingcpp.read_barcodes(image)] == [number]


def _pixels(picture: bytes) -> tuple[int, int, list[int]]:
    """A PNG of one bit per pixel with the filters None and Up, as segno writes it: width, height, grey values."""
    stream = io.BytesIO(picture)
    assert stream.read(8) == b"\x89PNG\r\n\x1a\n"
    width = height = 0
    packed = b""
    while head := stream.read(8):
        (length,), kind = struct.unpack(">I", head[:4]), head[4:]
        body, _ = stream.read(length), stream.read(4)
        if kind == b"IHDR":
            width, height = struct.unpack(">II", body[:8])
        if kind == b"IDAT":
            packed += body
    raw, stride = zlib.decompress(packed), (width + 7) // 8 + 1
    lines = [bytes(stride - 1)]
    for y in range(height):
        kind, line = raw[y * stride], raw[y * stride + 1 : (y + 1) * stride]
        assert kind in (0, 2)
        lines.append(line if kind == 0 else bytes((a + b) % 256 for a, b in zip(line, lines[-1], strict=True)))
    return width, height, [255 * (line[x // 8] >> (7 - x % 8) & 1) for line in lines[1:] for x in range(width)]


def test_message_id_and_references():
    """The Message-ID follows from appointment, kind and attempt; all letters of one visit refer to the same."""
    first, again, other = written(), written(), written(letter("cancelled"))
    assert first["Message-ID"] == again["Message-ID"] == f"<{A}.confirmation.1@guetersloh.example>"
    assert other["Message-ID"] == f"<{A}.cancelled.1@guetersloh.example>"
    assert first["References"] == other["References"]
    assert first["Auto-Submitted"] == "auto-generated"


def test_long_identifiers_stay_on_their_line():
    """Folded or encoded, as Python would do it, they are lost on the way by some."""
    appointment, domain = "0192f0c1-7a50-7c3e-9d61-5b1f0c2a7e11", "termine.buergerbuero.stadt-guetersloh.example"
    draft, house = letter(appointment=appointment), replace(HOUSE, sender=f"termine@{domain}")
    raw = compose(draft, GUEST, house, f"{appointment}.confirmation.1", NOW).as_bytes()
    assert f"\r\nMessage-ID: <{appointment}.confirmation.1@{domain}>\r\n".encode() in raw
    assert f"\r\nReferences: <{appointment}@{domain}>\r\n".encode() in raw


@pytest.mark.parametrize("guest", [GUEST, replace(GUEST, email="jörg@example.org")])
@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("kind", KINDS)
def test_the_head_is_read_as_it_was_meant(kind, language, guest):
    """Subject and sender by a strict reader, on days and in months with names of any length."""
    for days in range(0, 365, 13):
        at = FIRST.starts_at + timedelta(days=days)
        draft = letter(kind, language, asked_for=at)
        draft = replace(draft, visit=draft.visit and visit(at.isoformat()))
        mail = compose(draft, guest, HOUSE, "a1.x.1", NOW)
        said = heads.fields(mail.as_bytes())
        assert heads.text(said["Subject"]) == mail["Subject"]
        assert heads.mailbox(said["From"]) == (HOUSE.town, HOUSE.sender)


@pytest.mark.parametrize(
    ("start", "said"),
    [
        ("2026-10-25T00:30:00+00:00", "Sonntag, 25. Oktober 2026, 02:30 bis 02:40 Uhr"),
        ("2026-10-25T01:30:00+00:00", "Sonntag, 25. Oktober 2026, 02:30 bis 02:40 Uhr"),
        ("2026-03-29T01:00:00+00:00", "Sonntag, 29. März 2026, 03:00 bis 03:10 Uhr"),
        ("2026-12-31T23:30:00+00:00", "Freitag, 1. Januar 2027, 00:30 bis 00:40 Uhr"),
    ],
)
def test_times_are_local(start, said):
    """Whatever the offset they came in, and on the nights when clocks change."""
    assert said in text(written(letter(visit=visit(start))))


def test_a_visit_of_two_stops():
    """Each stop with its time, room and clerk; what both want is brought once."""
    at = datetime.fromisoformat("2026-11-24T09:10:00+01:00")
    second = Stop(Wording("Führungszeugnis", "Certificate of conduct"), at, at, "Raum 102", "M. Yılmaz")
    both = text(written(letter(visit=visit(stops=(*FIRST.stops, second)))))
    assert "- 09:00 Uhr: Reisepass, Ausgabe (Raum 101, J. Brinkmann)\n" in both
    assert "- 09:10 Uhr: Führungszeugnis (Raum 102, M. Yılmaz)\n" in both
    assert both.count(OLD_PASSPORT.de) == 1


def test_the_link_bears_the_token():
    """Whatever is in it: it can't leave its place in the address."""
    odd = Guest("Jo", "jo@example.org", "a/b?c&d=e f")
    assert "/appointments/a1?token=a%2Fb%3Fc%26d%3De%20f\n" in text(written(guest=odd))
    assert PASSPORT.de in html(written(guest=odd))


def test_a_site_that_nobody_described():
    """It is called by its key; the letter goes out all the same."""
    assert "Wo: avenwedde\n" in text(written(letter(visit=replace(FIRST, site="avenwedde"))))


def test_an_unknown_language_is_german():
    """Whoever asks in a language we don't have is answered all the same."""
    assert text(written(letter(language="tlh"))) == text(written(letter(language="de")))


def test_the_name_greets():
    """As typed, with umlauts and all."""
    assert "\nGuten Tag Jörg Öztürk,\n" in text(written())
    assert GUEST.email not in text(written())
