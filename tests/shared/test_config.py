"""Settings: read once, the same for all processes, and clear about what is wrong."""

import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from environs import EnvError
from sqlalchemy import make_url, text

from shared import config
from shared.database import connect, reading
from tests.shared.test_writer import only_postgresql

PROGRAM = "from shared import config; s = config.load('toy'); print((s.master_key + s.transport_key + s.secret).hex())"


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOYER_HOME", str(tmp_path))


@pytest.mark.slow
def test_processes_that_start_at_once_get_the_same_keys() -> None:
    """Ten of them, on a home where nobody was before."""
    started = [
        subprocess.Popen([sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, text=True, cwd=Path.cwd())
        for _ in range(10)
    ]
    keys = {process.communicate(timeout=60)[0].strip() for process in started}
    assert len(keys) == 1
    assert len(next(iter(keys))) == 3 * 2 * config.KEY_BYTES


def test_keys_stay_and_are_nobody_elses(tmp_path: Path) -> None:
    """The next start finds them; only the owner may read them; each service has a master key of its own."""
    first, again, other = config.load("toy"), config.load("toy"), config.load("other")
    assert first == again
    assert first.master_key != other.master_key
    assert (first.transport_key, first.secret) == (other.transport_key, other.secret)
    files = sorted((tmp_path / "keys").iterdir())
    assert [file.name for file in files] == ["other.key", "secret.key", "toy.key", "transport.key"]
    assert {oct(file.stat().st_mode)[-3:] for file in files} == {"600"}


def test_a_key_may_come_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Then there is no file of it."""
    monkeypatch.setenv("FOYER_MASTER_KEY_TOY", b64encode(b"k" * 32).decode())
    settings = config.load("toy")
    assert settings.master_key == b"k" * 32
    assert not (tmp_path / "keys" / "toy.key").exists()
    assert config.place_of_master_key(settings) == "FOYER_MASTER_KEY_TOY"


def test_a_damaged_key_file_is_not_used(tmp_path: Path) -> None:
    """What was sealed with the whole one could not be opened."""
    config.load("toy")
    (tmp_path / "keys" / "toy.key").write_bytes(b"short")
    with pytest.raises(ValueError, match=r"toy\.key is damaged"):
        config.load("toy")


BAD = {
    "FOYER_BATCH": ["many", "0", "-1"],
    "FOYER_PREFETCH": ["0", "x"],
    "FOYER_GATHER": ["soon", "-1", "11"],
    "FOYER_LAND": ["XX", "nw"],
    "FOYER_LOG_LEVEL": ["LOUD"],
    "FOYER_TIMEZONE": ["Europe/Guetersloh", "/etc/passwd", "../x"],
    "FOYER_MASTER_KEY_TOY": ["hello!", "aGVsbG8="],
    "FOYER_TRANSPORT_KEY": ["äöü"],
    "FOYER_SECRET": [b64encode(b"k" * 31).decode()],
    "FOYER_AMQP_URL": ["nonsense", "http://localhost:5672/", "amqp://"],
    "FOYER_DATABASE_URL": ["nonsense", "mysql://localhost/{service}", "sqlite://", "sqlite:///:memory:"],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in BAD.items() for value in values])
def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    """The message says which variable it is; a key is not quoted."""
    monkeypatch.setenv(name, value)
    with pytest.raises(EnvError) as wrong:
        config.load("toy")
    assert name in str(wrong.value)
    assert not value or "KEY" not in name or value not in str(wrong.value)


@pytest.mark.parametrize("name", [*BAD, "FOYER_SMTP_URL", "FOYER_HTTP_TOY", "FOYER_LOG_FORMAT", "FOYER_RETENTION_DAYS"])
def test_an_empty_setting_is_none(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """As a shell script has it; so prepare.sh and services agree on whether a broker is named."""
    unset = config.load("toy")
    monkeypatch.setenv(name, "")
    assert config.load("toy") == unset or name == "FOYER_LAND"


def test_where_empty_means_none_it_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """No holidays are kept, no figures are shown."""
    monkeypatch.setenv("FOYER_LAND", "")
    monkeypatch.setenv("FOYER_HTTP_TOY", "127.0.0.1:8001")
    monkeypatch.setenv("FOYER_METRICS_TOY", "")
    settings = config.load("toy")
    assert (settings.land, settings.metrics_address) == ("", "")


def test_who_only_looks_makes_nothing(tmp_path: Path) -> None:
    """In a wrong folder no keys are left behind that somebody might take for the right ones."""
    settings = config.load(config.EVERY)
    assert settings.database_url == f"sqlite:///{tmp_path}/{{service}}.db"
    assert (settings.master_key, settings.secret) == (b"", b"")
    assert list(tmp_path.iterdir()) == []


def test_the_database_of_a_service_is_a_pattern(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Only `{service}` is replaced."""
    assert config.load("toy").database_url == f"sqlite:///{tmp_path}/toy.db"
    monkeypatch.setenv("FOYER_DATABASE_URL", "postgresql://foyer:pa{s%7Ds@db/foyer_{service}")
    assert config.load("toy").database_url == "postgresql://foyer:pa{s%7Ds@db/foyer_toy"


def test_a_url_of_one_database_is_for_one_service_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever looks at all of them would take the same for each."""
    monkeypatch.setenv("FOYER_DATABASE_URL", "postgresql://db/of_toy")
    assert config.load("toy").database_url == "postgresql://db/of_toy"
    with pytest.raises(EnvError, match=r"FOYER_DATABASE_URL.*foyer_\{service\}"):
        config.load(config.EVERY)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://db/town?options=-csearch_path%3D{service}",
        "postgresql://foyer:{service}@db/town",
        "postgresql://{service}@db/town",
    ],
)
def test_the_pattern_names_the_databases_apart(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Locks are the database's: of five publishers in one, four would never run."""
    monkeypatch.setenv("FOYER_DATABASE_URL", url)
    with pytest.raises(EnvError, match=r"FOYER_DATABASE_URL.*belongs in its name.*foyer_\{service\}"):
        config.load(config.EVERY)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://foyer:pa{s%7Ds{service}@db/foyer_{service}?options=-csearch_path%3D{service}",
        "postgresql://foyer@/{service}?host=/run/postgresql",
        "postgresql://foyer@{service}.db/foyer",
        "postgresql://foyer@/foyer?host=/run/{service}",
        "sqlite:////home/{x}/{service}/foyer.db",
        "sqlite:///file:{service}.db?uri=true",
    ],
)
def test_what_else_is_in_the_pattern_is_free(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Braces, and the service's name once more."""
    monkeypatch.setenv("FOYER_DATABASE_URL", url)
    assert config.load(config.EVERY).database_url == url


@pytest.mark.parametrize(
    "url", ["", "nonsense", "mysql://root:geheim@localhost/x", "sqlite://", "postgres://a:geheim@b/c"]
)
def test_other_databases_are_refused(url: str) -> None:
    """In a sentence without the password."""
    with pytest.raises(ValueError, match=r"URL") as refused:
        connect(url)
    assert "geheim" not in str(refused.value)


def test_any_postgresql_url_means_psycopg2() -> None:
    """It is the driver that is cooperative under eventlet."""
    for url in ("postgresql://u@h/d", "postgresql+asyncpg://u@h/d"):
        assert connect(url).dialect.driver == "psycopg2"


@only_postgresql
def test_the_options_of_the_url_are_added_to_ours(make_database: Callable[[str], str]) -> None:
    """Of two that set the same, that of the URL counts."""
    url = make_url(make_database("toy")).update_query_dict({"options": "-csearch_path=town -c jit=on"})
    with reading(connect(url.render_as_string(hide_password=False))) as connection:
        asked = ("search_path", "jit", "random_page_cost")
        assert [connection.execute(text(f"SHOW {name}")).scalar() for name in asked] == ["town", "on", "1.1"]


@only_postgresql
def test_a_transaction_sees_what_was_committed_meanwhile(make_database: Callable[[str], str]) -> None:
    """Whatever the server's own default; where one moment is to be looked at, it is said for that transaction."""
    engine = connect(make_database("toy"))

    def level(**options: Any) -> Any:
        with engine.connect().execution_options(**options) as connection:
            return connection.execute(text("SHOW transaction_isolation")).scalar()

    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as there:
        name = engine.url.database
        there.exec_driver_sql(f'ALTER DATABASE "{name}" SET default_transaction_isolation = serializable')
    engine.dispose()
    levels = [level(), level(isolation_level="REPEATABLE READ"), level()]
    assert levels == ["read committed", "repeatable read", "read committed"]
    engine.dispose()


def test_kerberos_is_looked_for_only_where_the_url_wants_it() -> None:
    """Else each connection would begin with it; what the URL says besides stays."""
    assert connect("postgresql://u@h/d?sslmode=require").url.query == {"gssencmode": "disable", "sslmode": "require"}
    assert connect("postgresql://u@h/d?gssencmode=require").url.query == {"gssencmode": "require"}
