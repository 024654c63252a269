"""The ten situations of docs/operations.md, walked through: what one sees, what one does, that it is well again."""

import importlib.util
import json
import re
import resource
import shlex
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pika
import pytest

from deploy.cli import COMMANDS
from deploy.figures import figures
from deploy.servers import RabbitMQ, wait_until
from deploy.town import facts
from shared import topology
from shared.messages import CONTENT_TYPE
from tests import command
from tests.faults.test_poison import request_of
from tests.journeys.town import ID_CARD, MOVED_HERE
from tests.journeys.town_hall import Booked, TownHall
from tests.operations.conftest import PAGE, Foyer, take_back

SURE = ("--yes", "--reason", "a test")
DAY = 14
ACCEPTED, UNAVAILABLE = 202, 503


def well(town_hall: TownHall, foyer: Foyer) -> None:
    """Every guarantee holds, nothing is behind, nothing parked."""
    town_hall.wait_at_rest()
    take_back(town_hall)
    wait_until(lambda: not behind(foyer), 60, "nobody is behind")
    assert json.loads(foyer("parked", "list", "--json").stdout)["parked"] == []
    verified = foyer("verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr


def behind(foyer: Foyer) -> int:
    """Messages that some listener has not applied yet."""
    shown = json.loads(foyer("streams", "--json").stdout)
    return sum(int(one["behind"]) for one in heard(shown))


def heard(shown: Any) -> Iterator[dict[str, Any]]:
    """All that `foyer streams --json` says about listeners."""
    if isinstance(shown, dict):
        if "behind" in shown:
            yield shown
        for one in shown.values():
            yield from heard(one)
    elif isinstance(shown, list):
        for one in shown:
            yield from heard(one)


def of(town_hall: TownHall, service: str) -> dict[str, float]:
    """The figures of a service, as Prometheus gets them."""
    return figures(town_hall.ensemble.urls[service].removeprefix("http://"))


def requested(town_hall: TownHall) -> Booked:
    """A guest who has asked and got a 202."""
    return town_hall.book(town_hall.proposals(ID_CARD, days=DAY)[0])


def test_1_the_broker_is_gone(town_hall: TownHall, foyer: Foyer, rabbitmq: RabbitMQ) -> None:
    """Guests are accepted and wait; when it is back, all goes on by itself."""
    rabbitmq.kill()
    try:
        waiting = requested(town_hall)
        town_hall.wait(lambda: of(town_hall, "rooms").get("foyer_broker_connected") == 0, "seen")
        assert "the message broker cannot be reached" in town_hall.ensemble.health("rooms")["problems"]
        assert of(town_hall, "booking")["foyer_unpublished_events"] >= 1
        assert foyer("tail").returncode == 2
    finally:
        rabbitmq.start()
    assert town_hall.decided(waiting)["status"] == "confirmed"
    town_hall.wait(lambda: of(town_hall, "rooms")["foyer_broker_connected"] == 1, "back")
    town_hall.wait(lambda: of(town_hall, "booking")["foyer_unpublished_events"] == 0, "published")
    well(town_hall, foyer)


@contextmanager
def no_room(town_hall: TownHall) -> Iterator[None]:
    """booking can make no file longer than its log is now, and some: its database is full soon."""
    process = town_hall.ensemble.processes["booking"]
    free = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
    limit = process.log.stat().st_size + 256 * 1024
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (limit, free[1]))
    try:
        yield
    finally:
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, free)


@pytest.mark.skipif(sys.platform != "linux", reason="limits of another process are Linux's")
def test_2_a_disk_is_full(town_hall: TownHall, foyer: Foyer) -> None:
    """503 with a time to come back; every 202 is in the log, and with room again it goes on."""
    accepted: list[Booked] = []
    offers = iter(town_hall.proposals(MOVED_HERE, days=DAY + 1) + town_hall.proposals(ID_CARD, days=DAY + 1))
    body: Any = None
    with no_room(town_hall):
        answer = None  # guests come until the write-ahead log has no room
        give_up = time.monotonic() + 60
        while time.monotonic() < give_up:
            body = town_hall.body(next(offers))
            answer = town_hall.ask(body)
            if answer.status_code != ACCEPTED:
                break
            accepted.append(town_hall.as_booked(body, answer))
        assert answer is not None
        assert answer.status_code == UNAVAILABLE, answer.text
        assert int(answer.headers["Retry-After"]) > 0
    town_hall.wait(lambda: town_hall.ask(body).status_code == ACCEPTED, "the same is taken now")
    for booked in accepted:
        assert town_hall.decided(booked)["status"] in ("confirmed", "declined")
    well(town_hall, foyer)


