"""What may stand in the cells of a catalogue file: one marshmallow schema for a row, in both directions.

A cell of several values separates them by `|`; a document is `key=German text=English text`. Where a text needs one of
these marks itself, a backslash stands before it. Every message completes the sentence "'cell' ...".
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, pre_dump

from services.booking.http import LEIKA, WEB
from services.booking.web.catalogue_words import Said
from shared.fields import CONTROL, KEY, composed

TEXT_MAX = 200
CONDITION_MAX = 500
"""Characters of the longest text that stands in JSON."""
RESPONSIBILITIES = ("anyone", "surname", "district")
A_SLUG = Said(
    "1 to 64 small letters without umlauts, digits, '.', '-' and '_'",
    "1 bis 64 Kleinbuchstaben ohne Umlaute, Ziffern, '.', '-' und '_'",
)


class Text(fields.String):
    """A text on one line without control characters, at most `TEXT_MAX` characters."""

    def __init__(self, *, may_be_empty: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.may_be_empty = may_be_empty

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        text = str(super()._deserialize(value, attr, data, **kwargs))
        return text if self.may_be_empty and not text else plain_text(text)


class Optional(fields.String):
    """An address or a key that may be left out: the empty cell is None. Another cell has the pattern."""

    def __init__(self, pattern: re.Pattern[str], fault: Said) -> None:
        super().__init__(required=True)
        self.pattern, self.fault = pattern, fault

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        if value and not self.pattern.fullmatch(value):
            raise ValidationError(self.fault)
        return value or None

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return value or ""


class OneLike(fields.String):
    """A text that has the pattern."""

    def __init__(self, pattern: str, fault: Said) -> None:
        super().__init__(required=True)
        self.pattern, self.fault = re.compile(pattern), fault

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        if not self.pattern.fullmatch(value):
            raise ValidationError(self.fault)
        return value


class Whole(fields.Field[int]):
    """A whole number from `least` to `most`, in steps of `step`; where it may be left out, the empty cell is 0."""

    def __init__(self, least: int, most: int, step: int = 1, required: bool = True) -> None:
        super().__init__(required=required)
        self.wanted = range(least, most + 1, step)
        steps = Said(" in steps of {step}", " in Schritten von {step}", step=step) if step > 1 else ""
        self.fault = Said(
            "is not a whole number from {least} to {most}{steps}",
            "ist keine ganze Zahl von {least} bis {most}{steps}",
            least=least,
            most=most,
            steps=steps,
        )

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> int:
        if not value and not self.required:
            return 0
        # int() would also take '1_0', ' 10' and the digits of other scripts.
        if not re.fullmatch("[0-9]{1,9}", value) or int(value) not in self.wanted:
            raise ValidationError(self.fault)
        return int(value)

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str:
        return str(value)


class Texts(fields.Field[list[str]]):
    """Several texts, separated by `|`."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> list[str]:
        return [self.part(unescaped(part)) for part in parts_of(value)]

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str:
        return "|".join(escaped(part) for part in value)

    def part(self, part: str) -> str:
        """One of the texts. Raises ValidationError."""
        return plain_text(part)


class Slugs(Texts):
    """Several keys, separated by `|`."""

    def part(self, part: str) -> str:
        """One of the keys. Raises ValidationError."""
        if not KEY.fullmatch(part):
            german = "enthält '{part}'; das ist kein Schlüssel aus {slug}"
            raise ValidationError(Said("holds '{part}', which is not a key of {slug}", german, part=part, slug=A_SLUG))
        return part


