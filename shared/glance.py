"""Stored events as a projection looks at them: what is in a field is not structured before it is asked for.

A read model made anew looks at a few fields of each event. What was parsed of the stored JSON is the very `__dict__` of
such an event: texts and numbers stand in it as they are, times are made of their texts, and other fields are structured
when they are read. Every field is what `Codec.load` would give; but orjson, which looks into dataclasses itself, takes
them by way of `asdict` only.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import date, datetime
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

import orjson

from shared.codec import Codec, UnknownEvent, Upcast, version_of
from shared.definition import Recorded

Load = Callable[[int, str], Any]
"""Makes an event of its schema version and its stored JSON."""
_AS_THEY_ARE = (str, int, float, bool)


class Glances:
    """Makes such events, of the union that a codec knows."""

    def __init__(self, union: UnionType | type, upcasts: Mapping[tuple[str, int], Upcast]) -> None:
        self._codec = Codec(union, upcasts)
        self._makers = {
            cls.__name__: (version_of(cls), _maker(cls, self._codec)) for cls in get_args(union) or (union,)
        }

    def loader(self, kind: str) -> Load:
        """What makes events of one type of their version and data; an older version is loaded in full.

        Raises UnknownEvent, or lets the loader raise it.
        """
        whole, parse = self._codec.load, orjson.loads
        if kind not in self._makers:
            raise UnknownEvent(f"{kind} is not known here")
        known, make = self._makers[kind]
        return lambda version, data: make(parse(data)) if version == known else whole(kind, version, data)


class StoredAt(Recorded):
    """Where and when a stored event stands; id and time are read from their texts when they are asked for."""

    __slots__ = ("_row",)
    _row: Sequence[Any]

    def __init__(self, row: Sequence[Any]) -> None:
        """`row` ends with stream, version, meta and the time of recording, as they are stored."""
        _set_row(self, row)

    @property
    def stream(self) -> str:
        return str(self._row[-4])

    @property
    def version(self) -> int:
        return int(self._row[-3])

    @property
    def id(self) -> str:
        return str(orjson.loads(self._row[-2])["id"])

    @property
    def time(self) -> datetime:
        return datetime.fromisoformat(self._row[-1])


# A frozen dataclass refuses to be set by name; a slot itself does not.
_set_row = StoredAt.__dict__["_row"].__set__


def _maker(cls: type[Any], codec: Codec) -> Callable[[dict[str, Any]], Any]:
    """Makes instances of a subclass of a dataclass of what was parsed of their JSON."""
    hints = get_type_hints(cls)
    made: Any = type(cls.__name__, (cls,), {"__module__": cls.__module__})
    times = [(field.name, time) for field in fields(cls) if (time := _time(hints[field.name]))]
    for field in fields(cls):
        structure = None if _time(hints[field.name]) else _structure(hints[field.name], codec)
        setattr(made, field.name, _AsItIs(field) if structure is None else property(_getter(field, structure)))
    new, keep = made.__new__, made.__dict__["__dict__"].__set__

    def make(stored: dict[str, Any]) -> Any:
        for name, time in times:
            if (text := stored.get(name)) is not None:
                stored[name] = time(text)
        event = new(made)
        keep(event, stored)
        return event

    return make


def _time(of: Any) -> Callable[[str], Any] | None:
    """What makes a date or a moment of its text; None for what is neither."""
    return next((kind.fromisoformat for kind in (date, datetime) if of in (kind, kind | None)), None)


def _structure(of: Any, codec: Codec) -> Callable[[Any], Any] | None:
    """What makes a field's value of parsed JSON; None where it is one already."""
    if of in _AS_THEY_ARE:
        return None
    if time := _time(of):
        return time
    if is_dataclass(of):
        return _maker(of, codec)  # type: ignore[arg-type]
    if get_origin(of) is tuple and get_args(of)[1:] == (...,):
        each = _structure(get_args(of)[0], codec)
        return tuple if each is None else lambda stored: tuple([each(value) for value in stored])
    if get_origin(of) is UnionType and len(get_args(of)) == 2 and get_args(of)[1] is type(None):
        there = _structure(get_args(of)[0], codec)
        return None if there is None else lambda stored: None if stored is None else there(stored)
    return codec.structurer(of)


class _AsItIs:
    """A field that needs no structuring. What is in `__dict__` goes before it: asked is only what is not stored."""

    def __init__(self, field: Field[Any]) -> None:
        self._default = _default(field)

    def __get__(self, _event: Any, _of: type | None = None) -> Any:
        return self._default()


def _getter(field: Field[Any], structure: Callable[[Any], Any]) -> Callable[[Any], Any]:
    name, default = field.name, _default(field)

    def get(self: Any) -> Any:
        try:
            value = self.__dict__[name]
        except KeyError:  # a field that came later has a default
            return default()
        return structure(value)

    return get


def _default(field: Field[Any]) -> Callable[[], Any]:
    if field.default is not MISSING:
        return lambda: field.default
    if field.default_factory is not MISSING:
        return field.default_factory

    def missing() -> Any:
        raise KeyError(field.name)

    return missing
