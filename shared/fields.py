"""Marshmallow fields for what people type: one line of text, keys, times, true and false.

Each tells the OpenAPI document what it takes (`metadata`): what the document allows is not refused.
"""

import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from marshmallow import ValidationError, fields, validate

# Also what turns the direction of what stands behind it, in the same line or not.
_CONTROL = r"\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069"
_BLANK = r" \xa0\u1680\u2000-\u200a\u202f\u205f\u3000"
# Soft hyphens, joiners and other marks without a width of their own; fillers, and Braille's empty cell.
_UNSEEN = (
    r"\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    r"\u2060-\u2065\u206a-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0"
)
CONTROL = re.compile(rf"[{_CONTROL}\ud800-\udfff]")
"""What may stand in no line; also half a character, which JSON cannot hold."""
_LINE = f"^[^{_CONTROL}]*$"
_NOT_BLANK = f"^[{_BLANK}{_UNSEEN}]*[^{_CONTROL}{_BLANK}{_UNSEEN}][^{_CONTROL}]*$"
VISIBLE = re.compile(f"[^{_BLANK}{_UNSEEN}]")
"""Of which there is at least one in every line that may not be empty."""
KEY = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_DIGITS = re.compile(r"[0-9]{1,18}")
_PARTS = 4
"""Characters that may become one in the composed form, at most."""


def whole(pattern: re.Pattern[str]) -> str:
    """How JSON Schema says that all of a text has the pattern, which has no | outside of brackets."""
    return f"^{pattern.pattern}$"


def composed(text: str, longest: int) -> str:
    """The text in Unicode's composed form; as it is, where that would have more than `longest` characters anyway.

    To put the marks of a letter in order takes the square of their number: minutes for a megabyte of them.
    """
    return text if len(text) > _PARTS * longest else unicodedata.normalize("NFC", text)


class Line(fields.String):
    """One line of text in Unicode's composed form; no control characters. `longest` counts characters.

    Unless it may be empty, there is something to see in it.
    """

    def __init__(
        self, *, longest: int = 200, shortest: int = 1, metadata: Mapping[str, Any] | None = None, **kwargs: Any
    ) -> None:
        self.longest, self.shortest = longest, shortest
        told = {"pattern": _NOT_BLANK if shortest else _LINE, **(metadata or {})}
        super().__init__(validate=validate.Length(min=shortest or None, max=longest), metadata=told, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        text = composed(super()._deserialize(value, attr, data, **kwargs).strip(), self.longest)
        if CONTROL.search(text):
            raise ValidationError("No control characters or line breaks are allowed.")
        if self.shortest and text and not VISIBLE.search(text):
            raise ValidationError("At least one character must be visible.")
        return text


class Patterned(fields.String):
    """A text that has the pattern as a whole; `fault` says what would be right. No | stands outside of brackets."""

    def __init__(self, pattern: re.Pattern[str], fault: str, **kwargs: Any) -> None:
        self.pattern, self.fault = pattern, fault
        super().__init__(metadata={"pattern": whole(pattern)}, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        if not self.pattern.fullmatch(text):
            raise ValidationError(self.fault)
        return text


class Key(Patterned):
    """A short name for machines: a to z, 0 to 9, dot, underscore and hyphen; at most 64 characters."""

    def __init__(self, **kwargs: Any) -> None:
        fault = "Use 1 to 64 of a-z, 0-9, '.', '_' and '-', beginning with a letter or digit."
        super().__init__(KEY, fault, **kwargs)


class Clock(Patterned):
    """A time of day, to the minute."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(_CLOCK, "Write the time of day as 08:00, from 00:00 to 23:59.", **kwargs)


class Truth(fields.Boolean):
    """True or false in a body of JSON, which has words for them; marshmallow's own also takes 0, "yes" and "off"."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise ValidationError("Write true or false.")
        return value


class Count(fields.Integer):
    """A whole number from 0 in a query, in plain digits; Python's own int() also takes 1_0, +5, and other scripts'."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        if isinstance(value, str) and not _DIGITS.fullmatch(value):
            raise self.make_error("invalid", input=value)
        return super()._deserialize(value, attr, data, **kwargs)


class Instant(fields.AwareDateTime):
    """RFC 3339 with offset; dumped with the offset it has."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="iso", **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:
        if isinstance(value, datetime) and value.tzinfo is not None:
            return value
        try:
            moment = datetime.fromisoformat(value)
        except (TypeError, ValueError):
            raise ValidationError("Not a date and time like 2026-11-24T09:00:00+01:00.") from None
        if moment.tzinfo is None:
            raise ValidationError("The offset from UTC is missing, as in 2026-11-24T09:00:00+01:00.")
        return moment

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return None if value is None else value.isoformat()
