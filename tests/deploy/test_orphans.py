"""When supervisord is killed, what it has started ends; and what does not is found and ended by the commands."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.home import Home
from deploy.orphans import end_orphans, orphans
from deploy.servers import Process, wait_until
from deploy.servers.process import with_setting
from deploy.supervision import Program, Supervisor
from tests.command import foyer


@pytest.fixture
def orphan(home: Path) -> Iterator[Process]:
    """What a supervisord of this home has left, and what does not end by itself."""
    Home(home).make()
    process = Process(
        "left", ("sleep", "60"), home / "log" / "left", {"SUPERVISOR_SERVER_URL": Home(home).supervisor_url}
    )
    process.start()
    wait_until(lambda: orphans(Home(home)), 5, "its environment can be read")
    yield process
    process.stop()


@pytest.mark.slow
def test_a_program_ends_with_supervisord(home: Path) -> None:
    """Nobody would read its log, or start it again."""
    Home(home).make()
    supervisor = Supervisor(Home(home))
    supervisor.start([Program("toy", ("sleep", "60"))], {})
    supervisor.start_program("toy")
    toy, watching = supervisor.state("toy")["pid"], supervisor.pid()
    wait_until(lambda: "sleep" in Path(f"/proc/{toy}/cmdline").read_text(), 5, "it runs")
    assert not orphans(supervisor.home)
    os.kill(watching, signal.SIGKILL)
    wait_until(lambda: not with_setting(f"SUPERVISOR_SERVER_URL={supervisor.home.supervisor_url}"), 5, "its end")
    assert foyer({"FOYER_HOME": str(home)}, "down").stdout == "Nothing of Foyer runs here.\n"


def test_what_does_not_end_by_itself_is_killed(home: Path, orphan: Process) -> None:
    """After some time, in which a broker may shut down."""
    assert orphans(Home(home)) == {orphan.pid}
    end_orphans(Home(home), seconds=0)
    assert not orphan.running


def test_what_has_not_ended_yet_is_told(home: Path, orphan: Process) -> None:
    """It is not true that nothing runs."""
    said = foyer({"FOYER_HOME": str(home)}, "status")
    assert said.stderr == "Foyer does not run here, and what ran before has not ended yet: start it with `foyer up`.\n"


def test_down_ends_what_supervisord_left(home: Path, orphan: Process, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else nobody could, but by its number."""
    monkeypatch.setattr("deploy.commands.down.end_orphans", lambda of: end_orphans(of, seconds=0))
    said = foyer({"FOYER_HOME": str(home)}, "down")
    assert "Foyer is down." in said.stdout
    assert not orphan.running


def test_what_supervisord_watches_is_no_orphan(home: Path, orphan: Process) -> None:
    """Also where it does not answer, since somebody has removed its socket."""
    Home(home).supervisor_pid.write_text(f"{os.getpid()}\n")
    assert not orphans(Home(home))


def test_another_home_is_left_alone(home: Path, orphan: Process) -> None:
    """Several ensembles may run on one machine."""
    assert not orphans(Home(home / "other"))
