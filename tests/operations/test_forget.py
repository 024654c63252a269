"""`foyer forget` and `foyer export --guest`: who is meant, what is shown first, and a receipt that can be checked."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from deploy.person import forgetting
from deploy.person.forgetting import HOLDERS
from tests.journeys.test_forgotten import forget, keys_of
from tests.journeys.town import MOVED_HERE
from tests.journeys.town_hall import Booked, TownHall
from tests.operations.conftest import Foyer

SURE = ("--yes", "--reason", "asked for it")


@pytest.fixture
def guest(town_hall: TownHall) -> Booked:
    """Somebody with a confirmed visit, told by mail."""
    booked = town_hall.confirmed(town_hall.proposals(MOVED_HERE, days=12)[0])
    town_hall.mail(booked)
    town_hall.wait_at_rest()
    return booked


@pytest.fixture
def waiting(town_hall: TownHall) -> Iterator[Booked]:
    """Somebody who is asked by mail to say yes to the visit, and has not yet."""
    town_hall.restart("booking", FOYER_CONFIRM_BY_MAIL="30")
    booked = town_hall.book(town_hall.proposals(MOVED_HERE, days=12)[0])
    yield booked
    town_hall.manage(booked, "cancellation")
    town_hall.restart("booking")
    town_hall.wait_at_rest()


def test_nothing_is_done_by_showing_it(foyer: Foyer, town_hall: TownHall, guest: Booked) -> None:
    """Neither with --dry-run, nor without --yes or a reason; the guest stays readable."""
    for more, status in ((("--dry-run",), 0), ((), 1), (("--yes",), 2)):
        asked = foyer("forget", guest.appointment, *more)
        assert asked.returncode == status, asked.stderr
        assert f"1 appointment is forgotten: {len(HOLDERS)} keys in {', '.join(HOLDERS)}." in asked.stdout
    held = json.loads(foyer("export", "--guest", guest.appointment).stdout)
    assert held["guest"]["email"] == guest.email
    assert held["services"]["visitor_access"]["knows"]["status"]


def test_an_answer_holds_what_the_guest_has_said_and_no_secret(foyer: Foyer, waiting: Booked) -> None:
    """Whoever handles it can neither say yes to the visit nor manage it."""
    answer = foyer("export", "--guest", waiting.appointment).stdout
    held = json.loads(answer)
    assert held["guest"].keys() == {"name", "email", "phone"}
    assert held["guest"]["email"] == waiting.email
    assert waiting.token not in answer


def test_a_guest_is_found_by_pass_and_the_receipt_can_be_checked(
    foyer: Foyer, town_hall: TownHall, guest: Booked, tmp_path: Path
) -> None:
    """It may be typed as at the entrance. The receipt names nobody, is signed, and true only while no key is left."""
    query = "SELECT number FROM visits WHERE appointment = :appointment"
    [row] = town_hall.rows("visitor_access", query, appointment=guest.appointment)
    file = tmp_path / "receipt.json"
    typed = f"{row.number[:4]} {row.number[4:]}".lower().replace("0", "o").replace("1", "l")
    done = foyer("forget", "--pass", typed, "--receipt", str(file), *SURE)
    assert done.returncode == 0, done.stderr
    assert not any(word in file.read_text() for word in town_hall.names)
    assert foyer("forget", "--check", str(file)).returncode == 0
    changed = json.loads(file.read_text()) | {"rows_blanked": 7}
    file.write_text(json.dumps(changed))
    checked = foyer("forget", "--check", str(file))
    assert (checked.returncode, checked.stderr.strip()) == (1, "This receipt was not made here, or it was changed.")
    assert json.loads(foyer("export", "--guest", guest.appointment).stdout)["forgotten"]
    assert (
        town_hall.call("GET", "booking", f"/api/appointments/{guest.appointment}?token={guest.token}").status_code
        == 410
    )
    town_hall.wait_at_rest()


def test_mails_of_a_guest_who_was_forgotten_by_itself_can_be_deleted(
    foyer: Foyer, town_hall: TownHall, guest: Booked, tmp_path: Path
) -> None:
    """No key is left, but the sink of `foyer up` has the mail still; the receipt says what was done."""
    forget(town_hall, guest.appointment)
    town_hall.wait(lambda: not any(keys_of(town_hall, guest.appointment)), "the keys are gone")
    planned = foyer("forget", guest.appointment, "--dry-run").stdout
    assert planned.startswith("1 appointment is forgotten already: no service has a key.")
    assert in_the_sink(town_hall, guest) == 1
    file = tmp_path / "receipt.json"
    done = foyer("forget", guest.appointment, "--receipt", str(file), *SURE)
    assert done.returncode == 0, done.stderr
    assert "Forgotten: no key was left, 0 rows blanked, 1 mails of our own sink deleted." in done.stdout
    assert in_the_sink(town_hall, guest) == 0
    assert json.loads(file.read_text())["mails_deleted"] == 1
    assert foyer("forget", "--check", str(file)).returncode == 0
    town_hall.wait_at_rest()


@pytest.mark.parametrize(
    ("waiting", "status"), [({"side_effect": KeyboardInterrupt}, 130), ({"return_value": False}, 1)]
)
def test_forgetting_that_did_not_come_to_its_end_is_done_by_the_command_it_names(
    foyer: Foyer, town_hall: TownHall, guest: Booked, waiting: dict[str, Any], status: int
) -> None:
    """Interrupted, or waited for in vain: the name that the guest was found by can't be read any more."""
    with patch.object(forgetting, "wait_until_gone", **waiting):
        ended = foyer("forget", "--guest", guest.email, *SURE)
    assert ended.returncode == status
    [again] = re.findall(r"`foyer (forget --again \w+)` does the rest\.", ended.stdout + ended.stderr)
    town_hall.wait(lambda: not any(keys_of(town_hall, guest.appointment)), "the keys are gone")
    assert in_the_sink(town_hall, guest)
    done = foyer(*again.split(), *SURE)
    assert done.returncode == 0, done.stderr
    assert "Receipt" in done.stdout
    assert in_the_sink(town_hall, guest) == 0
    town_hall.wait_at_rest()