def test_3_a_consumer_is_behind(town_hall: TownHall, foyer: Foyer) -> None:
    """rooms does not run: its queue grows, guests wait; then it takes up where it was."""
    town_hall.ensemble.stop_one("rooms")
    try:
        waiting = [requested(town_hall) for _ in range(3)]
        town_hall.wait(lambda: behind(foyer) >= 3, "seen")
        shown = foyer("streams", "--service", "rooms")
        assert shown.returncode == 0, shown.stderr
        assert not town_hall.ensemble.health("rooms")["ready"]
        assert of(town_hall, "booking")["foyer_holds_open"] == 3
    finally:
        town_hall.ensemble.start("rooms")
    assert {town_hall.decided(booked)["status"] for booked in waiting} == {"confirmed"}
    well(town_hall, foyer)


def test_4_a_poisoned_message(town_hall: TownHall, foyer: Foyer) -> None:
    """Parked with its reason; what waits behind it follows when it is discarded. Nobody else noticed."""
    who = f"poison-{uuid4().hex[:8]}"
    bad = json.loads(request_of(who, {"appointment": who, "attempt": "none"}))
    later = bad | {"type": "foyer.booking.NothingYouKnow.v1", "sequence": 1, "id": uuid4().hex}
    with pika.BlockingConnection(pika.URLParameters(town_hall.ensemble.env["FOYER_AMQP_URL"])) as connection:
        for body in (bad, later):
            properties = pika.BasicProperties(content_type=CONTENT_TYPE)
            connection.channel().basic_publish("", topology.queue("rooms"), json.dumps(body).encode(), properties)
    sample = 'foyer_held_messages{reason="failed"}'
    town_hall.wait(lambda: of(town_hall, "rooms").get(sample) == 1, "seen")
    assert town_hall.confirmed(town_hall.proposals(ID_CARD, days=DAY)[0])
    [row] = json.loads(foyer("parked", "list", "--json").stdout)["parked"]
    assert "ValidationError" in foyer("parked", "show", row["id"]).stdout
    assert foyer("parked", "retry", row["id"], *SURE).returncode == 1
    assert foyer("parked", "discard", row["id"], *SURE).returncode == 0
    town_hall.wait(lambda: of(town_hall, "rooms")[sample] == 0, "gone")
    assert "discard" in foyer("audit").stdout
    well(town_hall, foyer)


def test_5_a_wrong_catalogue_was_imported(town_hall: TownHall, foyer: Foyer, tmp_path: Path) -> None:
    """A concern is missing: it can't be booked. The right file puts it back; what stands was not touched."""
    stands = town_hall.confirmed(town_hall.proposals(ID_CARD, days=DAY)[0])
    right, wrong = tmp_path / "catalogue.csv", tmp_path / "wrong.csv"
    assert foyer("catalogue", "export", str(right)).returncode == 0
    wrong.write_text("".join(line for line in right.read_text().splitlines(True) if not line.startswith(ID_CARD)))
    assert foyer("catalogue", "import", str(wrong), "--yes").returncode == 0
    query = {"concern": ID_CARD}
    assert town_hall.call("GET", "booking", "/api/proposals", params=query).status_code == 422
    assert town_hall.seen(stands)["status"] == "confirmed"
    assert ID_CARD in foyer("catalogue", "import", str(right), "--dry-run").stdout
    assert foyer("catalogue", "import", str(right), "--yes").returncode == 0
    assert town_hall.proposals(ID_CARD, days=DAY)
    assert ID_CARD not in foyer("catalogue", "import", str(right), "--dry-run").stdout
    well(town_hall, foyer)


