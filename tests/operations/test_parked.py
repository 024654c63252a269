"""What could not be applied is tried again, edited or discarded; once, in order, and what waits behind it follows."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
import pika
import pytest

from shared import topology
from shared.messages import CONTENT_TYPE
from tests.faults.test_poison import request_of
from tests.journeys.town_hall import TownHall
from tests.operations.conftest import Foyer

SURE = ("--yes", "--reason", "a test", "--who", "Ada")
Throw = Callable[..., None]
EXAMPLE = Path(__file__).parent.parent / "contracts/booking.AppointmentRequested.v1.json"


@pytest.fixture
def throw(town_hall: TownHall) -> Iterator[Throw]:
    """Put bodies into the entrance's queue."""
    with pika.BlockingConnection(pika.URLParameters(town_hall.ensemble.env["FOYER_AMQP_URL"])) as connection:
        channel = connection.channel()

        def put(*bodies: bytes) -> None:
            for body in bodies:
                properties = pika.BasicProperties(content_type=CONTENT_TYPE)
                channel.basic_publish("", topology.queue("visitor_access"), body, properties)

        yield put


def parked(foyer: Foyer, who: str = "") -> list[dict[str, Any]]:
    """What `foyer parked` shows of one appointment."""
    rows = orjson.loads(foyer("parked", "list", "-s", "visitor_access", "--json").stdout)["parked"]
    return [row for row in rows if who in row["stream"]]


@pytest.fixture
def poisoned(town_hall: TownHall, foyer: Foyer, throw: Throw) -> tuple[str, dict[str, Any]]:
    """A request that can't be applied, and two messages behind it that say nothing to the entrance."""
    who = f"poison-{uuid4().hex[:8]}"
    first = orjson.loads(request_of(who, {"appointment": who, "attempt": "none"}))
    later = {"type": "foyer.booking.CatalogueSaid.v1"}
    bodies = [first, *(first | later | {"id": uuid4().hex, "sequence": n, "position": 2**40 + n} for n in (1, 2))]
    throw(*(orjson.dumps(body) for body in bodies))
    town_hall.wait(lambda: [row for row in parked(foyer, who) if row["successors"] == 2], "parked", 0.3)
    [row] = parked(foyer, who)
    return who, row


def gate(town_hall: TownHall, who: str) -> list[Any]:
    """How far the entrance has come with that stream."""
    query = "SELECT sequence FROM gates WHERE stream = :stream"
    return [row.sequence for row in town_hall.rows("visitor_access", query, stream=f"appointment-{who}")]


def test_a_message_is_shown_tried_again_and_discarded(town_hall: TownHall, foyer: Foyer, poisoned: Any) -> None:
    """With its error, its tries and what waits behind it; what was done stands beside it."""
    who, row = poisoned
    assert f"{row['group']}  1 x booking AppointmentRequested at visitor_access" in foyer("parked").stdout
    shown = orjson.loads(foyer("parked", "show", row["id"], "--json").stdout)
    assert (shown["message"]["data"]["attempt"], [one["sequence"] for one in shown["waiting"]]) == ("none", [1, 2])
    assert "ValidationError" in shown["error"]
    assert foyer("parked", "retry", row["id"], "-n").returncode == 0
    assert parked(foyer, who)[0]["tries"] == 1
    assert foyer("parked", "retry", "--group", row["group"], *SURE).returncode == 1
    assert (parked(foyer, who)[0]["tries"], parked(foyer, who)[0]["id"]) == (2, row["id"])
    exported = [orjson.loads(line) for line in foyer("parked", "export").stdout.splitlines()]
    assert who in [line["message"]["subject"] for line in exported if isinstance(line["message"], dict)]
    assert foyer("parked", "discard", row["id"], "--yes").returncode == 2
    assert foyer("parked", "discard", row["id"], *SURE).returncode == 0
    assert (parked(foyer, who), gate(town_hall, who)) == ([], [2])
    kept = "SELECT kind, who, reason, result, original FROM orders WHERE stream = :stream ORDER BY at"
    retried, discarded = town_hall.rows("visitor_access", kept, stream=f"appointment-{who}")
    assert retried[:4] == ("retry", "Ada", "a test", "failed")
    assert discarded[:4] == ("discard", "Ada", "a test", "done")
    assert orjson.loads(discarded.original) == shown["message"]


