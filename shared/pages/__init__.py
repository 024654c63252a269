"""Pages for people: one look (KERN), strict headers, two languages, no script needed. See README.md."""

from shared.pages.kit import Kit, Link, Sorry
from shared.pages.streams import events

__all__ = ["Kit", "Link", "Sorry", "events"]
