"""Stored events as a projection looks at them: what is in a field is not structured before it is asked for.

A read model made anew looks at a few fields of each event. What was parsed of the stored JSON is the very `__dict__` of
such an event: texts and numbers stand in it as they are, times are made of their texts, and other fields are structured
when they are read. Every field is what `Codec.load` would give; but orjson, which looks into dataclasses itself, takes
them by way of `asdict` only.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import date, datetime
from functools import partial
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

import orjson

from shared.codec import Codec, UnknownEvent, Upcast, version_of
from shared.definition import Recorded

Make = Callable[[dict[str, Any]], Any]
"""Makes an event of what was parsed of its stored JSON."""
_AS_THEY_ARE = (str, int, float, bool)
_MOST_TIMES = 16_384
"""So many are kept: more than there are between today and the end of a booking horizon."""
_WHOLE_SECONDS = len("2026-11-23T09:00:00+01:00")


class Glances:
    """Makes such events, of the union that a codec knows."""

    def __init__(self, union: UnionType | type, upcasts: Mapping[tuple[str, int], Upcast]) -> None:
        self._codec = Codec(union, upcasts)
        self._makers = {
            cls.__name__: (version_of(cls), _maker(cls, self._codec)) for cls in get_args(union) or (union,)
        }

    def maker(self, kind: str) -> tuple[int, Make]:
        """What makes events of one type, and the schema version of which it does. Raises UnknownEvent."""
        if kind not in self._makers:
            raise UnknownEvent(f"{kind} is not known here")
        return self._makers[kind]


class StoredAt(Recorded):
    """Where and when a stored event stands. Most projections want to know little of it: `asked` is what they did, and
    what is not among the columns read is fetched.
    """

    __slots__ = ("_fetch", "_places", "_row", "asked", "point")
    asked: set[str]
    point: Callable[[Sequence[Any]], None]
    _fetch: Callable[[str, int], Any]
    _places: dict[str, int]
    _row: Sequence[Any]

    def __init__(self, fetch: Callable[[str, int], Any]) -> None:
        """It stands nowhere yet. `point(row)` lets it stand at a row, which begins with the event's id: one will do
        for many events, one after the other. `fetch` gives a column of an event.
        """
        _SET["_fetch"](self, fetch)
        _SET["asked"](self, set())
        _SET["point"](self, partial(_SET["_row"], self))

    def columns(self, names: Sequence[str]) -> None:
        """What rows hold from now on."""
        _SET["_places"](self, {name: place for place, name in enumerate(names)})

    def _stored(self, column: str) -> Any:
        self.asked.add(column)
        place = self._places.get(column)
        return self._fetch(column, self._row[0]) if place is None else self._row[place]

    @property
    def stream(self) -> str:
        return str(self._stored("stream"))

    @property
    def version(self) -> int:
        return int(self._stored("version"))

    @property
    def id(self) -> str:
        return str(orjson.loads(self._stored("meta"))["id"])

    @property
    def time(self) -> datetime:
        return datetime.fromisoformat(self.instant)

    @property
    def instant(self) -> str:
        return str(self._stored("recorded_at"))


# A frozen dataclass refuses to be set by name; a slot itself does not.
_SET = {name: StoredAt.__dict__[name].__set__ for name in StoredAt.__slots__}


def _maker(cls: type[Any], codec: Codec) -> Make:
    """Makes instances of a subclass of a dataclass of what was parsed of their JSON."""
    hints = get_type_hints(cls)
    made: Any = type(cls.__name__, (cls,), {"__module__": cls.__module__})
    times = [(field.name, time) for field in fields(cls) if (time := _time(hints[field.name]))]
    for field in fields(cls):
        structure = None if _time(hints[field.name]) else _structure(hints[field.name], codec)
        setattr(made, field.name, _AsItIs(field) if structure is None else property(_getter(field, structure)))
    new, keep = made.__new__, made.__dict__["__dict__"].__set__

    def make(stored: dict[str, Any]) -> Any:
        event = new(made)
        keep(event, stored)
        return event

    def make_with_times(stored: dict[str, Any]) -> Any:
        for name, time in times:
            if (text := stored.get(name)) is not None:
                stored[name] = time(text)
        event = new(made)
        keep(event, stored)
        return event

    return make_with_times if times else make


def _time(of: Any) -> Callable[[str], Any] | None:
    """What makes a date or a moment of its text; None for what is neither."""
    return next((known.__getitem__ for kind, known in _KNOWN.items() if of in (kind, kind | None)), None)


class _Moment(datetime):
    """Knows its text: a projection that writes a stored moment would spend most of its time on making it again."""

    __slots__ = ("text",)
    text: str

    def isoformat(self, sep: str = "T", timespec: str = "auto") -> str:
        """Made anew of a moment that was worked out of another: it has no such text."""
        if sep == "T" and timespec == "auto":
            try:
                return self.text
            except AttributeError:
                pass
        return super().isoformat(sep, timespec)


class _Times(dict[str, Any]):
    """By their texts. Dates and whole seconds are those of visits and come again and again; other moments are of one
    event only, and not kept.
    """

    def __init__(self, make: Callable[[str], Any]) -> None:
        self._make = make

    def __missing__(self, text: str) -> Any:
        if len(text) > _WHOLE_SECONDS:
            return self._make(text)
        if len(self) == _MOST_TIMES:
            self.clear()
        made = self[text] = self._make(text)
        return made


def _moment(text: str) -> datetime:
    if len(text) > _WHOLE_SECONDS:
        return datetime.fromisoformat(text)
    moment = _Moment.fromisoformat(text)
    if datetime.isoformat(moment) == text:
        moment.text = text
    return moment


_KNOWN = {date: _Times(date.fromisoformat), datetime: _Times(_moment)}


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
        return tuple if each is None else lambda stored: tuple(map(each, stored))
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
    name, default, done = field.name, _default(field), f"{field.name} structured"

    def get(self: Any) -> Any:
        there = self.__dict__
        if done not in there:  # a field that came later has a default
            there[done] = structure(there[name]) if name in there else default()
        return there[done]

    return get


def _default(field: Field[Any]) -> Callable[[], Any]:
    if field.default is not MISSING:
        return lambda: field.default
    if field.default_factory is not MISSING:
        return field.default_factory

    def missing() -> Any:
        raise KeyError(field.name)

    return missing
