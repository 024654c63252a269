"""What a replay means, and what it would do, is read from the log and the gates before anything is sent."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select

from deploy.home import BadInput
from deploy.operations.replay.pace import FEWEST, Pace
from deploy.operations.replay.selection import Selection, checked, count
from deploy.operations.replay.survey import survey
from shared import sequencer
from shared.app import App, Delivery
from shared.database import writing
from shared.messages import CONTENT_TYPE, numbered
from shared.tables import events
from tests.conftest import MakeDatabase
from tests.shared import toy
from tests.shared.toy import NOON, Count, Mark

ALL = 2**62
TALLIES = ("a", "b", "ab", "a%", "b")
"""What is said at positions 1, 3, 4, 5, 6; at 2 something private."""


@pytest.fixture
def speaker(home: Path, make_database: MakeDatabase) -> Iterator[App]:
    """A log of six events, the last of them not published yet."""
    url = make_database("toy")
    toy.create_tables(url)
    app = toy.app(home, url, toy.SPEAKER)
    for n, tally in enumerate(TALLIES):
        app.clock = app.writer._clock = lambda n=n: NOON.replace(minute=n)  # type: ignore[misc]
        app.handle(Count(f"c{n}", NOON, tally), *([Mark("m", NOON, "a")] if n == 0 else []))
    with writing(app.engine) as connection:
        sequencer.number(connection, 100)
        sequencer.move_cursor(connection, 5)
    yield app
    app.engine.dispose()


@pytest.fixture
def log(speaker: App) -> Iterator[Connection]:
    """A connection to it."""
    with speaker.read() as connection:
        yield connection


EVERYTHING = Selection(0, ALL)
FILTERS: list[tuple[dict[str, Any], list[int]]] = [
    ({}, [1, 3, 4, 5]),
    ({"above": 3}, [4, 5]),
    ({"up_to": 3}, [1, 3]),
    ({"since": "2026-11-23T12:02:00.000000+00:00"}, [4, 5]),
    ({"until": "2026-11-23T12:02:00.000000+00:00"}, [1, 3]),
    ({"types": ("Counted",)}, [1, 3, 4, 5]),
    ({"streams": ("tally-a",)}, [1]),
    ({"streams": ("tally-a*",)}, [1, 4, 5]),
    ({"streams": ("tally-a%*", "tally-b")}, [3, 5]),
    ({"subjects": ("a",)}, [1]),
    ({"subjects": ("a%", "b")}, [3, 5]),
    ({"subjects": ("nobody",)}, []),
]


def test_a_selection_means_what_it_says(log: Connection) -> None:
    """In order, once each, in pages of any size; nothing private, nothing that is not published."""
    for narrowed, positions in FILTERS:
        wanted = replace(EVERYTHING, **narrowed)
        selection = checked(log, "toy", wanted, last_wanted=wanted.up_to != ALL)
        for size in (1, 2, 1000):
            assert _positions(log, selection, size=size) == positions, narrowed
        assert count(log, selection) >= len(positions), narrowed
        assert Selection.from_data(selection.above, selection.up_to, selection.as_data()) == selection
        assert _positions(log, selection, 3) == [one for one in positions if one > 3], narrowed


def _positions(log: Connection, selection: Selection, after: int | None = None, size: int = 2) -> list[int]:
    return [row.position for page in selection.pages(log, after, size) for row in page]


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"above": 6}, "no position 7: it ends at 6"),
    ({"up_to": 7}, "no position 7: it ends at 6"),
    ({"types": ("Marked",)}, "never said Marked; it has said Counted"),
    ({"streams": ("tally",)}, "no stream 'tally'"),
    ({"streams": ("tally_*",)}, "no stream"),
]


def test_what_is_not_there_is_told(log: Connection) -> None:
    """Positions, types and streams."""
    for narrowed, sentence in WRONG:
        with pytest.raises(BadInput, match=sentence):
            checked(log, "toy", replace(EVERYTHING, **narrowed), last_wanted="up_to" in narrowed)


def test_a_survey_tells_what_a_replay_does(speaker: App, home: Path, make_database: MakeDatabase) -> None:
    """What was had, is kept, would take effect, would follow, would only wait."""
    speaker.handle(*(Count(f"d{n}", NOON, "a", 1, "react raises" if n == 5 else "") for n in range(7)))
    with writing(speaker.engine) as connection:
        sequencer.number(connection, 100)
        sequencer.move_cursor(connection, last := sequencer.last(connection))
    url = make_database("counters")
    toy.create_tables(url)
    counters = toy.app(home, url)
    with speaker.read() as log:
        rows = log.execute(select(events).where(events.c.stream == "tally-a", events.c.said.is_not(None))).all()
    said = {row.sequence: Delivery(CONTENT_TYPE, numbered(row.message, row.position)) for row in rows}
    counters.hear([said[0], said[2], said[3], said[7]])
    selection = Selection(0, last, streams=("tally-a",))
    with speaker.read() as log, counters.read() as gates:
        found = survey(log, gates, "toy", selection)
        assert (found.total, found.had, found.applies, found.follows, found.waits, found.kept) == (8, 1, 4, 3, 0, 0)
        narrow = survey(log, gates, "toy", replace(selection, since="2026-11-23T12:04:00.000000+00:00", above=9))
        assert (narrow.total, narrow.applies, narrow.follows, narrow.waits, narrow.kept) == (4, 0, 0, 3, 1)
    counters.hear([said[sequence] for sequence in (1, 4, 5, 6)])
    with speaker.read() as log, counters.read() as gates:
        found = survey(log, gates, "toy", selection)
        assert (found.had, found.kept, found.missed) == (6, 2, 0)
    counters.engine.dispose()


def test_no_more_is_under_way_than_the_listener_takes() -> None:
    """A few at first; what was taken makes room."""
    pace = Pace()
    for position in range(1, FEWEST + 1):
        assert pace.under_way < pace.allowed
        pace.was_sent(position)
    assert pace.under_way == pace.allowed == FEWEST
    assert pace.has_come_to(10)
    assert not pace.has_come_to(10)
    assert (pace.taken, pace.under_way) == (10, FEWEST - 10)
    assert pace.under_way < pace.allowed


def test_a_rate_is_kept() -> None:
    """The next message waits for its time."""
    pace = Pace(rate=0.001)
    assert pace.pause() == 0
    pace.was_sent(1)
    assert pace.pause() > 900
