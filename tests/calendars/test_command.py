"""`foyer calendars`: connecting, trying, looking at once, conflicts; passwords are never shown."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
import time_machine

from deploy.servers.mail import MailSink
from services.staff_calendar.calendars.tables import links
from services.staff_calendar.calendars.uids import Uids
from services.staff_calendar.events import BusyTimesChanged
from tests import command
from tests.calendars.desk import event, ics
from tests.calendars.servers import Server, Shelf
from tests.command import Ran
from tests.staff_calendar.office import Office, wanted

WHY = ("--yes", "--reason", "test")


Foyer = Callable[..., Ran]


@pytest.fixture
def foyer(office: Office) -> Foyer:
    """`foyer("add", ...)` is `foyer calendars add ...` on the office's day; loopback is allowed."""
    env = {
        "FOYER_CALENDAR_NETWORKS": "127.0.0.0/8",
        "FOYER_CALENDAR_PASSWORD": "secret",
        # The log of operations is another database of the same home.
        "FOYER_DATABASE_URL": f"sqlite:///{office.settings.home}/{{service}}.db",
    }

    def run(*words: str, **more: str) -> Ran:
        with time_machine.travel(office.now):
            return command.foyer({**env, **more}, "calendars", *words)

    return run


@pytest.fixture
def shelf(radicale: Server) -> Shelf:
    """A calendar with an entry."""
    shelf = radicale.collection()
    shelf.put("a.ics", ics(event()))
    return shelf


def test_a_calendar_is_connected_read_and_disconnected(foyer: Foyer, office: Office, shelf: Shelf) -> None:
    """Each step says what came of it, and is in the audit log; the password is in none of it."""
    added = foyer("add", "c-17", shelf.url, "-u", "clerk", "--writes", *WHY)
    assert added.returncode == 0, added.stderr
    assert "It can be read and written." in added.stdout
    assert "busy, written to" in added.stdout
    listed = foyer("list", "--json")
    (one,) = json.loads(listed.stdout)
    assert (one["calendar"], one["clerk"], one["because"], one["host"]) == ("c-17-1", "c-17", None, "127.0.0.1")
    assert "ClerkBecameBusy" in office.kinds()
    tried = foyer("test", "c-17-1", "--write")
    assert tried.returncode == 0
    assert "written, changed, guarded against a second one, and deleted" in tried.stdout
    shelf.delete("a.ics")
    synced = foyer("sync")
    assert synced.returncode == 0
    assert office.kinds()[-2:] == ["ClerkBecameFree", "BusyTimesChanged"]
    removed = foyer("remove", "c-17-1", *WHY)
    assert removed.returncode == 0
    assert foyer().stdout.startswith("No calendar is connected")
    everything = "".join(str(ran) for ran in (added, listed, tried, synced, removed, foyer("list")))
    assert "secret" not in everything
    assert shelf.url not in everything


def test_what_is_stored_of_a_password_is_sealed(foyer: Foyer, office: Office, shelf: Shelf) -> None:
    """Neither password nor address can be read in any file of the home."""
    assert foyer("add", "c-17", shelf.url, "-u", "clerk", *WHY).returncode == 0
    stored = b"".join(path.read_bytes() for path in Path(office.settings.home).rglob("*") if path.is_file())
    assert b"c-17-1" in stored
    assert b"secret" not in stored
    assert shelf.url.encode() not in stored
    with office.app.read() as connection:
        assert connection.execute(links.select()).one().host == "127.0.0.1"


def test_conflicts_are_shown(foyer: Foyer, office: Office, shelf: Shelf) -> None:
    """With who could take over."""
    office.employ("c-18")
    office.hear("AppointmentRequested", **wanted("10:00", clerk="c-17"))
    foyer("add", "c-17", shelf.url, "-u", "clerk", *WHY)
    shown = foyer("conflicts")
    assert "10:00-10:10" in shown.stdout
    assert "could take over: J. Brinkmann (c-18)" in shown.stdout
    (one,) = json.loads(foyer("conflicts", "--clerk", "c-17", "--json").stdout)
    assert one["colleagues"] == [{"clerk": "c-18", "name": "J. Brinkmann"}]
    assert foyer("conflicts", "--department", "bauamt").stdout == "No appointment meets a busy time.\n"


