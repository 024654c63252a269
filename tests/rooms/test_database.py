"""The service on its database, both kinds: what is stored, and what the tables refuse."""

import json
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from services.rooms import queries
from services.rooms.commands import DefineRoom, ExtendHorizon, StopWanted
from services.rooms.day import RoomDay, ticks
from services.rooms.events import WEEKDAYS, Hours, Pattern, RoomReserved
from services.rooms.projections import reservations, taken
from services.rooms.service import DEFINITION, RoomsService, closed
from shared import config
from shared.app import App, Delivery
from shared.messages import CONTENT_TYPE
from shared.tables import ended_sessions, events, held
from tests.conftest import MakeDatabase
from tests.over_http import over_http
from tests.rooms.heard import body
from tests.rooms.words import DAY, NOW, ZONE, stop

EARLY, LATE = "2026-11-22T09:00:00.000000+00:00", "2026-11-22T10:00:00.000000+00:00"
DAILY = Pattern(tuple(Hours(day, "08:00", "16:00") for day in WEEKDAYS))
NINE = stop("09:00", "09:10", "09:15", wish="r1")


@pytest.fixture
def app(make_database: MakeDatabase, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[App]:
    """rooms with r1 for two and r2 for four, every day from 8 to 16."""
    monkeypatch.setenv("FOYER_HOME", str(home))
    monkeypatch.setenv("FOYER_DATABASE_URL", make_database("rooms", migrated=True))
    settings = config.load("rooms")
    app = App(DEFINITION, settings, clock=lambda: NOW)
    app.handle(define("r1", 2))
    app.handle(define("r2", 4))
    yield app
    app.engine.dispose()


def define(room: str, seats: int, pattern: Pattern = DAILY) -> DefineRoom:
    return DefineRoom(f"define-{room}", NOW, room, room.upper(), "rathaus", seats, ("screen",), True, pattern, ZONE)


def request(who: str, wanted: StopWanted = NINE, sequence: int = 0, attempt: int = 1) -> Delivery:
    kind = "AppointmentRequested" if attempt == 1 else "AppointmentMoveRequested"
    return Delivery(CONTENT_TYPE, body(kind, sequence, who, (wanted,), attempt=attempt))


def cancel(who: str, sequence: int = 1) -> Delivery:
    return Delivery(CONTENT_TYPE, body("AppointmentCancelled", sequence, who))


def rows(app: App, query: Any) -> list[Any]:
    with app.read() as connection:
        return [tuple(row) for row in connection.execute(query)]


def said(app: App, who: str) -> list[str]:
    return [kind for (kind,) in rows(app, select(events.c.said).where(events.c.stream == f"reservation-{who}"))]


def test_a_request_is_answered_and_the_room_is_taken(app: App) -> None:
    """Event, message, taken ticks and the day as it is shown, in one transaction."""
    app.hear([request("a1")])
    assert said(app, "a1") == ["RoomReserved"]
    assert rows(app, select(taken).order_by(taken.c.tick)) == [
        ("r1", tick) for tick in ticks(NINE.starts_at, NINE.blocked_until)
    ]
    with app.read() as connection:
        day = queries.room_day(connection, "r1", DAY)
    assert day["open"] == [{"from": "2026-11-24T08:00:00+01:00", "until": "2026-11-24T16:00:00+01:00"}]
    assert day["reservations"] == [
        {
            "appointment": "a1",
            "attempt": 1,
            "stop": 1,
            "starts_at": "2026-11-24T09:00:00+01:00",
            "ends_at": "2026-11-24T09:10:00+01:00",
            "blocked_until": "2026-11-24T09:15:00+01:00",
        }
    ]


def test_ten_guests_ask_for_two_rooms_in_one_batch(app: App) -> None:
    """Two are held, eight declined with other starts."""
    app.hear([request(f"a{n}") for n in range(10)])
    answers = [said(app, f"a{n}") for n in range(10)]
    assert answers == [["RoomReserved"]] * 2 + [["RoomDeclined"]] * 8
    [(message,)] = rows(app, select(events.c.message).where(events.c.stream == "reservation-a9"))
    assert json.loads(message)["data"]["alternatives"][0] == "2026-11-24T08:45:00+01:00"


def test_parties_in_one_room_have_lanes_that_the_table_tells_apart(app: App) -> None:
    """Two of three fit in; whoever leaves makes room in that lane only."""
    app.handle(replace(define("hall", 40), parties=2))
    wanted = stop("09:00", "09:10", seats=20)
    app.hear([request(f"a{n}", wanted) for n in range(3)])
    assert [said(app, f"a{n}") for n in range(3)] == [["RoomReserved"]] * 2 + [["RoomDeclined"]]
    assert {room for room, _ in rows(app, select(taken))} == {"hall", "hall/2"}
    app.hear([cancel("a0")])
    assert {room for room, _ in rows(app, select(taken))} == {"hall/2"}
    app.hear([request("a3", wanted)])
    assert {room for room, _ in rows(app, select(taken))} == {"hall", "hall/2"}
    with app.read() as connection:
        assert len(queries.room_day(connection, "hall", DAY)["reservations"]) == 2


def test_what_is_cancelled_is_free_again_within_the_same_batch(app: App) -> None:
    """Rows are written in the order of the events."""
    wanted = stop("09:00", "09:10", seats=4)
    app.hear(
        [
            Delivery(CONTENT_TYPE, body("AppointmentRequested", 0, "a1", (wanted,), position=1)),
            Delivery(CONTENT_TYPE, body("AppointmentCancelled", 1, "a1", position=2)),
            Delivery(CONTENT_TYPE, body("AppointmentRequested", 0, "a2", (wanted,), position=3)),
        ]
    )
    assert (said(app, "a1"), said(app, "a2")) == (["RoomReserved", "RoomReleased"], ["RoomReserved"])
    assert {room for room, _ in rows(app, select(taken))} == {"r2"}
    app.hear([cancel("a2")])
    assert rows(app, select(taken)) == rows(app, select(reservations)) == []


def test_the_log_is_read_again_as_it_was_written(app: App) -> None:
    """Times keep their offset, tuples stay tuples: a fresh process knows the same."""
    app.hear([request("a1")])
    fresh = App(DEFINITION, app.settings, clock=lambda: NOW)
    for stream in ("house", "reservation-a1", f"room-r1-{DAY}"):
        assert fresh.state(stream) == app.state(stream)
    [stop_held] = fresh.state("reservation-a1").held[1]
    assert stop_held.starts_at.isoformat() == "2026-11-24T09:00:00+01:00"
    fresh.engine.dispose()


def test_other_hours_replace_the_days_shown(app: App) -> None:
    """A weekday that is closed now has no row left."""
    app.handle(define("r1", 2, Pattern((Hours("mon", "08:00", "12:00"),))))
    with app.read() as connection:
        assert queries.room_day(connection, "r1", DAY)["open"] == []
        assert queries.room_day(connection, "r1", DAY.replace(day=23))["open"] != []
        assert [room["room"] for room in queries.all_rooms(connection)] == ["r1", "r2"]
        assert queries.one_room(connection, "r1")["weekly"]["mon"] == [["08:00", "12:00"]]


def test_extending_the_horizon_on_the_same_day_writes_nothing(app: App) -> None:
    """The timer comes every hour."""
    before = rows(app, select(func.count()).select_from(events))
    app.handle(ExtendHorizon("extend", NOW, ZONE))
    assert rows(app, select(func.count()).select_from(events)) == before


def test_the_public_holidays_of_the_land_are_closed(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """All Saints' Day is one in North Rhine-Westphalia, not in Berlin; without a Land there are none."""
    days = {}
    for land in ("NW", "BE", ""):
        monkeypatch.setenv("FOYER_LAND", land)
        days[land] = closed(App(DEFINITION, config.load("rooms"), clock=lambda: NOW))
    all_saints, christmas = datetime(2026, 11, 1), datetime(2027, 12, 25)  # noqa: DTZ001
    assert [all_saints.date() in days[land] for land in ("NW", "BE", "")] == [True, False, False]
    assert [christmas.date() in days[land] for land in ("NW", "BE", "")] == [True, True, False]


# ------------------------------------------------------------------------------------------------ the last guard


def test_the_database_refuses_two_visits_in_one_room(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the decider's own check switched off: the one too many is parked alone, all others take effect."""
    ten = stop("10:00", "10:10", "10:15", wish="r2")
    app.hear([request("a1")])
    monkeypatch.setattr(RoomDay, "free", lambda *_: True)
    batch = [request("a2", ten), request("bad"), cancel("bad"), request("a3", stop("11:00", "11:10", wish="r1"))]
    assert app.hear(batch) == 2
    assert [said(app, who) for who in ("a1", "a2", "a3", "bad")] == [["RoomReserved"]] * 3 + [[]]
    parked = rows(app, select(held.c.stream, held.c.sequence, held.c.reason).order_by(held.c.sequence))
    assert parked == [("appointment-bad", 0, "failed"), ("appointment-bad", 1, None)]
    [(error,)] = rows(app, select(held.c.error).where(held.c.reason.is_not(None)))
    assert "IntegrityError" in error
    assert len(rows(app, select(taken))) == 3 + 3 + 2


def test_the_database_refuses_an_overlap_of_one_tick(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """A buffer that reaches a minute into the next visit is an overlap."""
    app.hear([request("a1", stop("09:00", "09:10", "09:16", wish="r1"))])
    monkeypatch.setattr(RoomDay, "free", lambda *_: True)
    assert app.hear([request("a2", stop("09:15", "09:20", wish="r1"))]) == 0
    assert said(app, "a2") == []


@pytest.mark.parametrize("seed", range(3))
def test_messages_in_any_order_any_batches_and_twice_leave_no_overlap(app: App, seed: int) -> None:
    """Thirty visits for a few places, some moved, some cancelled: at rest the tables say what the log says."""
    chance = random.Random(seed)
    deliveries = []
    for n in range(30):
        minute = chance.randrange(0, 60, 5)
        wanted = stop(f"09:{minute:02}", f"10:{minute:02}", wish=chance.choice(["r1", "r2", None]))
        later = stop(f"13:{minute:02}", f"13:{minute + 4:02}")
        story = [request(f"a{n}", wanted), request(f"a{n}", later, sequence=1, attempt=2)]
        moved = Delivery(CONTENT_TYPE, body("AppointmentMoved", 2, f"a{n}", attempt=2))
        deliveries += story + [[moved], [cancel(f"a{n}", sequence=2)], []][n % 3]
    deliveries *= 2
    chance.shuffle(deliveries)
    while deliveries:
        size = chance.randint(1, 30)
        batch, deliveries = deliveries[:size], deliveries[size:]
        app.hear(batch)
    assert rows(app, select(held)) == []
    expected = []
    for n in range(30):
        state = app.state(f"reservation-a{n}")
        assert state.answered == {1, 2}
        assert state.held.keys() <= [{2}, set(), {1, 2}][n % 3]
        stops = [one for stops in state.held.values() for one in stops]
        expected += [(one.room, tick) for one in stops for tick in ticks(one.starts_at, one.blocked_until)]
    assert sorted(rows(app, select(taken))) == sorted(expected)
    assert len(set(expected)) == len(expected)
    assert rows(app, select(func.count()).where(events.c.said == RoomReserved.__name__)) != [(0,)]


def test_a_site_is_closed_over_http(app: App) -> None:
    """The sites there are, and when all of each is closed; a slip of the pen is told."""
    http = over_http(RoomsService, app)
    assert http.get("/api/sites").json == {"sites": [{"site": "rathaus", "closures": []}]}
    bridge = {"from": "2027-05-07", "until": "2027-05-07", "reason": "Brückentag"}
    answer = http.put("/api/sites/rathaus/closures", json={"closures": [bridge]})
    assert (answer.status_code, answer.json) == (200, {"sites": [{"site": "rathaus", "closures": [bridge]}]})
    days = [http.get(f"/api/rooms/r1/days/2027-05-0{day}").json["open"] for day in (6, 7, 8)]
    assert [bool(open_) for open_ in days] == [False, False, True]  # the 6th is Ascension Day
    assert http.put("/api/sites/rathau/closures", json={"closures": []}).status_code == 422
    wrong = bridge | {"until": "2027-05-06"}
    (fault,) = http.put("/api/sites/rathaus/closures", json={"closures": [wrong]}).json["errors"]
    assert fault["field"] == "closures.0.until"


def ended(app: App, sequence: int, before: object) -> dict[str, str]:
    """Booking says that sessions were ended; until when which are, then."""
    message = body("SessionsEnded", sequence, "jb", account="jb", before=before, session=None)
    app.hear([Delivery(CONTENT_TYPE, message)])
    with app.read() as connection:
        return {row.who: row.before for row in connection.execute(select(ended_sessions))}


def test_sessions_end_though_the_message_waits(app: App) -> None:
    """One before it is missing; when that comes at last, it lets nobody in again."""
    assert ended(app, 1, LATE) == {"jb": LATE}
    assert ended(app, 0, EARLY) == {"jb": LATE}
    assert ended(app, 0, EARLY) == {"jb": LATE}


def test_an_end_that_cannot_be_read_is_parked_in_its_turn(app: App) -> None:
    """It holds up nobody else's."""
    assert ended(app, 0, "soon") == {}
    assert ended(app, 1, LATE) == {"jb": LATE}
    with app.read() as connection:
        parked = connection.execute(select(held.c.sequence, held.c.reason)).all()
    assert parked == [(0, "failed"), (1, None)]