def test_6_the_mail_server_is_down(town_hall: TownHall, foyer: Foyer) -> None:
    """The visit stands, the letter waits and is tried again; then it comes, once."""
    before = of(town_hall, "notifications")['foyer_mails_total{outcome="deferred"}']
    town_hall.sink.stop()
    try:
        booked = town_hall.confirmed(town_hall.proposals(MOVED_HERE, days=DAY)[0])
        sample = 'foyer_mails_total{outcome="deferred"}'
        town_hall.wait(lambda: of(town_hall, "notifications")[sample] > before, "seen")
    finally:
        town_hall.sink.start()
    town_hall.mail(booked)
    town_hall.wait_at_rest()
    assert len(town_hall.mails(booked)) == 1
    messages = town_hall.calls.get("notifications", "/api/messages", {"appointment": booked.appointment})["messages"]
    assert [message["status"] for message in messages] == ["sent"]
    well(town_hall, foyer)


def test_7_a_read_model_is_wrong(town_hall: TownHall, foyer: Foyer) -> None:
    """Somebody has edited the access list's table: it is made anew from the log."""
    booked = town_hall.confirmed(town_hall.proposals(ID_CARD, days=DAY)[0])
    well(town_hall, foyer)
    row = "SELECT status, number, site FROM visits WHERE appointment = :appointment"
    right = town_hall.rows("visitor_access", row, appointment=booked.appointment)
    spoil = "UPDATE visits SET site = 'nowhere', status = 'left' WHERE appointment = :appointment"
    town_hall.run("visitor_access", spoil, appointment=booked.appointment)
    found = foyer("verify", "--patience", "0")
    assert found.returncode == 1
    assert "visits" in found.stdout
    shown = json.loads(foyer("show", booked.appointment, "--at", "now", "--json").stdout)
    assert "nowhere" not in json.dumps(shown["states"]["visitor_access"])
    rebuilt = foyer("rebuild", "visitor_access", "visits", *SURE)
    assert rebuilt.returncode == 0, rebuilt.stderr
    assert town_hall.rows("visitor_access", row, appointment=booked.appointment) == right
    foyer("rebuild", "visitor_access", "visits", "--give-up", *SURE)
    well(town_hall, foyer)


FAST = """
import sys, datetime, time_machine
ahead = datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=1)
time_machine.travel(ahead, tick=True).start()
from deploy import run
sys.exit(run.main(["service", "rooms"]))
"""


def test_8_a_clock_is_wrong(town_hall: TownHall, foyer: Foyer) -> None:
    """rooms runs an hour ahead: it shows, nobody is held twice, and the story keeps its order."""
    process = town_hall.ensemble.processes["rooms"]
    right = process.command
    process.stop()
    try:
        process.command = (sys.executable, "-c", FAST)
        process.start()
        town_hall.wait(lambda: of(town_hall, "rooms").get("foyer_clock_seconds", 0) > time.time() + 3000, "seen")
        booked = town_hall.confirmed(town_hall.proposals(ID_CARD, days=DAY)[0])
    finally:
        process.stop()
        process.command = right
        process.start()
    town_hall.wait(lambda: abs(of(town_hall, "rooms").get("foyer_clock_seconds", 0) - time.time()) < 60, "right")
    told = json.loads(foyer("show", booked.appointment, "--json").stdout)
    order = [event["type"] for event in told if event["type"] in ("RoomReserved", "RoomHeld", "AppointmentConfirmed")]
    assert order == ["RoomReserved", "RoomHeld", "AppointmentConfirmed"]
    town_hall.ensemble.wait_ready()
    well(town_hall, foyer)


