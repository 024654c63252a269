"""Times at a glance: made once of their texts, and written as they stand there."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import orjson
import pytest

from shared import glance
from shared.codec import Codec
from shared.glance import Glances
from shared.tables import instant


@dataclass(frozen=True, slots=True)
class Inner:
    """Something with times in it."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Happened:
    """Times wherever they may stand."""

    on: date
    at: datetime
    ends: datetime | None
    parts: tuple[Inner, ...]


TEXTS = [
    "2026-11-23T10:00:00+01:00",
    "2026-11-23T09:00:00+00:00",  # the same moment
    "2026-11-23T09:00:00.000001+00:00",
    "2026-11-23 10:00:00+01:00",
    "2026-11-23T10:00:00Z",
    "2026-11-23T10:00:00",
]


def glanced(event: Happened) -> Any:
    """As a replay sees it."""
    _, make = Glances(Happened, {}).maker("Happened")
    return make(orjson.loads(Codec(Happened, {}).dump(event)[2]))


@pytest.fixture(params=[1, glance._MOST_TIMES])
def kept(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """However many times are kept."""
    monkeypatch.setattr(glance, "_MOST_TIMES", request.param)
    for known in glance._KNOWN.values():
        known.clear()
    yield
    assert all(len(known) <= request.param for known in glance._KNOWN.values())


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize("text", TEXTS)
def test_a_moment_is_what_its_text_says(text: str) -> None:
    """And is written as Python would write it, whatever was read before."""
    plain = datetime.fromisoformat(text)
    for other in [*TEXTS, text]:
        datetime_of(other)
    seen = datetime_of(text)
    assert (seen, seen.utcoffset()) == (plain, plain.utcoffset())
    assert seen.isoformat() == plain.isoformat()
    assert seen.isoformat(" ", "minutes") == plain.isoformat(" ", "minutes")
    assert (seen + timedelta(hours=1)).isoformat() == (plain + timedelta(hours=1)).isoformat()
    assert seen.replace(hour=3).isoformat() == plain.replace(hour=3).isoformat()


def datetime_of(text: str) -> datetime:
    """A stored moment."""
    _, make = Glances(Happened, {}).maker("Happened")
    found = make({"on": "2026-11-23", "at": text, "ends": None, "parts": []}).at
    assert isinstance(found, datetime)
    return found


@pytest.mark.usefixtures("kept")
def test_all_times_of_an_event_are_seen() -> None:
    """Also those of its parts, however often they are looked at."""
    noon = datetime(2026, 11, 23, 12, tzinfo=UTC)
    event = Happened(date(2026, 11, 23), noon, None, (Inner(noon), Inner(noon + timedelta(microseconds=5))))
    seen = glanced(event)
    for _ in range(2):
        assert (seen.on, seen.at, seen.ends) == (event.on, event.at, event.ends)
        assert [part.at for part in seen.parts] == [part.at for part in event.parts]


def test_the_text_of_an_instant_is_that_of_the_moment_whatever_its_offset() -> None:
    """It is kept by the moment: equal ones have equal texts."""
    same = [datetime.fromisoformat(text) for text in TEXTS[:2]]
    assert {instant(moment) for moment in same} == {"2026-11-23T09:00:00.000000+00:00"}
    for _ in range(2):
        with pytest.raises(ValueError, match="offset"):
            instant(datetime(2026, 11, 23))  # noqa: DTZ001
