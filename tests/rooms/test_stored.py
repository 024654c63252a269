"""A stored event is never edited: what once went into the log can always be read."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import get_args

import pytest

from services.rooms import upcasts
from services.rooms.events import Closure, HoldForgone, Hours, HoursSet, Pattern, RoomEvent, SiteClosuresSet
from shared.codec import Codec
from tests.rooms.words import at, declined, freed, held, open_from, released, reserved, room, stop, taken

STORED = json.loads(Path(__file__).with_name("stored_v1.json").read_text())
NINE = held("r1", stop("09:00", "09:10", "09:15"))
CLOSURE = Closure(date(2026, 12, 24), date(2026, 12, 31), "Betriebsferien")
EVENTS: tuple[RoomEvent, ...] = (
    room("r1", equipment=("fingerprint",)),
    HoursSet("r1", Pattern((Hours("tue", "08:00", "12:00"),), (CLOSURE,))),
    open_from("r1", ("08:00", "12:00")),
    replace(taken(NINE), ends_at=None),
    freed(NINE),
    reserved(NINE)[-1],
    declined("taken", "09:15"),
    released(NINE, kept=2)[-1],
    HoldForgone("a1", 1, closed=True),
    SiteClosuresSet("rathaus", (CLOSURE,)),
)
WITH_BUFFERS = json.loads(Path(__file__).with_name("stored_v1_buffers.json").read_text())
codec = Codec(RoomEvent, upcasts.UPCASTS)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_an_event_is_stored_as_ever(event: RoomEvent) -> None:
    """Fields with a default may come; whoever changes those there are breaks every log: lift with an upcast instead."""
    kind, version, data = codec.dump(event)
    assert version == 1
    assert _holds(json.loads(data), STORED[kind])
    assert codec.load(kind, 1, json.dumps(STORED[kind])) == event


def test_buffers_before_a_visit_are_stored_as_ever() -> None:
    """They came later, as fields with a default."""
    stop = replace(NINE, blocked_from=at("08:50"))
    later = reserved(stop)
    for event in (*later, freed(stop)):
        kind, version, data = codec.dump(event)
        assert (version, _holds(json.loads(data), WITH_BUFFERS[kind])) == (1, True)
        assert codec.load(kind, 1, json.dumps(WITH_BUFFERS[kind])) == event


def test_no_event_is_left_out() -> None:
    """A new event brings its stored text along."""
    assert {type(event) for event in EVENTS} == set(get_args(RoomEvent))
    assert len(STORED) == len(EVENTS)


def _holds(new: object, old: object) -> bool:
    if isinstance(new, dict) and isinstance(old, dict):
        return all(name in new and _holds(new[name], value) for name, value in old.items())
    if isinstance(new, list) and isinstance(old, list):
        return len(new) == len(old) and all(map(_holds, new, old))
    return new == old