def test_wishes_are_shown(foyer: Foyer, office: Office, shelf: Shelf) -> None:
    """In one line each."""
    office.hear("AppointmentRequested", **wanted("09:00", clerk="c-17"))
    foyer("add", "c-17", shelf.url, "-u", "clerk", "--writes", *WHY)
    assert foyer("wishes").stdout == "No clerk wishes another time.\n"
    foyer("sync")
    shelf.delete(f"{Uids(office.settings.secret).of('a1', 1)}.ics")
    foyer("sync")
    assert "2026-11-24 09:00-09:10  J. Brinkmann (c-17) has deleted: " in foyer("wishes").stdout
    (one,) = json.loads(foyer("wishes", "--clerk", "c-17", "--json").stdout)
    assert (one["appointment"], one["wish"], one["wished_from"]) == ("a1", "cancel", None)


def test_a_clerk_without_a_calendar_is_mailed(foyer: Foyer, office: Office, smtp_sink: MailSink, shelf: Shelf) -> None:
    """What is to come at once; the address is shown nowhere and stored sealed; nobody gets everything twice."""
    office.hear("AppointmentRequested", **wanted("09:00"))
    office.hear("AppointmentConfirmed")
    words = ("invite", "c-17", "k17.private@town.example", "--language", "en", *WHY)
    invited = foyer(*words, FOYER_SMTP_URL=smtp_sink.url)
    assert invited.returncode == 0, invited.stderr
    told = [(mail["To"], mail["Content-Language"]) for mail in smtp_sink.messages()]
    assert told == [("k17.private@town.example", "en")]
    again = foyer(*words)
    assert (again.returncode, "c-17 has appointments in c-17-1 already" in again.stderr) == (2, True)
    assert foyer("add", "c-17", shelf.url, "-u", "clerk", "--writes", *WHY).returncode == 2
    tried = foyer("test", "c-17-1")
    assert (tried.returncode, "appointments are mailed there" in tried.stderr) == (1, True)
    removed = foyer("remove", "c-17-1", *WHY)
    assert "nothing is mailed there any more" in removed.stdout
    assert foyer("add", "c-17", shelf.url, "-u", "clerk", "--writes", *WHY).returncode == 0
    assert foyer(*words).returncode == 2
    stored = b"".join(path.read_bytes() for path in Path(office.settings.home).rglob("*") if path.is_file())
    assert b"k17.private" not in stored
    assert "k17.private" not in "".join(str(ran) for ran in (invited, again, tried, removed, foyer("list", "--json")))


def test_a_file_is_uploaded_and_replaced(foyer: Foyer, office: Office, tmp_path: Path) -> None:
    """The same name again: the file replaces the one before."""
    file = tmp_path / "k.ics"
    file.write_bytes(ics(event()))
    assert foyer("upload", "c-17", str(file), *WHY).returncode == 0
    file.write_bytes(ics(event(start="20261124T080000", end="20261124T090000")))
    assert foyer("upload", "c-17", str(file), "--name", "c-17-1", *WHY).returncode == 0
    assert office.kinds().count("BusyTimesChanged") == 2
    file.write_bytes(ics(event("e2", "20271124T080000", "20271124T090000", "RRULE:FREQ=DAILY;COUNT=30")))
    assert foyer("upload", "c-17", str(file), "--name", "next-year", *WHY).returncode == 0
    far = [day for one in office.log() if isinstance(one, BusyTimesChanged) for day in one.days if day.busy]
    assert max(day.date for day in far) == date(2027, 12, 23), "a year ahead, for nobody can read it again"
    file.write_bytes(b"kein Kalender")
    bad = foyer("upload", "c-17", str(file), "--name", "c-17-1", *WHY)
    assert bad.returncode == 1
    assert office.kinds().count("BusyTimesChanged") == 3, "what was known stays in force"


def test_a_file_of_which_nothing_is_understood_is_not_connected(foyer: Foyer, tmp_path: Path) -> None:
    """Too large, or no calendar."""
    file = tmp_path / "k.ics"
    for content, says in ((b"kein Kalender", "It is not connected."), (b"x" * 8_000_001, "larger than 8 MB")):
        file.write_bytes(content)
        bad = foyer("upload", "c-17", str(file), *WHY)
        assert (bad.returncode, says in bad.stderr) == (1, True)
        assert json.loads(foyer("list", "--json").stdout) == []


