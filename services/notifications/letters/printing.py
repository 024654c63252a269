"""Print the parts of a letter as text and as HTML."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from services.notifications.letters.content import Content
from services.notifications.letters.typed import isolated
from shared.words import Words

_ENVIRONMENT = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=lambda name: name is not None and name.endswith(".html"),
    undefined=StrictUndefined,
    auto_reload=False,
    keep_trailing_newline=True,
)
_ENVIRONMENT.filters["isolated"] = isolated
_TEXT = _ENVIRONMENT.get_template("letter.txt")
_HTML = _ENVIRONMENT.get_template("letter.html")


def text(content: Content, words: Words, town: str) -> str:
    """The letter for those who read plain text."""
    return _TEXT.render(c=content, words=words, town=town)


def html(content: Content, words: Words, town: str, picture: str) -> str:
    """The letter in HTML; `picture` is the Content-ID of the QR code."""
    name = Markup("<bdi>{}</bdi>").format(content.name)
    greeting = escape(words.text("Guten Tag {name},")).format(name=name)
    return _HTML.render(c=content, words=words, town=town, picture=picture, greeting=greeting)
