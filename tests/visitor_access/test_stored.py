"""A stored event is never edited: what once went into the log can always be read."""

import json
from pathlib import Path

import pytest

from services.visitor_access import upcasts
from services.visitor_access.events import Entry, HostsChanged, Stop, VisitEvent
from shared.codec import Codec
from tests.visitor_access.facts import (
    announced,
    arrived,
    ended,
    left,
    missed,
    registered,
    removed,
    reserved,
    undone,
    unreadable,
)

STORED = json.loads(Path(__file__).with_name("stored_v1.json").read_text())
EVENTS = (
    reserved(),
    announced(),
    registered(),
    removed("cancelled"),
    ended("cancelled"),
    arrived(entry=Entry("key", "content")),
    undone("08:56"),
    left(assumed=True),
    missed(),
    unreadable(),
    HostsChanged("a1", 1, (Stop("Raum 101", "A. Demir"),)),
)
codec = Codec(VisitEvent, upcasts.UPCASTS)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_an_event_is_stored_as_ever(event):
    """Whoever changes the text below breaks every log there is: lift old versions with an upcast instead."""
    kind, version, data = codec.dump(event)
    assert (version, json.loads(data)) == (1, STORED[kind])
    assert codec.load(kind, 1, json.dumps(STORED[kind])) == event


def test_no_event_is_left_out():
    """A new event brings its stored text along."""
    assert {type(event) for event in EVENTS} == set(VisitEvent.__args__)
    assert len(STORED) == len(EVENTS)
