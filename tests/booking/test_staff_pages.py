"""Every German text of the staff's pages has its English one, and the catalogue holds no other."""

import ast
import re
from pathlib import Path

from babel.messages.pofile import read_po

from services.booking import web
from services.booking.web import admin_concerns, desk, desk_pages, desk_visit, sign_in
from services.booking.web.staff_kit import STAFF

WEB = Path(web.__file__).parent
CATALOGUES = WEB.parent / "locale" / "en" / "LC_MESSAGES"


def _said() -> set[str]:
    said = {STAFF.title, *(link.text for link in STAFF.navigation), *(area[4] for area in sign_in.AREAS)}
    said |= {sign_in.REFUSED, sign_in.WAIT, desk.GONE, desk.BEGUN, desk_pages.ASK, *desk.WRONG.values()}
    said |= {*desk_visit.NO_SUCH, *desk_visit.TOO_LATE, desk_visit.SAME, *admin_concerns.TEXTS}
    for path in (WEB / "templates" / "staff").glob("*.html"):
        text = path.read_text()
        said |= set(re.findall(r'w\.(?:text|say)\("([^"]+)"', text))
        for one, many in re.findall(r'w\.count\("([^"]+)", "([^"]+)"', text):
            said |= {one, many}
        for words in re.findall(r"w\.text\((\{[^}]+\})", text):
            said |= set(ast.literal_eval(words).values())
    return said


def _known(name: str) -> set[str]:
    with (CATALOGUES / name).open("rb") as file:
        messages = [message for message in read_po(file) if message.id]
    assert all(message.string for message in messages)
    return {text for one in messages for text in ([one.id] if isinstance(one.id, str) else one.id)}


def test_every_german_text_has_its_english_one() -> None:
    """Shared words may stand in the citizens' catalogue."""
    said, own = _said(), _known("staff.po")
    assert said - own - _known("messages.po") == set()
    assert own - said == set()
