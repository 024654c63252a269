"""Given again what it has missed, a listener is as if nothing had happened; what it had has no second effect."""

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import orjson
import pika
import pytest

from deploy.operations.replay import job as replay_job
from deploy.servers import RabbitMQ
from shared import topology
from tests.journeys.town import ID_CARD
from tests.journeys.town_hall import Booked, TownHall
from tests.operations.conftest import Foyer

SURE = ("--yes", "--reason", "a test")


@pytest.fixture
def lose_queue(town_hall: TownHall) -> Callable[[str], None]:
    """A listener that is down and has no queue any more: whatever is said now, it will never hear."""

    def lose(service: str) -> None:
        town_hall.ensemble.stop_one(service)
        with pika.BlockingConnection(pika.URLParameters(town_hall.ensemble.env["FOYER_AMQP_URL"])) as connection:
            connection.channel().queue_delete(topology.queue(service))

    return lose


def back(town_hall: TownHall, service: str) -> None:
    """It runs again."""
    town_hall.ensemble.start(service)
    town_hall.ensemble.wait_ready()


def behind(foyer: Foyer, listener: str) -> int:
    """Messages of booking that this listener has not applied, as `foyer streams` shows them."""
    [row] = orjson.loads(foyer("streams", "-s", listener, "--json").stdout)["listeners"][:1]
    found: int = row["behind"]
    return found


def booked_unheard(town_hall: TownHall, lose_queue: Callable[[str], None]) -> tuple[Booked, Booked]:
    """Two guests of whom the entrance never hears; one cancels when it is back."""
    lose_queue("visitor_access")
    stays = town_hall.confirmed(town_hall.proposals(ID_CARD, days=2)[0])
    leaves = town_hall.confirmed(town_hall.proposals(ID_CARD, days=2)[-1])
    back(town_hall, "visitor_access")
    town_hall.manage(leaves, "cancellation")
    held = "SELECT 1 FROM held WHERE stream = :stream"
    town_hall.wait(lambda: town_hall.rows("visitor_access", held, stream=f"appointment-{leaves.appointment}"), "a gap")
    return stays, leaves


def check_that_a_replay_heals(town_hall: TownHall, foyer: Foyer, stays: Booked, leaves: Booked) -> None:
    # The publisher's cursor moves a moment after what it has published can be heard.
    town_hall.wait(lambda: behind(foyer, "visitor_access") >= 5, "nothing is known to be missed")
    would = orjson.loads(foyer("replay", "booking", "--to", "visitor_access", "-n", "--json").stdout)["plan"]["survey"]
    assert (would["applies"], would["follows"], would["waits"], would["kept"]) == (4, 1, 0, 0)
    ran = foyer("replay", "booking", "--to", "visitor_access", *SURE)
    assert ran.returncode == 0, ran
    town_hall.wait_at_rest()
    assert behind(foyer, "visitor_access") == 0
    on_the_list = town_hall.on_the_list(stays, town_hall.day(2))
    assert on_the_list is not None
    assert on_the_list["name"].startswith("Ada Größe-")
    assert town_hall.on_the_list(leaves, town_hall.day(2)) is None
    town_hall.mail(stays)
    assert len(town_hall.mails(stays)) == 1


def test_a_queue_that_was_lost_is_healed(town_hall: TownHall, foyer: Foyer, lose_queue: Callable[[str], None]) -> None:
    """Messages, keys, what waited for them, and the mails that hang on them."""
    check_that_a_replay_heals(town_hall, foyer, *booked_unheard(town_hall, lose_queue))