def in_the_sink(town_hall: TownHall, guest: Booked) -> int:
    """How many mails to the guest it has."""
    return [mail["to"] for mail in town_hall.sink.messages()].count(guest.email)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((), "Say who: an appointment's id, or one of"),
        (("x", "--pass", "y"), "Say who: an appointment's id, or one of"),
        (("nobody",), "booking knows no appointment 'nobody'."),
        (("--pass", "0000"), "Nobody on the access lists has that pass."),
        (("--pass", "00000000"), "Nobody on the access lists has that pass."),
        (("--guest", "Nobody At All"), "No readable guest has that name or address"),
        (("--again", "0000"), "There is no `foyer forget` '0000' in the audit log"),
        (("--check", "/dev/null"), "is no receipt"),
    ],
)
def test_forget_says_what_is_wrong(foyer: Foyer, words: tuple[str, ...], sentence: str) -> None:
    """In a sentence that does not repeat a name, with status 2."""
    asked = foyer("forget", *words)
    assert asked.returncode == 2
    assert sentence in asked.stderr
    assert "Nobody At All" not in asked.stderr


def test_what_is_no_pass_is_not_that_of_guests_who_have_none_yet(foyer: Foyer, waiting: Booked) -> None:
    """Nobody is forgotten by a slip of the hand."""
    asked = foyer("forget", "--pass", "0000", "--dry-run")
    assert (asked.returncode, asked.stderr.strip()) == (2, "Nobody on the access lists has that pass.")
    assert json.loads(foyer("export", "--guest", waiting.appointment).stdout)["guest"]


def test_visits_that_ended_long_ago_are_none_here(foyer: Foyer) -> None:
    """What is due already was forgotten by itself."""
    assert foyer("forget", "--ended-before", "30", *SURE).stdout.startswith("Nothing to forget")


def test_without_booking_nothing_is_forgotten_by_halves(foyer: Foyer, guest: Booked) -> None:
    """A sentence, and everything as before."""
    asked = foyer("forget", guest.appointment, *SURE, FOYER_HTTP_BOOKING="127.0.0.1:1")
    assert asked.returncode == 1
    assert "booking does not answer" in asked.stderr
    assert json.loads(foyer("export", "--guest", guest.appointment).stdout)["guest"]


def test_only_operations_may_order_it(town_hall: TownHall) -> None:
    """Anybody else is asked to sign in."""
    answer = town_hall.call("POST", "booking", "/api/forgettings", json={"appointments": ["x"]})
    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--guest", "nobody"), "booking knows no appointment 'nobody'."),
        (("rooms", "--guest", "x"), "--guest is about all services"),
        ((), "Name the service whose log is wanted"),
    ],
)
def test_export_of_a_guest_says_what_is_wrong(foyer: Foyer, words: tuple[str, ...], sentence: str) -> None:
    """With status 2."""
    asked = foyer("export", *words)
    assert (asked.returncode, sentence in asked.stderr) == (2, True)
