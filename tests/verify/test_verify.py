"""`foyer verify` is silent about logs that are sound, names each fault that is planted, and repairs what can be."""

import io
import json
import shutil
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pika
import pytest
from sqlalchemy import delete, insert, text, update

from deploy.guarantees import check
from deploy.logfiles.load import load
from deploy.logfiles.reading import opened
from deploy.operations.running import service_app
from deploy.parts import SERVICES, definition
from deploy.verify.everything import verify, verify_twice
from deploy.verify.log import (
    ALL_OR_NOTHING,
    AS_THE_LOG_SAYS,
    AT_REST,
    FORGOTTEN,
    HEARD,
    NO_OVERLAP,
    ONE_MAIL,
    WHOLE_LOG,
    Finding,
    Rebuild,
    Redeliver,
    Reissue,
)
from deploy.verify.remedies import carry_out, promising, remedies
from services.rooms import projections as rooms
from services.rooms.commands import HoldRooms, LetGoRooms, StopWanted
from services.visitor_access.projections import visits
from shared import topology
from shared.alone import only_one
from shared.app import App, Delivery
from shared.database import writing
from shared.migrate import migrate
from shared.tables import cursors, events, gates, held, subject_keys, timers
from tests import command
from tests.conftest import MakeDatabase
from tests.golden_logs import golden
from tests.line import CAUSE, SUNDAY, settings
from tests.lives import at

LETTER = "no mail: mailbox_unavailable"