def test_without_the_keys_the_check_goes_red(
    town_hall: TownHall, foyer: Foyer, lose_queue: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Switched off, the guest is on the list without a name; a second replay brings it."""
    lost = booked_unheard(town_hall, lose_queue)
    with monkeypatch.context() as patched:
        patched.setattr(replay_job.Job, "_send_keys", lambda *_: None)
        patched.setattr(town_hall, "wait_at_rest", lambda: None)
        with pytest.raises((AssertionError, AttributeError)):
            check_that_a_replay_heals(town_hall, foyer, *lost)
    foyer("replay", "booking", "--to", "visitor_access", *SURE)
    town_hall.wait_at_rest()


def tables(town_hall: TownHall, service: str) -> dict[str, list[Any]]:
    """All that a service has written down, but for what follows time and for notes of replays."""
    names = [row.name for row in town_hall.rows(service, "SELECT name FROM sqlite_master WHERE type = 'table'")]
    left_out = {"cursors", "orders", "sqlite_sequence", "timers"}
    query = "SELECT * FROM {}".format
    return {name: [tuple(row) for row in town_hall.rows(service, query(name))] for name in set(names) - left_out}


def test_what_was_heard_has_no_second_effect(town_hall: TownHall, foyer: Foyer) -> None:
    """Everything to everybody once more: the same rows everywhere, and no mail."""
    booked = town_hall.confirmed(town_hall.proposals(ID_CARD, days=3)[0])
    town_hall.mail(booked)
    town_hall.wait_at_rest()
    pairs = [("booking", one) for one in ("rooms", "staff_calendar", "visitor_access", "notifications")]
    pairs += [("rooms", "booking"), ("staff_calendar", "booking"), ("visitor_access", "notifications")]
    before = {listener: tables(town_hall, listener) for _, listener in pairs}
    for source, listener in pairs:
        ran = foyer("replay", source, "--to", listener, *SURE, "--json")
        assert orjson.loads(ran.stdout)["outcome"]["taken"] > 0
    assert {listener: tables(town_hall, listener) for _, listener in pairs} == before
    assert len(town_hall.mails(booked)) == 1


def test_guests_go_on_during_a_replay(town_hall: TownHall, foyer: Foyer) -> None:
    """Who books meanwhile is confirmed, and gets one mail."""
    booked: list[Booked] = []

    def guests() -> None:
        for proposal in town_hall.proposals(ID_CARD, days=4)[:20:4]:
            with suppress(AssertionError):  # overlapping proposals: only one of them is had
                booked.append(town_hall.confirmed(proposal))

    meanwhile = threading.Thread(target=guests)
    meanwhile.start()
    while meanwhile.is_alive():
        for listener in ("visitor_access", "notifications"):
            assert foyer("replay", "booking", "--to", listener, *SURE).returncode == 0
    meanwhile.join()
    town_hall.wait_at_rest()
    assert booked
    for one in booked:
        town_hall.mail(one)
        assert len(town_hall.mails(one)) == 1


def test_a_replay_goes_on_where_it_was_interrupted_killed_or_stopped(town_hall: TownHall, foyer: Foyer) -> None:
    """Ctrl-C, `kill -9`, `foyer replay stop`: each time it is resumed, and in the end all was taken."""
    for days in (5, 6, 7):  # so that there is something to replay, whichever test came before
        town_hall.mail(town_hall.confirmed(town_hall.proposals(ID_CARD, days=days)[0]))
    town_hall.wait_at_rest()
    before = tables(town_hall, "notifications")
    plan = orjson.loads(foyer("replay", "booking", "--to", "notifications", "-n", "--json").stdout)["plan"]
    slowly = ("--rate", str(plan["survey"]["total"] / 60))
    process = begun(town_hall, "replay", "booking", "--to", "notifications", *slowly, *SURE)
    job = noted(town_hall, foyer)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert f"foyer replay resume {job}" in said
    process = begun(town_hall, "replay", "resume", job, *SURE)
    noted(town_hall, foyer, listed(foyer, job)["sent"])
    process.kill()
    process.wait()
    assert listed(foyer, job)["status"] == "interrupted"
    process = begun(town_hall, "replay", "resume", job, *SURE)
    noted(town_hall, foyer, listed(foyer, job)["sent"])
    assert foyer("replay", "stop", job).returncode == 0
    said, _ = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "Stopped." in said
    row = listed(foyer, job)
    assert row["status"] == "stopped"
    assert 0 < row["sent"] <= row["total"] == plan["survey"]["total"]
    assert foyer("replay", "resume", job, "--rate", "0", *SURE).returncode == 0
    assert listed(foyer, job)["status"] == "finished"
    assert tables(town_hall, "notifications") == before
    assert "has come to its end" in foyer("replay", "resume", job, *SURE).stderr
    what = [row["status"] for row in orjson.loads(foyer("audit", "--target", "notifications", "--json").stdout)[-4:]]
    assert what == ["interrupted", "killed", "not well", "done"]


def begun(town_hall: TownHall, *words: str) -> "subprocess.Popen[str]":
    """The command as a process of its own."""
    env = {**os.environ, **town_hall.ensemble.env}
    command = (sys.executable, "-m", "deploy.cli", *words)
    return subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def listed(foyer: Foyer, job: str) -> dict[str, Any]:
    """A replay as the list shows it."""
    return next(row for row in orjson.loads(foyer("replay", "list", "--json").stdout) if row["job"] == job)


def noted(town_hall: TownHall, foyer: Foyer, more_than: int = 0) -> str:
    """Wait until the last replay has noted that it has come further; returns its id."""
    found: list[dict[str, Any]] = []

    def further() -> bool:
        found[:] = orjson.loads(foyer("replay", "list", "--json").stdout)[-1:]
        return bool(found) and found[0]["status"] == "running" and found[0]["sent"] > more_than

    town_hall.wait(further, "progress", 0.4)
    return str(found[0]["job"])


def test_a_mail_goes_out_again_only_by_name(town_hall: TownHall, foyer: Foyer) -> None:
    """Under the same Message-ID; the guarantees still hold."""
    booked = town_hall.confirmed(town_hall.proposals(ID_CARD, days=5)[0])
    first = town_hall.mail(booked)
    letter = f"{booked.appointment}.confirmation.1"
    redo = ("replay", "notifications", "--mode", "redo", "--effect", "mail")
    assert "explicit list" in foyer(*redo, *SURE).stderr
    assert foyer(*redo, "--id", letter, "-n").returncode == 0
    assert len(town_hall.mails(booked)) == 1
    ran = foyer(*redo, "--id", letter, "--id", "nobody.confirmation.1", *SURE, "--json")
    assert ran.returncode == 1
    assert orjson.loads(ran.stdout)["outcome"]["results"] == {"done": 1, "nothing to do": 1}
    second = town_hall.mail(booked, 2)
    assert second["Message-ID"] == first["Message-ID"]
    said = "SELECT type FROM events WHERE stream = :stream AND type LIKE 'MessageSent%' ORDER BY version"
    stream = f"letter-{booked.appointment}"
    town_hall.wait(lambda: len(town_hall.rows("notifications", said, stream=stream)) == 2, "a record")
    types = [row.type for row in town_hall.rows("notifications", said, stream=stream)]
    assert types == ["MessageSent", "MessageSentAgain"]
    town_hall.wait_at_rest()


BAD = [
    (("replay", "bookings", "--to", "rooms"), "No service is called 'bookings'"),
    (("replay", "booking"), "rooms, staff_calendar, visitor_access, notifications"),
    (("replay", "booking", "--to", "booking"), "Say with --to who shall hear booking again"),
    (("replay", "rooms", "--to", "notifications"), "Say with --to who shall hear rooms again: booking"),
    (("replay", "booking", "--to", "rooms", "--positions", "5"), "must be like 100..200"),
    (("replay", "booking", "--to", "rooms", "--positions", "1" * 5000 + ".."), "must be like 100..200"),
    (("replay", "booking", "--to", "rooms", "--positions", "9..5"), "must not be inverted"),
    (("replay", "booking", "--to", "rooms", "--positions", "..99999999"), "it ends at"),
    (("replay", "booking", "--to", "rooms", "--positions", "99999999.."), "it ends at"),
    (("replay", "booking", "--to", "rooms", "--since", "yesterday"), "must be a time like"),
    (
        ("replay", "booking", "--to", "rooms", "--since", "2026-02-02", "--until", "2026-02-01"),
        "--since must be before",
    ),
    (
        ("replay", "booking", "--to", "rooms", "--type", "RoomReserved"),
        "booking has never said RoomReserved; it has said",
    ),
    (("replay", "booking", "--to", "rooms", "--stream", "appointment-x"), "has no stream 'appointment-x'"),
    (("replay", "booking", "--mode", "rebuild", "--to", "rooms"), "rebuild takes the whole log of booking"),
    (("replay", "booking", "--mode", "redo", "--effect", "mail", "--id", "x"), "it can do nothing again"),
    (("replay", "notifications", "--mode", "redo", "--id", "x"), "it can do again: mail"),
    (("replay", "booking", "--to", "rooms", "--id", "x"), "belong to --mode redo"),
    (("replay", "resume", "nothing", "--yes"), "There is no replay 'nothing'"),
    (("replay", "stop", "nothing"), "There is no replay 'nothing'"),
    (("streams", "-s", "nobody"), "No service is called 'nobody'"),
    (("audit", "nothing"), "There is no action 'nothing'"),
    (("parked", "show", "nothing"), "Nothing is parked under nothing"),
    (("parked", "retry"), "Name ids, or --group GROUP, or --all"),
    (("parked", "retry", "--group", "x"), "There is no group 'x'"),
]


@pytest.mark.parametrize(
    ("words", "sentence"), BAD, ids=lambda value: " ".join(value) if isinstance(value, tuple) else ""
)
def test_what_makes_no_sense_is_told(town_hall: TownHall, foyer: Foyer, words: tuple[str, ...], sentence: str) -> None:
    """One sentence, and exit status 2."""
    ran = foyer(*words)
    assert ran.returncode == 2, ran
    assert sentence in re.sub(r"\s+", " ", ran.stderr)
    assert "Traceback" not in ran.stderr


@pytest.mark.parametrize(
    ("words", "what"),
    [(("replay", "booking", "--to", "rooms", *SURE), "exchange 'amq.default'"), (("tail",), "queue 'amq.gen-")],
    ids=("replay", "tail"),
)
def test_a_refusal_is_told_in_the_brokers_own_words(
    town_hall: TownHall, foyer: Foyer, rabbitmq: RabbitMQ, words: tuple[str, ...], what: str
) -> None:
    """For a user who may do nothing the broker is there, and it does not help to wait."""
    town_hall.confirmed(town_hall.proposals(ID_CARD, days=3)[0])
    refused = foyer(*words, FOYER_AMQP_URL=rabbitmq.add_user("nobody", "ops"))
    sentence = f"The message broker refuses: ACCESS_REFUSED - access to {what}"
    assert (refused.returncode, sentence in refused.stderr) == (2, True), refused


@pytest.mark.parametrize(
    "words", [("replay", "booking", "--to", "rooms", *SURE), ("streams",)], ids=lambda words: words[0]
)
def test_without_broker_or_database_it_says_so(town_hall: TownHall, foyer: Foyer, words: tuple[str, ...]) -> None:
    """One sentence, and exit status 2; where there is something to send."""
    town_hall.confirmed(town_hall.proposals(ID_CARD, days=3)[0])
    gone = foyer(*words, FOYER_AMQP_URL="amqp://guest:guest@127.0.0.1:1/")
    assert (gone.returncode, "The message broker can't be used: no connection" in gone.stderr) == (2, True), gone
    gone = foyer(*words, FOYER_DATABASE_URL="sqlite:////nowhere/{service}.db")
    assert (gone.returncode, "has no database at /nowhere/" in re.sub(r"\s+", " ", gone.stderr)) == (2, True), gone