def test_a_message_is_edited(town_hall: TownHall, foyer: Foyer, poisoned: Any) -> None:
    """The difference is shown, a new message takes its place, what waited follows, the original is kept."""
    who, row = poisoned
    example = orjson.loads(EXAMPLE.read_bytes())
    whole = orjson.loads(foyer("parked", "show", row["id"], "--json").stdout)["message"]
    file = town_hall.ensemble.home / f"{who}.json"
    file.write_bytes(orjson.dumps(whole | {"data": example["data"] | {"appointment": who}}))
    ran = foyer("parked", "edit", row["id"], "--file", str(file), *SURE)
    assert ran.returncode == 0, ran
    assert '-    "attempt": "none"' in ran.stdout
    assert '+  "replaces":' in ran.stdout
    assert (parked(foyer, who), gate(town_hall, who)) == ([], [2])
    visit = "SELECT meta FROM events WHERE stream = :stream AND type = 'GuestAnnounced'"
    [announced] = town_hall.rows("visitor_access", visit, stream=f"visit-{who}")
    assert orjson.loads(announced.meta)["causation"] == whole["id"]
    kept = "SELECT original, replacement FROM orders WHERE stream = :stream"
    [order] = town_hall.rows("visitor_access", kept, stream=f"appointment-{who}")
    assert orjson.loads(order.original)["id"] == orjson.loads(order.replacement)["replaces"] == whole["id"]
    town_hall.run("visitor_access", "DELETE FROM events WHERE stream = :stream", stream=f"visit-{who}")
    town_hall.run("visitor_access", "DELETE FROM visits WHERE appointment = :who", who=who)


BAD_EDITS = [
    ((), "Say what to change"),
    (("--set", "attempt"), "must be like data.party_size=2"),
    (("--set", "data.stops.0.room=x"), "there is no 'stops'"),
    (("--set", "sequence=5"), "keeps its source, stream and sequence"),
    (("--set", "time=yesterday"), "could not be read"),
    (("--file", "/nowhere"), "can't be read as JSON"),
    (("--set", 'data.attempt="none"'), "changes nothing"),
]


def test_an_edit_that_makes_no_sense_is_told(foyer: Foyer, poisoned: Any) -> None:
    """One sentence, exit status 2, and nothing is changed."""
    _, row = poisoned
    for words, sentence in BAD_EDITS:
        ran = foyer("parked", "edit", row["id"], *words, *SURE)
        assert (ran.returncode, sentence in " ".join(ran.stderr.split())) == (2, True), ran
    foyer("parked", "discard", row["id"], *SURE)


def test_what_is_ordered_of_a_service_that_is_down_is_done_once_when_it_runs(
    town_hall: TownHall, foyer: Foyer, poisoned: Any
) -> None:
    """It says so; a retry issued twice is tried once."""
    who, row = poisoned
    town_hall.ensemble.stop_one("visitor_access")
    for _ in range(2):
        ran = foyer("parked", "retry", row["id"], *SURE)
        assert ran.returncode == 1
        assert "visitor_access is not well (no answer" in ran.stdout
    town_hall.ensemble.start("visitor_access")
    town_hall.ensemble.wait_ready()
    town_hall.wait(lambda: parked(foyer, who)[0]["tries"] == 2, "tried", 0.3)
    assert foyer("parked", "discard", row["id"], *SURE).returncode == 0
    assert parked(foyer, who) == []
    assert gate(town_hall, who) == [2]
