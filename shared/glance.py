"""Stored events as a projection looks at them: nothing of an event is decoded before it is asked for.

A read model made anew looks at a few fields of some events of a log. Their JSON is parsed at the first field that is
read, and each field is structured by itself; the rest stays text. Every field is what `Codec.load` would give; but
orjson, which looks into the slots of dataclasses itself, takes them by way of `asdict` only.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import date, datetime
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

import orjson

from shared.codec import Codec, Upcast, version_of
from shared.definition import Recorded

_AS_THEY_ARE = (str, int, float, bool)


class Glances:
    """Makes such events, of the union that a codec knows."""

    def __init__(self, union: UnionType | type, upcasts: Mapping[tuple[str, int], Upcast]) -> None:
        self._codec = Codec(union, upcasts)
        self._classes = {
            (cls.__name__, version_of(cls)): _lazy(cls, self._codec) for cls in get_args(union) or (union,)
        }

    def load(self, kind: str, version: int, data: str) -> Any:
        """The event of a stored row; an older version is loaded in full. Raises UnknownEvent."""
        cls = self._classes.get((kind, version))
        return cls(data) if cls else self._codec.load(kind, version, data)


class StoredAt(Recorded):
    """Where and when a stored event stands; id and time are read from their texts when they are asked for."""

    __slots__ = ("_row",)
    _row: Sequence[Any]

    def __init__(self, row: Sequence[Any]) -> None:
        """`row`: stream, version, meta and the time of recording, as they are stored."""
        _set_row(self, row)

    @property
    def stream(self) -> str:
        return str(self._row[0])

    @property
    def version(self) -> int:
        return int(self._row[1])

    @property
    def id(self) -> str:
        return str(orjson.loads(self._row[2])["id"])

    @property
    def time(self) -> datetime:
        return datetime.fromisoformat(self._row[3])


# A frozen dataclass refuses to be set by name; a slot itself does not.
_set_row = StoredAt.__dict__["_row"].__set__


def _lazy(cls: type[Any], codec: Codec) -> type[Any]:
    """A subclass of a dataclass that is made of stored JSON: of its text, or of what was parsed of it."""
    hints = get_type_hints(cls)
    made = type(cls.__name__, (cls,), {"__slots__": ("_stored",), "__module__": cls.__module__})
    keep = made.__dict__["_stored"].__set__

    def init(self: Any, stored: Any) -> None:
        keep(self, stored)

    made.__init__ = init  # type: ignore[misc]
    for field in fields(cls):
        setattr(made, field.name, property(_getter(field, _structure(hints[field.name], codec), keep)))
    return made


def _structure(of: Any, codec: Codec) -> Callable[[Any], Any] | None:
    """What makes a field's value of parsed JSON; None where it is one already."""
    if of in _AS_THEY_ARE:
        return None
    if of in (date, datetime):
        return of.fromisoformat  # type: ignore[no-any-return]
    if is_dataclass(of):
        return _lazy(of, codec)  # type: ignore[arg-type]
    if get_origin(of) is tuple and get_args(of)[1:] == (...,):
        each = _structure(get_args(of)[0], codec)
        return tuple if each is None else lambda stored: tuple([each(value) for value in stored])
    return codec.structurer(of)


def _getter(
    field: Field[Any], structure: Callable[[Any], Any] | None, keep: Callable[[Any, Any], None]
) -> Callable[[Any], Any]:
    name, default = field.name, _default(field)

    def get(self: Any) -> Any:
        stored = self._stored
        if stored.__class__ is str:
            stored = orjson.loads(stored)
            keep(self, stored)
        try:
            value = stored[name]
        except KeyError:  # a field that came later has a default
            return default()
        return value if structure is None else structure(value)

    return get


def _default(field: Field[Any]) -> Callable[[], Any]:
    if field.default is not MISSING:
        return lambda: field.default
    if field.default_factory is not MISSING:
        return field.default_factory

    def missing() -> Any:
        raise KeyError(field.name)

    return missing
