"""What `foyer up` plans and writes, without starting anything."""

import configparser
import os
import re
import socket
from collections.abc import Callable, Mapping
from errno import EACCES
from pathlib import Path

import pytest
from environs import EnvError

from deploy.cli import COMMANDS, build
from deploy.commands import up
from deploy.home import HTTP_DEFAULTS, CannotDo, Home, NotOurs, mean_the_running_ensemble
from deploy.operations import log
from deploy.parts import SERVICES, definition, place, service_class
from deploy.run import run_migrations
from deploy.supervision import Supervisor, configuration, programs
from tests.command import foyer


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """An empty FOYER_HOME and no other settings."""
    for name in (*HTTP_DEFAULTS, "FOYER_AMQP_URL", "FOYER_SMTP_URL", "FOYER_DATABASE_URL", "FOYER_LOG_FORMAT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(up, "rabbitmq_is_installed", lambda: True)
    monkeypatch.setenv("FOYER_HOME", str(tmp_path / "v"))
    return Home.here()


def test_there_is_one_service_and_one_publisher_for_each(here: Home) -> None:
    """And a broker and a mail sink, where nobody names others."""
    names = up.plan_for(here, running=False).names
    assert set(names) == {
        "broker",
        "mail-sink",
        "calendars",
        *SERVICES,
        *(f"{service}-publisher" for service in SERVICES),
    }


def test_a_broker_and_a_mail_server_that_are_named_are_not_started(here: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """FOYER_AMQP_URL and FOYER_SMTP_URL mean those that exist."""
    monkeypatch.setenv("FOYER_AMQP_URL", "amqp://u:p@broker.example.org/")
    monkeypatch.setenv("FOYER_SMTP_URL", "smtp://mail.example.org")
    plan = up.plan_for(here, running=False)
    assert len(plan.names) == 11
    assert plan.settings["FOYER_AMQP_URL"] == "amqp://u:p@broker.example.org/"


@pytest.mark.parametrize(("retention", "kept"), [("", "30"), ("7", "7"), ("0", "1")])
def test_the_sink_keeps_mails_as_long_as_guests_are_known(
    here: Home, monkeypatch: pytest.MonkeyPatch, retention: str, kept: str
) -> None:
    """But for a day, or nobody could read them."""
    monkeypatch.setenv("FOYER_RETENTION_DAYS", retention)
    [sink] = [program for program in up.plan_for(here, running=False).programs if program.name == "mail-sink"]
    assert sink.command[-1] == kept


def test_without_rabbitmq_one_sentence_says_what_to_do(here: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Install it, or name a broker."""
    monkeypatch.setattr(up, "rabbitmq_is_installed", lambda: False)
    with pytest.raises(CannotDo, match=r"apt-get install rabbitmq-server.*FOYER_AMQP_URL"):
        up.plan_for(here, running=False)


def test_ports_stay_the_same_from_one_start_to_the_next(here: Home) -> None:
    """So that bookmarks and other shells still fit; unless somebody has taken one meanwhile."""
    first = up.plan_for(here, running=False).settings
    here.make()
    here.save(first)
    assert up.plan_for(here, running=False).settings == first
    with socket.create_server(("127.0.0.1", int(first["BROKER_PORT"]))):
        again = up.plan_for(here, running=False).settings
    assert again["BROKER_PORT"] != first["BROKER_PORT"]
    assert again["FOYER_SMTP_URL"] == first["FOYER_SMTP_URL"]


def test_a_running_ensemble_is_not_silently_given_other_settings(here: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """What runs keeps the settings that it was started with."""
    here.make()
    here.save(up.plan_for(here, running=False).settings)
    monkeypatch.setenv("FOYER_HTTP_ROOMS", "127.0.0.1:9999")
    with pytest.raises(CannotDo, match=r"FOYER_HTTP_ROOMS.*foyer down"):
        up.plan_for(here, running=True)


def test_an_empty_setting_names_no_other_server(here: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """`foyer up` starts its own then, and commands mean the one that runs."""
    environment = {"FOYER_HOME": str(here.root), "FOYER_AMQP_URL": "", "FOYER_SMTP_URL": ""}
    monkeypatch.setattr("os.environ", environment)
    plan = up.plan_for(here, running=False)
    assert {"broker", "mail-sink"} <= set(plan.names)
    here.make()
    here.save(plan.settings)
    environment["FOYER_AMQP_URL"] = ""
    mean_the_running_ensemble()
    assert environment["FOYER_AMQP_URL"] == plan.settings["FOYER_AMQP_URL"]


def test_what_services_would_refuse_is_told_before_anything_runs(here: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the name of the setting."""
    monkeypatch.setenv("FOYER_DATABASE_URL", "postgresql://db/one_for_all")
    with pytest.raises(EnvError, match=r"FOYER_DATABASE_URL.*foyer_\{service\}"):
        up.plan_for(here, running=False)


@pytest.mark.parametrize("begin", [run_migrations, lambda: log.opened().__enter__()])
def test_a_url_that_all_would_share_begins_no_database(
    here: Home, monkeypatch: pytest.MonkeyPatch, begin: Callable[[], None]
) -> None:
    """Not the first of them, nor that of operations."""
    monkeypatch.setenv("FOYER_DATABASE_URL", f"sqlite:///{here.root}/one_for_all.db")
    with pytest.raises(EnvError, match="FOYER_DATABASE_URL"):
        begin()
    assert not here.root.exists()


@pytest.mark.parametrize(
    ("word", "during", "says"),
    [
        ("up", "start", "Interrupted. What was started goes on: `foyer up` starts the rest, `foyer down` stops it.\n"),
        (
            "down",
            "shut_down",
            "Interrupted: some of it is stopped. `foyer down` stops the rest, `foyer up` starts it again.\n",
        ),
    ],
)
def test_ctrl_c_says_what_runs_and_what_does_not(
    here: Home, monkeypatch: pytest.MonkeyPatch, word: str, during: str, says: str
) -> None:
    """Neither starting nor stopping is taken back."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("shutil.which", lambda _name: "foyer")
    monkeypatch.setattr(up, "check_ports", lambda _settings: None)
    monkeypatch.setattr(Supervisor, "running", lambda _self: word == "down")
    monkeypatch.setattr(Supervisor, during, interrupt)
    ran = foyer({}, word)
    assert (ran.returncode, ran.stderr) == (130, says)


def test_a_taken_port_is_named_with_the_setting_that_moves_it() -> None:
    """Before anything is started."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CannotDo, match=f"Port {port} on 127.0.0.1 is taken.*FOYER_HTTP_BOOKING"):
            up.check_ports({**HTTP_DEFAULTS, "FOYER_HTTP_BOOKING": f"127.0.0.1:{port}"})


@pytest.mark.parametrize("address", ["localhost", "127.0.0.1:99999", "127.0.0.1:0", "127.0.0.1:²"])
def test_an_address_without_a_port_is_named(address: str) -> None:
    """A typing mistake is a sentence, not a stack."""
    with pytest.raises(CannotDo, match="FOYER_HTTP_BOOKING must be host:port"):
        up.check_ports({**HTTP_DEFAULTS, "FOYER_HTTP_BOOKING": address})


AWAY = "the message broker cannot be reached"
REFUSED = "the message broker refuses: ACCESS_REFUSED - access to queue 'rooms.inbox' in vhost '/' refused"


class Seconds:
    """A clock on which a second goes by only where somebody sleeps."""

    now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> Seconds:
    """What `foyer up` waits by, while every process runs."""
    clock = Seconds()
    monkeypatch.setattr(up, "time", clock)
    monkeypatch.setattr(Supervisor, "state", lambda *_: {"statename": "RUNNING"})
    return clock


def test_a_broker_that_refuses_is_not_waited_for_long(
    here: Home, monkeypatch: pytest.MonkeyPatch, seconds: Seconds
) -> None:
    """Time changes no permissions; the broker's own words say which are missing."""
    monkeypatch.setattr(up, "health", lambda _url: {"ready": False, "problems": [AWAY, REFUSED]})
    with pytest.raises(CannotDo, match=rf"rooms does not come up: {re.escape(REFUSED)}\.$"):
        up.wait_for_service(here, Supervisor(here), "rooms", HTTP_DEFAULTS)
    assert 10 < seconds.now < 12


def test_a_broker_that_refuses_now_and_then_is_waited_for(
    here: Home, monkeypatch: pytest.MonkeyPatch, seconds: Seconds
) -> None:
    """As one that is just starting, or whose permissions somebody is setting."""

    def health(_url: str) -> Mapping[str, object]:
        return {"ready": seconds.now > 40, "problems": [AWAY if seconds.now % 9 > 8 else REFUSED]}

    monkeypatch.setattr(up, "health", health)
    up.wait_for_service(here, Supervisor(here), "rooms", HTTP_DEFAULTS)
    assert seconds.now > 40


def test_the_configuration_holds_every_program_and_no_password(here: Home) -> None:
    """Settings travel by the environment."""
    text = configuration(here, programs(here, broker_port=5000, mail_ports=(5001, 5002), mail_days=30))
    config = configparser.RawConfigParser()
    config.read_string(text)
    found = [name for name in config.sections() if name.startswith("program:")]
    assert len(found) == 13
    assert all(config[name]["autorestart"] == "true" for name in found)
    assert "guest" not in text


def test_a_percent_sign_in_a_path_is_quoted(tmp_path: Path) -> None:
    """supervisor would take it for one of its own variables."""
    home = Home(tmp_path / "100%")
    assert f"{tmp_path}/100%%/log" in configuration(home, [])


def test_settings_are_readable_by_their_owner_only(here: Home) -> None:
    """They may hold the password of a broker or a database."""
    here.make()
    here.save({"FOYER_AMQP_URL": "amqp://u:secret@broker/"})
    assert (here.run / "settings.json").stat().st_mode & 0o077 == 0
    assert here.root.stat().st_mode & 0o077 == 0


def test_what_lies_in_a_folder_that_others_may_read_is_not_for_them(
    here: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody has made FOYER_HOME before; its mails and read tables show guests."""
    monkeypatch.setenv("FOYER_DATABASE_URL", f"sqlite:///{here.root}/{{service}}.db")
    here.root.mkdir(mode=0o755)
    here.make()
    run_migrations("visitor_access")
    made = list(here.root.iterdir())
    assert {"run", "log", "visitor_access.db"} <= {one.name for one in made}
    assert [one.name for one in made if one.stat().st_mode & 0o077] == []
    config = configparser.RawConfigParser()
    config.read_string(configuration(here, []))
    assert config["supervisord"]["umask"] == "077"


def test_a_later_command_means_the_running_ensemble(here: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a shell that knows nothing of its ports; what the shell does say comes first."""
    here.make()
    here.save({"FOYER_AMQP_URL": "amqp://saved/", "FOYER_HTTP_ROOMS": "127.0.0.1:7002"})
    monkeypatch.setenv("FOYER_HTTP_ROOMS", "127.0.0.1:9002")
    environment: dict[str, str] = {"FOYER_HTTP_ROOMS": "127.0.0.1:9002"}
    monkeypatch.setattr("os.environ", environment)
    environment["FOYER_HOME"] = str(here.root)
    mean_the_running_ensemble()
    assert environment["FOYER_AMQP_URL"] == "amqp://saved/"
    assert environment["FOYER_HTTP_ROOMS"] == "127.0.0.1:9002"
    assert environment["FOYER_HTTP_BOOKING"] == "127.0.0.1:8001"


@pytest.mark.parametrize("words", [("down",), ("up",), ("status",), ("streams",), ("account", "list")], ids=" ".join)
def test_the_folder_of_another_user_is_named_with_that_user(
    here: Home, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    """Its settings may not be read and its supervisor not be asked: it may well run."""

    def denied(*_: object, **__: object) -> None:
        raise PermissionError(EACCES, "Permission denied")

    here.make()
    monkeypatch.setattr("socket.socket.connect", denied)
    monkeypatch.setattr("pathlib.Path.read_text", denied)
    ran = foyer({}, *words)
    assert (ran.returncode, ran.stdout) == (1, "")
    says = f"The folder {here.run} belongs to {here.run.owner()}: run this command as that user.\n"
    assert ran.stderr == says


def test_a_folder_that_may_not_be_made_names_whose_place_it_is(here: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in the folder of a project that belongs to root."""

    def denied(*_: object, **__: object) -> None:
        raise PermissionError(EACCES, "Permission denied")

    monkeypatch.setattr("pathlib.Path.mkdir", denied)
    monkeypatch.setattr("pathlib.Path.owner", lambda _path: {}[0])
    with pytest.raises(NotOurs, match=f"{here.root.parent} belongs to the user with the number {os.getuid()}:"):
        here.make()


def test_a_path_too_long_for_sockets_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """In one sentence, not by an error of the operating system."""
    monkeypatch.setenv("FOYER_HOME", "/" + "x" * 120)
    with pytest.raises(CannotDo, match="too long"):
        Home.here()


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_is_found_by_its_name(service: str) -> None:
    """A new service needs one word in `deploy.parts`."""
    assert place(service).name == definition(service).name == service_class(service).name == service


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_can_be_loaded(command: str) -> None:
    """The list is explicit, so a wrong line in it would show only when somebody calls it."""
    app = build(command)
    names = [c.name for c in app.registered_commands] + [g.name for g in app.registered_groups]
    assert names == [command]