class Town:
    """The golden logs, to be damaged."""

    def __init__(self, home: Path, pattern: str) -> None:
        self.home, self.pattern = home, pattern
        self.apps = {service: App(definition(service), settings(home, pattern, service)) for service in SERVICES}

    def damage(self, service: str, *statements: Any) -> None:
        with writing(self.apps[service].engine) as connection:
            for statement in statements:
                connection.execute(text(statement) if isinstance(statement, str) else statement)

    def value(self, service: str, query: str) -> Any:
        with self.apps[service].read() as connection:
            return connection.execute(text(query)).scalar()

    def found(self) -> list[Finding]:
        """All but the guest whose mailbox can't be reached: that is how the life of these logs was."""
        return [finding for finding in verify(self.pattern) if LETTER not in finding.detail]

    def close(self) -> None:
        for app in self.apps.values():
            app.engine.dispose()


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five SQLite files with the golden logs."""
    folder = tmp_path_factory.mktemp("sound")
    pattern = f"sqlite:///{folder}/{{service}}.db"
    for service in SERVICES:
        migrate(definition(service), settings(folder, pattern, service))
    town = Town(folder, pattern)
    for service, app in town.apps.items():
        load(app, opened(io.BytesIO(golden(service))))
    town.close()
    return folder


@pytest.fixture
def town(sound: Path, home: Path) -> Iterator[Town]:
    for service in SERVICES:
        shutil.copy(sound / f"{service}.db", home)
    town = Town(home, f"sqlite:///{home}/{{service}}.db")
    yield town
    town.close()


def test_sound_logs_give_no_finding_on_both_databases(make_database: MakeDatabase, home: Path) -> None:
    """Whatever was lived through in them; and looking changes nothing."""
    urls = [make_database(service, migrated=True) for service in SERVICES]
    head, _, tail = urls[0].rpartition(SERVICES[0])
    town = Town(home, f"{head}{{service}}{tail}")
    for service, app in town.apps.items():
        load(app, opened(io.BytesIO(golden(service))))
    before = town.value("booking", "SELECT count(*) FROM events")
    found = verify(town.pattern)
    assert [finding.guarantee for finding in found] == [ONE_MAIL]
    assert {finding.detail for finding in found} == {LETTER}
    assert town.value("booking", "SELECT count(*) FROM events") == before
    town.close()


def test_a_guest_without_an_address_is_owed_no_mail(town: Town) -> None:
    """The info desk has printed the pass instead."""
    town.damage(
        "notifications",
        "UPDATE events SET data = replace(data, 'mailbox_unavailable', 'no_address') WHERE type = 'MessageFailed'",
    )
    assert ONE_MAIL not in {finding.guarantee for finding in verify(town.pattern)}


@pytest.mark.parametrize(("until", "known"), [("2999-01-01 09:00", True), ("2000-01-01 09:00", False)])
def test_a_guest_who_has_not_said_yes_breaks_nothing_until_it_is_too_late(town: Town, until: str, known: bool) -> None:
    """The link in the mail waits to be followed; afterwards all of it must have been let go."""
    gone_on = "SELECT stream FROM events WHERE type IN ('MoveRequested', 'AppointmentCancelled')"
    town.damage(
        "booking",
        f"UPDATE events SET type = 'AppointmentHeld', data = json_set(data, '$.confirm_by', '{until}:00+00:00') "
        "WHERE type = 'AppointmentConfirmed' AND stream = "
        f"(SELECT min(stream) FROM events WHERE type = 'AppointmentConfirmed' AND stream NOT IN ({gone_on}))",
    )
    [finding] = [finding for finding in check(town.pattern) if finding.guarantee == AT_REST]
    assert (finding.note, finding.detail) == (known, f"waits for the guest until {until} UTC")


FAULTS: dict[str, tuple[str, list[Any], tuple[str, str, str]]] = {
    "a version is missing": (
        "booking",
        ["DELETE FROM events WHERE type = 'RoomHeld' AND id = (SELECT min(id) FROM events WHERE type = 'RoomHeld')"],
        (WHOLE_LOG, "booking", "versions from 0 to"),
    ),
    "a message is missing": (
        "rooms",
        ["UPDATE events SET said = NULL, sequence = NULL WHERE type = 'RoomDefined' AND sequence = 0"],
        (WHOLE_LOG, "rooms", "sequences from 1 to"),
    ),
    "a position is missing": (
        "rooms",
        ["UPDATE events SET position = position + 1000 WHERE position > 20"],
        (WHOLE_LOG, "rooms", "before position 1021 one is missing"),
    ),
    "events stand in the wrong order": (
        "rooms",
        ["UPDATE events SET position = -position WHERE stream = 'house'"],
        (WHOLE_LOG, "rooms", "stands before its predecessor"),
    ),
    "the end of the log is gone": (
        "visitor_access",
        [update(cursors).values(position=10_000)],
        (WHOLE_LOG, "visitor_access", "events are lost"),
    ),
    "the publisher is behind": (
        "visitor_access",
        [update(cursors).values(position=10)],
        (AT_REST, "visitor_access", "told up to position 10 of"),
    ),
    "events have no position": (
        "notifications",
        ["UPDATE events SET position = NULL WHERE id = (SELECT max(id) FROM events)"],
        (AT_REST, "notifications", "1 events have no position yet"),
    ),
    "a row is missing": (
        "rooms",
        ["DELETE FROM taken WHERE tick = (SELECT min(tick) FROM taken)"],
        (AS_THE_LOG_SAYS, "rooms", "0 different, 1 missing, 0 surplus: missing r-1, "),
    ),
    "a row is wrong": (
        "visitor_access",
        [update(visits).where(visits.c.status == "left").values(status="arrived")],
        (AS_THE_LOG_SAYS, "visitor_access", "(status)"),
    ),
    "a row is too many": (
        "rooms",
        [insert(rooms.taken).values(resource="r-9", tick=1)],
        (AS_THE_LOG_SAYS, "rooms", "surplus r-9, 1"),
    ),
    "a timer is missing": (
        "booking",
        ["DELETE FROM timers WHERE subject = (SELECT min(subject) FROM timers)"],
        (AS_THE_LOG_SAYS, "booking", "1 missing"),
    ),
    "a table is missing": (
        "staff_calendar",
        ["DROP TABLE taken"],
        (AS_THE_LOG_SAYS, "staff_calendar", "the table is missing"),
    ),
    "a key came back": (
        "notifications",
        [update(subject_keys).where(subject_keys.c.wrapped.is_(None)).values(wrapped=b"k")],
        (FORGOTTEN, "notifications", "its key is still there"),
    ),
    "a room is taken twice": (
        "rooms",
        [
            "INSERT INTO events (stream, version, type, schema_version, data, meta, recorded_at) "
            "SELECT 'room-r-1-x', 0, type, schema_version, data, meta, recorded_at "
            "FROM events WHERE type = 'RoomTaken' ORDER BY id LIMIT 1"
        ],
        (NO_OVERLAP, "rooms", "is taken twice"),
    ),
    "an event of a newer version": (
        "rooms",
        ["UPDATE events SET schema_version = 99 WHERE id = 30"],
        (WHOLE_LOG, "rooms", "can't be read by this version"),
    ),
    "a message never arrived": (
        "rooms",
        [delete(gates).where(gates.c.stream == "catalogue"), "UPDATE gates SET sequence = sequence - 1"],
        (HEARD, "rooms", "of booking neither took effect nor is parked"),
    ),
    "a message was heard that was not said": (
        "booking",
        [insert(gates).values(stream="ghost", source="rooms", sequence=0)],
        (HEARD, "booking", "has passed message 0 of rooms, which has said 0"),
    ),
}


@pytest.mark.parametrize("fault", list(FAULTS))
def test_each_fault_is_named(town: Town, fault: str) -> None:
    """With its service, and where."""
    service, statements, (guarantee, where, detail) = FAULTS[fault]
    town.damage(service, *statements)
    found = town.found()
    assert [one for one in found if (one.guarantee, one.service) == (guarantee, where) and detail in one.detail], found


def test_what_is_parked_is_no_finding(town: Town) -> None:
    """Nor is what waits behind it; without the parked one it is."""
    stream = town.value("rooms", "SELECT stream FROM gates WHERE sequence = 1 AND source = 'booking' ORDER BY stream")
    row = {"stream": stream, "source": "booking", "type": "x", "body": b"x", "error": "", "tries": 1, "held_at": "2026"}
    town.damage(
        "rooms",
        delete(gates).where(gates.c.stream == stream),
        insert(held).values(row | {"sequence": 0, "reason": "failed"}),
        insert(held).values(row | {"sequence": 1, "reason": None}),
    )
    assert town.found() == []
    town.damage("rooms", update(held).values(reason=None))
    [finding] = town.found()
    assert (finding.guarantee, finding.stream, finding.remedy) == (
        HEARD, stream, Redeliver("booking", stream, 0, 0, "rooms"),
    )  # fmt: skip


def test_a_lost_message_is_delivered_again(town: Town, broker: str) -> None:
    """Through the listener's own queue; then everything holds."""
    stream = town.value("rooms", "SELECT stream FROM gates WHERE sequence = 1 AND source = 'booking' ORDER BY stream")
    town.damage("rooms", update(gates).where(gates.c.stream == stream).values(sequence=0))
    [finding] = town.found()
    assert finding.remedy == Redeliver("booking", stream, 1, 1, "rooms")
    town.damage("rooms", delete(gates).where(gates.c.stream == stream))
    [finding] = town.found()
    assert finding.remedy == Redeliver("booking", stream, 0, 1, "rooms")
    with pika.BlockingConnection(pika.URLParameters(broker)) as connection:
        channel = connection.channel()
        channel.queue_declare(topology.queue("rooms"), durable=True, arguments=topology.QUEUE_ARGUMENTS)
        assert carry_out(finding.remedy, town.pattern, broker).what == "2 sent"
        there = [channel.basic_get(topology.queue("rooms"), auto_ack=True) for _ in range(2)]
    assert {properties.delivery_mode for _, properties, _ in there} == {2}
    assert town.apps["rooms"].hear([Delivery(properties.content_type, body) for _, properties, body in there]) == 2
    assert town.found() == []