def test_9_a_service_has_lost_its_database(town_hall: TownHall, foyer: Foyer, tmp_path: Path) -> None:
    """The entrance's: from the backup, and from what booking has said since; the list is as it was."""
    backup = tmp_path / "visitor_access.jsonl.zst"
    older = town_hall.confirmed(town_hall.proposals(ID_CARD, days=DAY)[0])
    town_hall.wait_at_rest()
    assert foyer("export", "visitor_access", "--output", str(backup)).returncode == 0
    newer = town_hall.confirmed(town_hall.proposals(ID_CARD, days=DAY)[0])
    well(town_hall, foyer)
    before = town_hall.calls.get("visitor_access", "/api/access-list", {"date": str(town_hall.day(DAY))})
    for name in ("visitor_access", "visitor_access-publisher"):
        town_hall.ensemble.stop_one(name)
    for file in town_hall.ensemble.home.glob("visitor_access.db*"):
        file.unlink()
    assert not town_hall.ensemble.health("visitor_access")["ready"]
    taken = foyer("import", "visitor_access", str(backup), *SURE)
    assert taken.returncode == 0, taken.stderr
    town_hall.ensemble.start("visitor_access", "visitor_access-publisher")
    town_hall.ensemble.wait_ready()
    told = foyer("replay", "booking", "--to", "visitor_access", *SURE)
    assert told.returncode == 0, told.stderr
    town_hall.wait_at_rest()
    after = town_hall.calls.get("visitor_access", "/api/access-list", {"date": str(town_hall.day(DAY))})
    assert after == before
    assert {guest["appointment"] for guest in after["guests"] if guest["name"]} >= {
        older.appointment,
        newer.appointment,
    }
    assert len(town_hall.mails(newer)) == 1
    well(town_hall, foyer)


def test_10_a_person_wants_her_data_and_wants_to_be_forgotten(
    town_hall: TownHall, foyer: Foyer, tmp_path: Path
) -> None:
    """What is held about her, in a file only we can read; then nothing, with a receipt."""
    booked = town_hall.confirmed(town_hall.proposals(MOVED_HERE, days=DAY)[0])
    town_hall.mail(booked)
    answer, receipt = tmp_path / "answer.json", tmp_path / "receipt.json"
    assert foyer("export", "--guest", booked.appointment, "--output", str(answer)).returncode == 0
    assert answer.stat().st_mode & 0o077 == 0
    assert json.loads(answer.read_text())["guest"]["email"] == booked.email
    assert foyer("forget", "--guest", booked.email, "--dry-run").returncode == 0
    assert foyer("forget", booked.appointment, *SURE, "--receipt", str(receipt)).returncode == 0
    assert foyer("forget", "--check", str(receipt)).returncode == 0
    assert booked.email not in receipt.read_text()
    well(town_hall, foyer)


# ------------------------------------------------------------------------------------------------------------- the page

COMMAND_LINES = [line for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]


@pytest.mark.parametrize("line", COMMAND_LINES)
def test_every_command_of_the_page_exists(line: str, home: Path, helps: Callable[..., str]) -> None:
    """With the options that it is given there."""
    program, name, *words = shlex.split(line)
    assert program == "foyer"
    assert name in COMMANDS
    if importlib.util.find_spec(COMMANDS[name]) is None:
        pytest.skip("not built yet")
    options = {word for word in words if word.startswith("--")}
    group = words[:1] if words and not words[0].startswith("-") else []
    texts = helps(name) + helps(name, *group) + (helps(name, "start") if name == "replay" else "")
    assert {option for option in options if option not in texts} == set()


@pytest.fixture(scope="module")
def helps(servers_folder: Path) -> Callable[..., str]:
    """What `--help` says, once for each command."""
    said: dict[tuple[str, ...], str] = {}

    def of_command(*words: str) -> str:
        if words not in said:
            ran = command.foyer({"FOYER_HOME": str(servers_folder / "help")}, *words, "--help")
            said[words] = ran.stdout if ran.returncode == 0 else ""
        return said[words]

    return of_command


def test_the_page_asks_for_concerns_of_the_demo() -> None:
    """So that its commands can be tried there."""
    asked_for = set(re.findall(r"foyer explain (\S+)", PAGE))
    assert asked_for
    assert asked_for <= {concern["key"] for concern in facts.load().concerns}


def test_every_situation_is_walked_through() -> None:
    """Ten headings, ten tests."""
    headings = [int(number) for number in re.findall(r"^### (\d+)\. ", PAGE, re.MULTILINE)]
    tests = [int(name.split("_")[1]) for name in globals() if re.match(r"test_\d+_", name)]
    assert headings == tests == list(range(1, 11))
