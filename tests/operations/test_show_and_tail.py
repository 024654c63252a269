"""An appointment's story and its state at any moment; messages followed from anywhere, without gap or repeat."""

import json
from datetime import datetime, timedelta

import pytest

from deploy.following import Follower, Logs, Wanted
from deploy.parts import SERVICES
from deploy.servers import RabbitMQ
from deploy.story import Told, in_order
from shared.messages import Message
from tests.journeys.town import ID_CARD, MOVED_HERE
from tests.journeys.town_hall import Booked, TownHall
from tests.operations.conftest import Foyer


@pytest.fixture(scope="module")
def booked(town_hall: TownHall) -> Booked:
    """A visit that was confirmed, told, and cancelled."""
    booked = town_hall.confirmed(town_hall.proposals(ID_CARD, days=9)[0])
    town_hall.mail(booked)
    town_hall.manage(booked, "cancellation")
    town_hall.mail(booked, 2)
    town_hall.wait_at_rest()
    return booked


# ----------------------------------------------------------------------------------------------------------------- show


def test_no_effect_is_shown_before_its_cause(foyer: Foyer, booked: Booked) -> None:
    """In the order of cause, whatever the clocks said."""
    shown = foyer("show", booked.appointment, "--json")
    told = json.loads(shown.stdout)
    assert {event["service"] for event in told} == set(SERVICES)
    place = {event["id"]: number for number, event in enumerate(told)}
    assert all(place[event["causation"]] < number for number, event in enumerate(told) if event["causation"] in place)


def test_a_clock_that_is_wrong_does_not_turn_the_story_round() -> None:
    """An answer recorded before its question, as another machine's clock would have it."""
    question, answer = told("q", "", "2026-11-23T10:00:05"), told("a", "q", "2026-11-23T10:00:00")
    later = told("l", "", "2026-11-23T10:00:01")
    assert [event.id for event in in_order([answer, later, question])] == ["q", "a", "l"]


def told(name: str, cause: str, at: str) -> Told:
    """An event of a story."""
    return Told("rooms", f"s-{name}", 0, name, "E", None, f"{at}+00:00", "c", cause, {})


def test_table_and_tree_tell_the_same_events(foyer: Foyer, booked: Booked) -> None:
    """One line each."""
    events = json.loads(foyer("show", booked.appointment, "--json").stdout)
    for form in ("tree", "table"):
        shown = foyer("show", booked.appointment, "--as", form).stdout
        assert len(shown.strip().splitlines()) == len(events) + 1, shown


def test_the_state_is_shown_as_it_was_at_a_moment(foyer: Foyer, booked: Booked) -> None:
    """Confirmed before the cancellation, cancelled now; never who it is."""
    told = json.loads(foyer("show", booked.appointment, "--json").stdout)
    cancelled = next(event["recorded_at"] for event in told if event["type"] == "AppointmentCancelled")
    before = (datetime.fromisoformat(cancelled) - timedelta(microseconds=1)).isoformat()
    then, now = (
        json.loads(foyer("show", booked.appointment, "--at", at, "--json").stdout)["states"] for at in (before, "now")
    )
    assert (then["booking"]["status"], now["booking"]["status"]) == ("confirmed", "cancelled")
    assert then["booking"]["guest"] == "sealed"
    assert then["visitor_access"] != now["visitor_access"]
    in_words = foyer("show", booked.appointment, "--at", before).stdout
    assert "status: confirmed" in in_words
    assert booked.email not in in_words


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("nobody",), "No log knew an appointment 'nobody'."),
        (("ID", "--at", "2001-01-01"), "No log knew an appointment 'ID' at 2001-01-01."),
        (("ID", "--at", "yesterday"), "--at must be a time like 2026-11-23T10:20"),
    ],
)
def test_show_says_what_is_wrong(foyer: Foyer, booked: Booked, words: tuple[str, ...], sentence: str) -> None:
    """In a sentence, with status 2."""
    shown = foyer("show", *(word.replace("ID", booked.appointment) for word in words))
    assert (shown.returncode, shown.stdout) == (2, "")
    assert sentence.replace("ID", booked.appointment) in shown.stderr


# ----------------------------------------------------------------------------------------------------------------- tail