def test_a_calendar_is_connected_anew_in_another_way(foyer: Foyer, office: Office, shelf: Shelf) -> None:
    """Everything in it is read again; another clerk does not get it by its name."""
    office.employ("c-18")
    again = ("add", "c-17", shelf.url, "-u", "clerk", "--name", "mine", *WHY)
    assert foyer(*again).returncode == 0
    assert foyer(*again, "--opens", "*", "--site", "rathaus").returncode == 0
    assert foyer(*again, "--opens", "*", "--site", "rathaus", "--not-busy").returncode == 0
    told = [[day.busy for day in one.days] for one in office.log() if isinstance(one, BusyTimesChanged)]
    assert (len(told), told[-1]) == (2, [()]), "what it opens does not take time"
    taken = foyer("add", "c-18", shelf.url, "-u", "clerk", "--name", "mine", *WHY)
    assert (taken.returncode, "mine is another calendar (caldav, of c-17)" in taken.stderr) == (2, True)


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        (("add", "c-17", "https://example.org/", "--name", "a b/ü"), 2, "--name must be of letters"),
        (("add", "c-17", "https://example.org/", "--mail", "nonsense"), 2, "--mail must be an address"),
        (("add", "c-99", "https://example.org/"), 2, "There is no clerk 'c-99'; there are: c-17"),
        (("add", "c-17", "example.org/cal"), 2, "a calendar's address begins with https://"),
        (("add", "c-17", "file:///etc/passwd"), 2, "a calendar's address begins with https://"),
        (("add", "c-17", "https://example.org/", "--zone", "Mars/Olympus"), 2, "--zone must be a time zone"),
        (("add", "c-17", "https://example.org/", "--opens", "Termine"), 2, "--opens needs --site"),
        (("add", "c-17", "https://example.org/", "--kind", "x"), 2, "--kind must be caldav or address"),
        (("add", "c-17", "http://127.0.0.1:1/"), 1, "Not connected: the server can't be reached"),
        (("add", "c-17", "http://10.9.8.7/"), 1, "Not connected: this address may not be asked"),
        (("test", "x"), 2, "No calendar is called 'x'; there are: none yet"),
        (("wishes", "-c", "c-99"), 2, "There is no clerk 'c-99'; there are: c-17"),
        (("invite", "c-99", "k@town.example"), 2, "There is no clerk 'c-99'; there are: c-17"),
        (("invite", "c-17", "k17@town"), 2, "The address must be one like k17@town.example"),
        (("invite", "c-17", "a@b.example, c@d.example"), 2, "The address must be one like k17@town.example"),
        (("invite", "c-17", "k@town.example", "--language", "fr"), 2, "--language must be de or en, not 'fr'"),
        (("sync", "x"), 2, "No calendar is called 'x'"),
        (("remove", "x"), 2, "No calendar is called 'x'"),
        (("upload", "c-17", "/nowhere.ics"), 2, "/nowhere.ics can't be read: No such file or directory."),
    ],
)
def test_bad_input_is_told_in_a_sentence(foyer: Foyer, words: tuple[str, ...], status: int, says: str) -> None:
    """What would be right, and a status that says whose fault it is."""
    ran = foyer(*words)
    assert says in ran.stderr
    assert ran.returncode == status
    assert "Traceback" not in ran.stderr


def test_of_many_clerks_some_are_named_and_the_others_counted(foyer: Foyer, office: Office) -> None:
    """Nobody takes the first twenty for all."""
    for n in range(20, 45):
        office.employ(f"c-{n}")
    assert "; there are: c-17, c-20, " in (said := foyer("add", "c-99", "https://example.org/").stderr)
    assert said.endswith(", c-37, c-38 and 6 more.\n"), said


def test_ctrl_c_says_what_stays_due(foyer: Foyer, office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some may have been looked at, and all were ordered to be."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("deploy.commands.calendars.look_now", interrupt)
    ran = foyer("sync")
    assert (ran.returncode, ran.stdout) == (130, "")
    assert ran.stderr == "Interrupted. What was not looked at yet stays due: see `foyer calendars list`.\n"


def test_a_wrong_setting_is_named(foyer: Foyer) -> None:
    """By its variable."""
    ran = foyer("list", FOYER_CALENDAR_NETWORKS="10.0.0.0/99")
    assert ran.returncode == 2
    assert "FOYER_CALENDAR_NETWORKS" in ran.stderr
