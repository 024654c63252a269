"""Every text that a letter can say is in the English catalogue, and nothing else is."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from babel.messages.pofile import read_po

from services.notifications.letters import wording
from services.notifications.letters.wording import words

LETTERS = Path(wording.__file__).parent
SAID = {"say", "text", "count"}


def _texts_in_code() -> Iterator[str]:
    for path in LETTERS.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in SAID:
                first = node.args[0] if node.args else None
                if isinstance(first, ast.Constant):
                    yield str(first.value)


def _texts_in_templates() -> Iterator[str]:
    for path in (LETTERS / "templates").iterdir():
        yield from re.findall(r'say\("([^"]+)"', path.read_text(encoding="utf-8"))


def _catalogue() -> dict[str, tuple[str, ...]]:
    with (wording.FOLDER / "en" / "LC_MESSAGES" / "messages.po").open("rb") as file:
        entries = [message for message in read_po(file) if message.id]
    single = {m.id if isinstance(m.id, str) else m.id[0]: m.string for m in entries}
    return {name: (text,) if isinstance(text, str) else tuple(text) for name, text in single.items()}


def test_the_catalogue_is_complete():
    """A text without English would come out in German; one that nobody says would mislead translators."""
    assert {*_texts_in_code(), *_texts_in_templates()} == _catalogue().keys()
    assert all(all(texts) for texts in _catalogue().values())


def test_placeholders_are_the_same():
    """A translation that lost one would lose the time of the visit."""
    for name, texts in _catalogue().items():
        for text in texts:
            assert set(re.findall(r"{(\w+)}", name)) == set(re.findall(r"{(\w+)}", text)), name


def test_plurals():
    """As each language counts."""
    one, many = (
        "Ihre Angaben löschen wir {n} Tag nach dem Termin.",
        "Ihre Angaben löschen wir {n} Tage nach dem Termin.",
    )
    assert words("de").count(one, many, 1) == "Ihre Angaben löschen wir 1 Tag nach dem Termin."
    assert words("en").count(one, many, 30) == "We delete your details 30 days after the appointment."