def test_a_log_is_followed_from_a_position_without_gap_or_repeat(
    town_hall: TownHall, rabbitmq: RabbitMQ, booked: Booked
) -> None:
    """Old messages from the log, new ones from the broker, while guests book; the broker is lost in between."""
    logs = Logs(town_hall.database_url, SERVICES)
    ends = logs.ends()
    seen: list[Message] = []
    lost: list[Exception] = []

    def note(message: Message) -> None:
        seen.append(message)
        # While the log is being read: this comes by the log, and by the broker. Then live, then the broker is lost.
        if len(seen) in (1, total + 5):
            town_hall.confirmed(town_hall.proposals(MOVED_HERE, days=9)[0])
        if len(seen) == total + 10:
            rabbitmq.kill()
            rabbitmq.start()
            town_hall.confirmed(town_hall.proposals(MOVED_HERE, days=10)[0])

    total = sum(1 for _ in logs.after(dict.fromkeys(SERVICES, 0)))
    follower = Follower(
        Wanted(SERVICES),
        logs,
        town_hall.ensemble.env["FOYER_AMQP_URL"],
        dict.fromkeys(SERVICES, 0),
        note,
        count=total + 18,
        lost=lost.append,
    )
    follower.run()
    assert lost, "the broker was away"
    places = [(message.source, message.position) for message in seen]
    assert len(set(places)) == len(places)
    for service in SERVICES:
        mine = [position for source, position in places if source == service]
        assert mine == sorted(mine)
        query = "SELECT position FROM events WHERE said IS NOT NULL AND position <= :last ORDER BY position"
        assert mine == [row.position for row in town_hall.rows(service, query, last=max(mine))]
        assert max(mine) >= ends[service] - 5
    logs.close()


def test_tail_begins_at_a_time_and_takes_what_is_wanted(foyer: Foyer, town_hall: TownHall, booked: Booked) -> None:
    """By service, type, stream, subject; from a position or a time."""
    stream = f"appointment-{booked.appointment}"
    told = json.loads(foyer("show", booked.appointment, "--json").stdout)
    first = next(event for event in told if event["type"] == "AppointmentRequested")
    since = ("--since", first["recorded_at"])
    of_all = lines(foyer("tail", *since, "--subject", booked.appointment, "-n", "9", "--json").stdout)
    assert {message["subject"] for message in of_all} == {booked.appointment}
    assert [message["time"] for message in of_all] == sorted(message["time"] for message in of_all)
    one = lines(foyer("tail", *since, "-s", "booking", "--stream", stream, "-n", "2", "--json").stdout)
    assert [message["type"].split(".")[2] for message in one] == ["AppointmentRequested", "AppointmentConfirmed"]
    [confirmed] = lines(foyer("tail", "-s", "booking", "--from", str(one[1]["position"]), "-n", "1", "--json").stdout)
    assert confirmed == one[1]
    [cancelled] = lines(foyer("tail", *since, "-t", "AppointmentCancelled", "-n", "1", "--json").stdout)
    assert cancelled["subject"] == booked.appointment


def lines(text: str) -> list[dict[str, str]]:
    """One message a line."""
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("-s", "kitchen"), "No service is called 'kitchen'; there are booking,"),
        (("-t", "Nonsense"), "No message is called Nonsense; there are AppointmentCancelled,"),
        (("--stream", "nothing"), "has a stream 'nothing'"),
        (("--from", "1"), "Each service counts its own positions"),
        (("-s", "rooms", "--from", "999999999"), "there is no 999999999"),
        (("--from", "1", "--since", "2026-11-23", "-s", "rooms"), "not both"),
        (("--since", "soon"), "--since must be a time like"),
    ],
)
def test_tail_says_what_is_wrong(foyer: Foyer, words: tuple[str, ...], sentence: str) -> None:
    """In a sentence, with status 2."""
    tailed = foyer("tail", *words)
    assert (tailed.returncode, tailed.stdout) == (2, "")
    assert sentence in tailed.stderr


def test_without_a_broker_tail_says_so(foyer: Foyer) -> None:
    """And does not name the password."""
    tailed = foyer("tail", FOYER_AMQP_URL="amqp://foyer:geheim@127.0.0.1:1/")
    assert tailed.returncode == 2
    assert "The message broker does not answer" in tailed.stderr
    assert "geheim" not in tailed.stderr
