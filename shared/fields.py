"""Marshmallow fields for what people type: one line of text, keys, instants with an offset, true and false."""

import re
import unicodedata
from datetime import datetime
from typing import Any

from marshmallow import ValidationError, fields, validate

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""Also what turns the direction of what stands behind it, in the same line or not; and half a character."""
_KEY = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


class Line(fields.String):
    """One line of text in Unicode's composed form; no control characters. `longest` counts characters."""

    def __init__(self, *, longest: int = 200, shortest: int = 1, **kwargs: Any) -> None:
        super().__init__(validate=validate.Length(min=shortest, max=longest), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        text = unicodedata.normalize("NFC", super()._deserialize(value, attr, data, **kwargs)).strip()
        if CONTROL.search(text):
            raise ValidationError("No control characters or line breaks are allowed.")
        return text


class Key(fields.String):
    """A short name for machines: a to z, 0 to 9, dot, underscore and hyphen; at most 64 characters."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        if not _KEY.fullmatch(text):
            raise ValidationError("Use 1 to 64 of a-z, 0-9, '.', '_' and '-', beginning with a letter or digit.")
        return text


class Truth(fields.Boolean):
    """True or false in a body of JSON, which has words for them; marshmallow's own also takes 0, "yes" and "off"."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise ValidationError("Write true or false.")
        return value


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