class Documents(fields.Field[list[dict[str, str]]]):
    """What to bring: `key=German text=English text`, several separated by `|`."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> list[dict[str, str]]:
        documents = [self.document(part) for part in parts_of(value)]
        keys = [document["key"] for document in documents]
        if twice := sorted({key for key in keys if keys.count(key) > 1}):
            fault = "holds the document '{key}' twice", "enthält die Unterlage '{key}' zweimal"
            raise ValidationError(Said(*fault, key=twice[0]))
        return documents

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str:
        return "|".join("=".join(escaped(document[name]) for name in ("key", "de", "en")) for document in value)

    def document(self, part: str) -> dict[str, str]:
        """One of the documents. Raises ValidationError."""
        words = [unescaped(word.strip()) for word in split(part, "=")]
        if len(words) != 3 or not all(words) or not KEY.fullmatch(words[0]):
            english = "holds '{part}', which is not written as key=German text=English text"
            german = "enthält '{part}'; geschrieben wird es als Schlüssel=deutscher Text=englischer Text"
            raise ValidationError(Said(english, german, part=part))
        return {"key": words[0], "de": plain_text(words[1]), "en": plain_text(words[2])}


class Json(fields.Field[Any]):
    """A list or object as JSON, as `PUT /api/concerns` takes it; empty is none. booking checks what it says."""

    def __init__(self, kind: type) -> None:
        super().__init__()
        self.kind = kind

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        try:
            read = _composed(json.loads(value)) if value else self.kind()
        except (ValueError, RecursionError):  # of brackets in brackets without end, too
            raise ValidationError(Said("is not JSON", "ist kein JSON")) from None
        if not isinstance(read, self.kind):
            kind = Said("list", "keine Liste") if self.kind is list else Said("object", "kein Objekt")
            raise ValidationError(Said("is not a JSON {kind}", "ist {kind} in JSON", kind=kind))
        return read

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str:
        return json.dumps(_sparse(value), ensure_ascii=False, separators=(",", ":")) if value else ""


def _composed(value: Any) -> Any:
    """With all texts in Unicode's composed form, as booking keeps them."""
    if isinstance(value, dict):
        return {name: _composed(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_composed(inner) for inner in value]
    return composed(value, CONDITION_MAX) if isinstance(value, str) else value


def _sparse(value: Any) -> Any:
    """Without what may be left out, since it is so anyway."""
    if isinstance(value, dict):
        return {name: _sparse(inner) for name, inner in value.items() if not _usual(name, inner)}
    return [_sparse(inner) for inner in value] if isinstance(value, list) else value


def _usual(name: str, value: Any) -> bool:
    return value is None or value is False or value in ("", []) or (name in ("minutes", "seats") and value == 0)


def slug() -> fields.String:
    """A key."""
    return OneLike(KEY.pattern, Said("is not a key of {slug}", "ist kein Schlüssel aus {slug}", slug=A_SLUG))


class Row(Schema):
    """A row of the file as `{column: cell}`; loads a concern as `PUT /api/concerns` takes it, dumps it to cells."""

    key = slug()
    leika = Optional(
        LEIKA,
        Said(
            "is not a LeiKa key: 99 and 12 more digits, or empty",
            "ist kein LeiKa-Schlüssel: 99 und 12 weitere Ziffern, oder leer",
        ),
    )
    name_de = Text(required=True)
    name_en = Text(required=True)
    topic = Text(required=True, may_be_empty=True)
    keywords = Texts(required=True)
    department = slug()
    minutes = Whole(5, 480)
    extra_minutes_per_person = Whole(0, 120)
    equipment = Slugs(required=True)
    competences = Slugs(required=True)
    documents = Documents(required=True)
    lead_minutes = Whole(0, 525_600)
    horizon_days = Whole(1, 180)
    buffer_minutes = Whole(0, 120)
    max_party = Whole(1, 50)
    grid_minutes = Whole(5, 240, 5)
    online_url = Optional(
        WEB,
        Said(
            "is not a web address with http:// or https://, or empty",
            "ist keine Adresse im Netz mit http:// oder https://, oder leer",
        ),
    )
    responsibility = OneLike(
        "|".join(RESPONSIBILITIES),
        Said("is not one of {known}", "ist keines von {known}", known=", ".join(RESPONSIBILITIES)),
    )
    questions = Json(list)
    effects = Json(list)
    release = Json(dict)
    buffer_before_minutes = Whole(0, 120, required=False)
    lead_days = Whole(0, 180, required=False)
    topic_en = Text(may_be_empty=True)

    @post_load
    def concern(self, cells: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Put the two names together."""
        names = {"de": cells.pop("name_de"), "en": cells.pop("name_en")}
        cells = {name: cell for name, cell in cells.items() if cell or name not in OPTIONAL}
        return {"key": cells.pop("key"), "leika": cells.pop("leika"), "name": names, **cells}

    @pre_dump
    def cells(self, concern: Mapping[str, Any], **_: Any) -> dict[str, Any]:
        """Take the two names apart."""
        concern = {name: value for name, value in concern.items() if value or name not in OPTIONAL}
        return {**concern, "name_de": concern["name"]["de"], "name_en": concern["name"]["en"]}


OPTIONAL = ("questions", "effects", "release", "buffer_before_minutes", "lead_days", "topic_en")
"""Columns that a file may leave out: empty for most concerns."""
COLUMNS: tuple[str, ...] = tuple(name for name in Row().fields if name not in OPTIONAL)


def plain_text(text: str) -> str:
    """The text in Unicode's composed form, if it may be shown. Raises ValidationError."""
    text = composed(text, TEXT_MAX)
    if not text:
        fault = "is not a text of 1 to {most} characters", "ist kein Text von 1 bis {most} Zeichen"
        raise ValidationError(Said(*fault, most=TEXT_MAX))
    if len(text) > TEXT_MAX:
        fault = "is longer than {most} characters", "ist länger als {most} Zeichen"
        raise ValidationError(Said(*fault, most=TEXT_MAX))
    if CONTROL.search(text):
        fault = (
            "holds a line break or another control character",
            "enthält einen Umbruch oder ein anderes Steuerzeichen",
        )
        raise ValidationError(Said(*fault))
    return text


def parts_of(cell: str) -> Sequence[str]:
    """The parts between the `|` of a cell; none of an empty one. Raises ValidationError."""
    parts = [part.strip() for part in split(cell, "|")] if cell else []
    if not all(parts):
        raise ValidationError(Said("has an empty part beside a '|'", "hat einen leeren Teil neben einem '|'"))
    return parts


def split(text: str, mark: str) -> list[str]:
    """The parts of the text between the marks that no backslash stands before; backslashes stay."""
    parts = [""]
    for piece in re.findall(r"\\.|.", text, re.DOTALL):
        if piece == mark:
            parts.append("")
        else:
            parts[-1] += piece
    return parts


def escaped(text: str, marks: str = "|=") -> str:
    """The text with a backslash before every mark, and before every backslash."""
    return re.sub(rf"([\\{marks}])", r"\\\1", text)


def unescaped(text: str, marks: str = "|=") -> str:
    """The text without the backslashes that stand before a mark or another backslash."""
    return re.sub(rf"\\([\\{marks}])", r"\1", text)
