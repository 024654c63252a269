"""`foyer explain`: why a time was or was not offered, now or at an earlier moment, from booking's log alone."""

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from typer.testing import CliRunner

from deploy.cli import build
from deploy.explained import WHY
from deploy.home import CannotDo
from services.booking.commands import Note, SetCatalogue
from services.booking.proposals import explain, reasons
from services.booking.service import Booking
from shared.tables import events
from tests.booking.facts import HOLD_UNTIL, NINE, NOW, TOWN, ask, cancel, holds, plan
from tests.booking.test_answers import PASSPORT


@pytest.fixture
def town(booking: Booking) -> Booking:
    """At ten the town is furnished, at 10:01 nine o'clock is asked for and held, at 10:02 cancelled."""
    now = NOW
    booking.clock = booking.writer._clock = lambda: now
    for fact in TOWN:
        booking.handle(Note("c", NOW, fact))
    booking.handle(SetCatalogue("c", NOW, (PASSPORT,)))
    now = NOW + timedelta(minutes=1)
    for order in (ask(asked=plan(concern="pass")), holds("rooms"), holds("staff")):
        booking.handle(order)
    now = NOW + timedelta(minutes=2)
    booking.handle(cancel())
    return booking


def _explain(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(build("explain"), ["explain", "pass", *words])
    return result.exit_code, result.output


def _json(*words: str) -> dict[str, Any]:
    status, text = _explain("--json", *words)
    assert status == 0, text
    told: dict[str, Any] = json.loads(text)
    return told


def test_it_says_what_was_known_at_an_earlier_moment(town: Booking):
    """Free, then asked for and taken, then free again: as the log tells it."""
    at = ("--at", "2026-11-24T09:00")
    verdicts = [
        _json(*at, "--as-of", f"2026-11-22T10:{time}")["explanations"][0] for time in ("00:30", "01:30", "02:30")
    ]
    assert [one["because"] for one in verdicts] == ["offered", "taken", "offered"]
    assert {"code": "taken", "what": "clerk", "who": "c-17", "concern": "pass", "decides": False} in verdicts[1][
        "reasons"
    ]
    status, text = _explain(*at, "--as-of", "2026-11-22T09:00")
    assert (status, "no concern 'pass'" in text) == (2, True), "there was none yet"


def test_it_takes_a_position_of_the_log(town: Booking):
    """The one that messages carry; everything committed up to there counts."""
    with town.engine.begin() as connection:
        row = connection.execute(select(events.c.id).where(events.c.type == "AppointmentRequested")).scalar_one()
        connection.execute(update(events).where(events.c.id == row).values(position=7))
    told = _json("--at", "2026-11-24T09:00", "--as-of", "7")
    assert (told["position"], told["explanations"][0]["because"]) == (7, "asked_for")
    status, _ = _explain("--at", "2026-11-24T09:00", "--as-of", "99")
    assert status != 0


@pytest.mark.parametrize("position", [99, 2**63])
def test_a_position_that_the_log_does_not_have_is_told(town: Booking, position: int):
    """However far it is beyond the end."""
    words = ["explain", "pass", "--at", "2026-11-24", "--as-of", str(position)]
    with pytest.raises(CannotDo, match=f"no event at position {position}"):
        CliRunner().invoke(build("explain"), words, catch_exceptions=False)


def test_it_says_so_in_words(town: Booking):
    """German or English, with every clerk and room looked at, and what is offered instead."""
    words = ("--at", "2026-11-24T09:00", "--as-of", HOLD_UNTIL.isoformat())
    status, english = _explain(*words)
    assert status == 0
    assert "J. Brinkmann: free" in english
    assert "Offered: 2026-11-24 08:00" in english
    taken = _explain(*words[:2], "--as-of", "2026-11-22T10:01:30", "--de")[1]
    assert "wird nicht angeboten, denn vergeben" in taken
    assert "2026-11-24 08:00, rathaus: offered." in _explain("--at", "2026-11-24T08:00", *words[2:])[1]


def test_a_site_that_is_not_there_is_told_from_one_that_is_closed(town: Booking):
    """With those that there are."""
    status, text = _explain("--at", "2026-11-24T09:00", "--as-of", "2026-11-22T10:05", "--site", "mars")
    assert (status, text) == (2, "site: There is no site 'mars'; there are: rathaus.\n")


@pytest.mark.parametrize("site", [(), ("--site", "rathaus")])
def test_before_any_site_was_known_that_is_said(booking: Booking, site: tuple[str, ...]):
    """A heading alone explains nothing."""
    booking.handle(SetCatalogue("c", NOW, (PASSPORT,)))
    status, text = _explain("--at", "2026-11-24T09:00", *site)
    assert (status, text.splitlines()[1:]) == (0, ["No site was known: nobody had told of any room."]), text
    assert "kein Standort" in _explain("--at", "2026-11-24T09:00", "--de")[1]
    assert _json("--at", "2026-11-24T09:00")["explanations"] == []


def test_requirements_count(town: Booking):
    """As in GET /api/proposals: party size, language, step-free, answers."""
    words = ("--at", NINE.isoformat(), "--as-of", "2026-11-22T10:05")
    assert _json(*words, "--party-size", "9")["explanations"][0]["because"] == "seats"
    assert _json(*words, "--language", "tr")["explanations"][0]["because"] == "language"
    assert _json(*words, "--answer", "paper:no")["no_visit_needed"][0]["concern"] == "pass"


@pytest.mark.parametrize(
    "words",
    [
        ("--at", "soon"),
        ("--at", "0001-01-01"),
        ("--at", "2026-11-24", "--as-of", "9999-12-31T23:59:59-10:00"),
        ("--at", "2026-11-24", "--as-of", "9999-12-31"),
        ("--at", "2026-11-24", "--as-of", "1" * 5000),
        ("other", "--at", "2026-11-24"),
        ("--at", "2026-11-24", "--answer", "x"),
    ],
)
def test_what_makes_no_sense_is_said(town: Booking, words: tuple[str, ...]):
    """With status 2."""
    assert _explain(*words)[0] == 2


def test_as_of_may_be_a_position_too(town: Booking):
    """Which is said to whoever gives neither."""
    status, text = _explain("--at", "2026-11-24T09:00", "--as-of=-1")
    assert (status, "--as-of must be a position in booking's log, or a time like" in text) == (2, True), text


def test_every_code_of_the_engine_has_words():
    """In both languages."""
    codes = set(reasons._ORDER) | {"free", "past", "too_soon", "outside_horizon", "not_asked_for", "off_the_clock"}
    codes |= {"near_a_better_one", "others_are_better", "not_together"}
    assert codes <= WHY.keys()
    assert explain.__doc__
