"""Stored events come back as they were, whatever version they were stored in."""

import dataclasses
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from enum import StrEnum

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.codec import Codec, UnknownEvent
from tests.shared import toy


class Colour(StrEnum):
    """One of two."""

    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True, slots=True)
class Part:
    """Something nested."""

    starts_at: datetime
    on: date
    colour: Colour


@dataclass(frozen=True, slots=True)
class Everything:
    """Every kind of field that events have."""

    name: str
    number: int
    share: float
    fine: bool
    perhaps: str | None
    when: datetime | None
    parts: tuple[Part, ...]
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Named:
    """Now in its third version: `name` was once `title`, `kind` came later."""

    SCHEMA = 3
    name: str
    kind: str
    note: str = ""


UPCASTS = {
    ("Named", 1): lambda data: {"name": data["title"]},
    ("Named", 2): lambda data: data | {"kind": "plain"},
}
CODEC = Codec(Everything | Named, UPCASTS)
offsets = st.integers(-14 * 4, 14 * 4).map(lambda quarters: timezone(timedelta(minutes=15 * quarters)))
moments = st.datetimes(timezones=offsets)
text = st.text(st.characters(codec="utf-8"))
parts = st.builds(Part, moments, st.dates(), st.sampled_from(Colour))
things = st.builds(
    Everything,
    text,
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
    st.none() | text,
    st.none() | moments,
    st.lists(parts, max_size=3).map(tuple),
    st.lists(text, max_size=3).map(tuple),
)


@given(event=things)
def test_events_come_back_as_they_were(event: Everything) -> None:
    """With the types, the offsets and every character."""
    kind, version, data = CODEC.dump(event)
    loaded = CODEC.load(kind, version, data)
    assert loaded == event
    assert [part.starts_at.utcoffset() for part in loaded.parts] == [part.starts_at.utcoffset() for part in event.parts]
    assert (kind, version) == ("Everything", 1)
    assert "\x00" not in data


GOLDEN = {
    1: '{"title":"Rentenberatung"}',
    2: '{"name":"Rentenberatung"}',
    3: '{"name":"Rentenberatung","kind":"plain"}',
}


@pytest.mark.parametrize("version", GOLDEN)
def test_every_stored_version_is_lifted(version: int) -> None:
    """Step by step to the present one."""
    assert CODEC.load("Named", version, GOLDEN[version]) == Named("Rentenberatung", "plain")


def test_an_event_is_stored_in_its_present_version() -> None:
    """The class says which."""
    assert CODEC.dump(Named("a", "b")) == ("Named", 3, '{"name":"a","kind":"b","note":""}')


@pytest.mark.parametrize(("kind", "version"), [("Named", 4), ("Nameless", 1)])
def test_what_this_code_does_not_know_is_not_guessed(kind: str, version: int) -> None:
    """A newer version, or a type that came later."""
    with pytest.raises(UnknownEvent):
        CODEC.load(kind, version, "{}")


def test_only_events_of_the_union_are_stored() -> None:
    """Anything else is a mistake of ours."""
    with pytest.raises(UnknownEvent):
        CODEC.dump(toy.Marked("a"))


def test_a_union_of_one_is_a_union() -> None:
    """A thin service may have one event."""
    codec = Codec(Named, {})
    assert codec.load(*codec.dump(Named("a", "b"))) == Named("a", "b")


@given(event=things)
def test_the_stored_text_is_plain_json(event: Everything) -> None:
    """Others can read it."""
    assert orjson.loads(CODEC.dump(event)[2])["name"] == dataclasses.asdict(event)["name"]