def in_the_town(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOYER_HOME", str(town.home))
    monkeypatch.setenv("FOYER_DATABASE_URL", town.pattern)


def test_read_models_are_made_anew(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each table once; the events are as they were."""
    in_the_town(town, monkeypatch)
    town.damage("visitor_access", update(visits).values(status="arrived"), delete(timers))
    town.damage("rooms", delete(rooms.taken))
    todo = remedies(town.found())
    assert todo == [Rebuild("rooms", "taken"), Rebuild("visitor_access", "visits")]
    for remedy in todo:
        carry_out(remedy, town.pattern, "")
    assert town.found() == []


def hold_for_nobody(town: Town) -> str:
    """Rooms holds one for an appointment that was moved away; which that is."""
    appointment = town.value("booking", "SELECT stream FROM events WHERE type = 'AppointmentMoved' ORDER BY id LIMIT 1")
    appointment = appointment.removeprefix("appointment-")
    start = at("08:00", day=40)
    stop = StopWanted(1, 1, (), False, start, start + timedelta(minutes=10), start + timedelta(minutes=10), "r-3")
    order = HoldRooms("stray", SUNDAY + timedelta(days=39), appointment, 3, "rathaus", (stop,))
    town.apps["rooms"].handle(order, cause=CAUSE)
    return appointment


def test_what_is_held_for_nobody_is_let_go(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the command that booking's own message leads to, given once more."""
    in_the_town(town, monkeypatch)
    appointment = hold_for_nobody(town)
    findings = [finding for finding in town.found() if finding.guarantee == ALL_OR_NOTHING]
    assert [finding.remedy for finding in findings] == [Reissue("rooms", appointment)]
    done = carry_out(Reissue("rooms", appointment), town.pattern, "")
    assert "RoomFreed" in done.what
    assert [finding for finding in town.found() if finding.guarantee != AT_REST] == []
    again = carry_out(Reissue("rooms", appointment), town.pattern, "")
    assert again.what == "nothing to do, says its decider"


def test_what_is_only_on_its_way_is_no_finding(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is gone when one looks again; what is still there is said."""
    town.damage("visitor_access", update(cursors).values(position=10))
    town.damage("rooms", insert(rooms.taken).values(resource="r-9", tick=1))
    last = town.value("visitor_access", "SELECT max(position) FROM events")

    def meanwhile(_seconds: float) -> None:
        town.damage("visitor_access", update(cursors).values(position=last))

    monkeypatch.setattr("time.sleep", meanwhile)
    found = [finding for finding in verify_twice(town.pattern, 1) if LETTER not in finding.detail]
    assert [(finding.guarantee, finding.stream) for finding in found] == [(AS_THE_LOG_SAYS, "taken")]


def test_the_command_line(town: Town) -> None:
    """0 when all holds, 1 with the streams when something is wrong, 2 when a log is not there."""
    foyer = partial(command.foyer, {"FOYER_HOME": str(town.home), "FOYER_DATABASE_URL": town.pattern})
    now = ("verify", "--patience", "0")
    # The two guests whom no mail reached are written to after all.
    failed = events.c.type == "MessageFailed"
    town.damage("notifications", update(events).where(failed).values(type="MessageSent"))
    town.damage("notifications", "UPDATE events SET data = json_remove(data, '$.because') WHERE type = 'MessageSent'")
    ran = foyer(*now, "--json")
    assert (ran.returncode, [one["stream"] for one in json.loads(ran.stdout)["findings"]]) == (1, ["messages"])
    ran = foyer(*now, "--repair", "--dry-run")
    assert (ran.returncode, "Rebuild notifications's messages from the log." in ran.stdout) == (1, True)
    ran = foyer(*now, "--repair", "--yes", "--reason", "try")
    assert (ran.returncode, "Everything holds now." in ran.stdout) == (0, True), ran.stdout + ran.stderr
    ran = foyer(*now)
    assert (ran.returncode, {line[:3] for line in ran.stdout.splitlines()}) == (0, {"yes"})
    (town.home / "rooms.db").rename(town.home / "away.db")
    ran = foyer(*now)
    assert (ran.returncode, "rooms has no database at" in ran.stderr) == (2, True)


def test_a_mailbox_that_does_not_exist_is_known_and_breaks_nothing(town: Town) -> None:
    """It is said, but nobody could ever mend it: whoever looks each night must not be woken for it."""
    foyer = partial(command.foyer, {"FOYER_HOME": str(town.home), "FOYER_DATABASE_URL": town.pattern})
    ran = foyer("verify", "--patience", "0", "--json")
    shown = json.loads(ran.stdout)
    assert (ran.returncode, shown["holds"], shown["findings"]) == (0, True, [])
    assert {note["detail"] for note in shown["notes"]} == {LETTER}
    assert f"known: {ONE_MAIL}: notifications letter-" in foyer("verify").stdout


def test_what_no_decider_would_do_is_not_promised(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """A confirmed guest's room was let go by hand: rooms has answered that request for good."""
    in_the_town(town, monkeypatch)
    query = (
        "SELECT data FROM events c WHERE type = 'AppointmentConfirmed' AND NOT EXISTS (SELECT 1 FROM events l "
        "WHERE l.stream = c.stream AND l.type IN ('AppointmentCancelled', 'AppointmentMoved')) ORDER BY id LIMIT 1"
    )
    confirmed = json.loads(town.value("booking", query))
    order = LetGoRooms("stray", SUNDAY, confirmed["appointment"], confirmed["attempt"], "all")
    town.apps["rooms"].handle(order, cause=CAUSE)
    [finding] = [finding for finding in town.found() if finding.guarantee == ALL_OR_NOTHING]
    assert finding.remedy == Reissue("rooms", confirmed["appointment"])
    [same] = promising([finding], town.pattern)
    assert (same, same.remedy) == (finding, None)


def test_what_follows_from_a_version_that_is_not_known_is_not_promised(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody can tell here what that message means: it waits for a newer release."""
    in_the_town(town, monkeypatch)
    appointment = hold_for_nobody(town)
    newer = f"UPDATE events SET message = replace(message, '.v1\"', '.v2\"') WHERE stream = 'appointment-{appointment}'"
    town.damage("booking", newer)
    [finding] = [finding for finding in town.found() if finding.remedy == Reissue("rooms", appointment)]
    [same] = promising([finding], town.pattern)
    assert (same, same.remedy) == (finding, None)


def test_a_read_model_of_a_log_that_holds_two_at_once_is_left_as_it_is(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It can't be made of such a log: which of the two is right, nobody can tell from it."""
    in_the_town(town, monkeypatch)
    town.damage("rooms", *FAULTS["a room is taken twice"][1], FAULTS["a row is missing"][1][0])
    assert Rebuild("rooms", "taken") in remedies(town.found())
    before = town.value("rooms", "SELECT count(*) FROM taken")
    assert carry_out(Rebuild("rooms", "taken"), town.pattern, "").what.startswith("not rebuilt: taken r-1")
    assert town.value("rooms", "SELECT count(*) FROM taken") == before


def test_a_read_model_that_somebody_else_rebuilds_is_left_to_them(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """And it is said so."""
    in_the_town(town, monkeypatch)
    with service_app("rooms") as app, only_one(app.engine, app.settings, "rebuild"):
        done = carry_out(Rebuild("rooms", "taken"), town.pattern, "")
    assert done.what == "not rebuilt: another rebuild of rooms is running"
