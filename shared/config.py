"""Settings of one process, read from the environment once (environs); nothing else in the code reads it."""

import base64
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from environs import Env
from marshmallow import ValidationError, validate
from sqlalchemy import make_url

from shared.database import connect

KEY_BYTES = 32
PORTS_APART, LAST_PORT = 100, 65_536
LAENDER = ("BB", "BE", "BW", "BY", "HB", "HE", "HH", "MV", "NI", "NW", "RP", "SH", "SL", "SN", "ST", "TH")
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
EVERY = "{service}"
"""In place of a service's name: the settings that all have in common. The URL of the database stays a pattern."""


_EMPTY_MEANS_NONE = ("FOYER_LAND", "FOYER_METRICS_")


@dataclass(frozen=True, slots=True)
class Settings:
    """What one service or its publisher needs to run. Durations in seconds."""

    service: str
    amqp_url: str
    database_url: str
    http_address: str
    smtp_url: str
    timezone: str
    land: str
    """The German Land whose public holidays are kept; empty for none."""
    public_url: str
    home: Path
    log_level: str
    log_format: str
    batch: int
    prefetch: int
    master_key: bytes
    transport_key: bytes
    secret: bytes
    gather: float = 0.1
    """So long messages gather for whose effect nobody waits: each transaction costs the same, however many it takes."""
    metrics_address: str = ""
    """Where the publisher shows what it counts; empty for nowhere."""
    archive_days: int = 0
    """So long the archive keeps what was said; 0: there is none."""
    archive_megabytes: int = 10_000
    retention_days: int = 30
    """So long after their end are things kept that say who it was."""

    @property
    def wake_path(self) -> Path:
        """The datagram socket at which the publisher of this service is told that something was committed."""
        return self.home / "run" / f"{self.service}.wake"


def load(service: str, http_default: str = "127.0.0.1:0", *, keys: bool = True) -> Settings:
    """Read the settings of `service`. Raises environs.EnvError, which names the variable and what is wrong with it.

    Keys that are not there yet are made; not without `keys`, and not for EVERY, who only looks: they get none.
    """
    drop_empty()
    env = Env()
    with env.prefixed("FOYER_"):
        home = Path(env.str("HOME", "var")).absolute()
        make = keys and service != EVERY
        # A process of one service may have a URL of its own.
        is_url = _is_pattern if service == EVERY else _is_database
        if make:
            home.joinpath("run").mkdir(parents=True, exist_ok=True)
        upper = service.upper()
        http_address = env.str(f"HTTP_{upper}", http_default)
        return Settings(
            service=service,
            amqp_url=env.str("AMQP_URL", "amqp://guest:guest@127.0.0.1:5672/", validate=_is_broker),
            database_url=url_of(service, env.str("DATABASE_URL", f"sqlite:///{home}/{{service}}.db", validate=is_url)),
            http_address=http_address,
            metrics_address=env.str(f"METRICS_{upper}", beside(http_address)),
            smtp_url=env.str("SMTP_URL", "smtp://127.0.0.1:1025"),
            timezone=env.str("TIMEZONE", "Europe/Berlin", validate=_is_timezone),
            land=env.str("LAND", "NW", validate=validate.OneOf(("", *LAENDER))),
            public_url=env.str("PUBLIC_URL", "").rstrip("/"),
            home=home,
            log_level=env.str("LOG_LEVEL", "INFO", validate=validate.OneOf(LEVELS)),
            log_format=env.str("LOG_FORMAT", "auto"),
            batch=env.int("BATCH", 200, validate=validate.Range(1)),
            prefetch=env.int("PREFETCH", 500, validate=validate.Range(1, 65535)),
            gather=env.float("GATHER", 0.1, validate=validate.Range(0, 10)),
            archive_days=env.int("ARCHIVE_DAYS", 30, validate=validate.Range(0, 36_500)),
            archive_megabytes=env.int("ARCHIVE_MEGABYTES", 10_000, validate=validate.Range(10)),
            retention_days=env.int("RETENTION_DAYS", 30, validate=validate.Range(min=0)),
            master_key=_key(env.str(f"MASTER_KEY_{upper}", "", validate=_is_key), home, service) if make else b"",
            transport_key=_key(env.str("TRANSPORT_KEY", "", validate=_is_key), home, "transport") if make else b"",
            secret=_key(env.str("SECRET", "", validate=_is_key), home, "secret") if make else b"",
        )


def drop_empty() -> None:
    """Let a variable that is empty be as one that is not set, for all of this process; but where empty means none."""
    for name, value in list(os.environ.items()):
        if not value and name.startswith("FOYER_") and not name.startswith(_EMPTY_MEANS_NONE):
            del os.environ[name]


def url_of(service: str, pattern: str) -> str:
    """The URL of a service's database."""
    # No str.format: a home and a password may have braces of their own.
    return pattern.replace(EVERY, service)


def beside(address: str) -> str:
    """A hundred ports above another address, on the same host; empty where there is none."""
    host, _, port = address.rpartition(":")
    return f"{host}:{int(port) + PORTS_APART}" if port.isdecimal() and 0 < int(port) < LAST_PORT - PORTS_APART else ""


def place_of_master_key(settings: Settings) -> str:
    """The variable or the file that it is from."""
    name = f"FOYER_MASTER_KEY_{settings.service.upper()}"
    return name if Env().str(name, "") else str(_file(settings.home, settings.service))


def secret(home: Path) -> bytes:
    """The secret that all services of the ensemble in this folder share; made where there is none yet."""
    return _key(Env().str("FOYER_SECRET", "", validate=_is_key), home, "secret")


def _key(given: str, home: Path, name: str) -> bytes:
    """The key of that name: from the environment (base64 of 32 bytes), or a file made at the first start."""
    if given:
        return base64.b64decode(given)
    path = _file(home, name)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Ten processes start at once: a complete file is linked into place, and whoever comes second takes the first one's.
    draft = path.with_suffix(f".{os.getpid()}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        file.write(secrets.token_bytes(KEY_BYTES))
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    key = path.read_bytes()
    if len(key) != KEY_BYTES:
        raise ValueError(f"{path} is damaged: it has {len(key)} bytes instead of {KEY_BYTES}")
    return key


def _file(home: Path, name: str) -> Path:
    return home / "keys" / f"{name}.key"


def _is_key(given: str) -> None:
    try:
        fits = not given or len(base64.b64decode(given, validate=True)) == KEY_BYTES
    except ValueError:
        fits = False
    if not fits:
        raise ValidationError(f"Not the base64 of {KEY_BYTES} bytes.")


def _is_database(url: str) -> None:
    try:
        connect(url_of("x", url)).dispose()
    except (ValueError, ImportError) as error:
        raise ValidationError(str(error)) from None


def _is_pattern(url: str) -> None:
    _is_database(url)
    parsed = make_url(url)
    # Not in the user's name or the options: locks are the database's.
    places = (parsed.database, parsed.host, *parsed.normalized_query.get("host", ()))
    if not any(EVERY in (place or "") for place in places):
        raise ValidationError(f"Each has a database of its own: {EVERY} belongs in its name, as in .../foyer_{EVERY}.")


def _is_broker(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("amqp", "amqps") or not parts.hostname:
        raise ValidationError("Not the URL of a broker like amqp://user:password@host:5672/.")


def _is_timezone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (ValueError, ZoneInfoNotFoundError, OSError):
        raise ValidationError("Not a time zone like Europe/Berlin.") from None
