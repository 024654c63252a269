"""How calendars are asked, read from the environment once.

FOYER_CALENDAR_POLL          seconds between two looks at a calendar (60)
FOYER_CALENDAR_NETWORKS      networks inside the house that may be asked, as 10.1.0.0/16,192.168.7.4/32 (none)
FOYER_CALENDAR_HOSTS         hosts that redirects may lead to besides a calendar's own (none)
FOYER_CALENDAR_SECONDS       for one answer (30)
FOYER_CALENDAR_MEGABYTES     of one answer (8)
FOYER_CALENDAR_ENTRIES       resources of one calendar, and occurrences of one resource (20000)
FOYER_CALENDAR_THREADS       calendars asked at once (16)
FOYER_METRICS_CALENDARS      where the process shows its figures, as host:port; empty for nowhere
                             (a hundred ports above those of staff_calendar's publisher)
"""

import ipaddress
from dataclasses import dataclass, field

from environs import Env
from marshmallow import ValidationError, validate

from services.staff_calendar.calendars.guard import Guard, Network


@dataclass(frozen=True, slots=True)
class Limits:
    """Of what a server may cost us. `seconds`: a whole answer; `look_seconds`: all answers of one look together;
    `expand_seconds`: of a processor, for working out one resource.
    """

    seconds: float = 30.0
    look_seconds: float = 300.0
    connect_seconds: float = 10.0
    bytes: int = 8_000_000
    entries: int = 20_000
    expand_seconds: float = 30.0
    memory: int = 1_000_000_000


@dataclass(frozen=True, slots=True)
class CalendarSettings:
    """`longest_pause`: seconds between two tries of a calendar that keeps failing; `at_one_host`: asked at once."""

    poll: float = 60.0
    longest_pause: float = 3600.0
    threads: int = 16
    at_one_host: int = 4
    guard: Guard = field(default_factory=Guard)
    limits: Limits = field(default_factory=Limits)
    metrics_address: str | None = None
    """None: a hundred ports above the publisher's."""


def load() -> CalendarSettings:
    """Raises environs.EnvError, which names the variable and what is wrong with it."""
    env = Env()
    metrics_address: str | None = env.str("FOYER_METRICS_CALENDARS", None)
    with env.prefixed("FOYER_CALENDAR_"):
        networks = tuple(map(_network, env.list("NETWORKS", [], validate=_are_networks)))
        hosts: list[str] = env.list("HOSTS", [])
        return CalendarSettings(
            poll=env.float("POLL", 60.0, validate=validate.Range(1)),
            threads=env.int("THREADS", 16, validate=validate.Range(1, 64)),
            guard=Guard(networks, frozenset(host.strip().lower() for host in hosts)),
            limits=Limits(
                seconds=env.float("SECONDS", 30.0, validate=validate.Range(0.1)),
                bytes=env.int("MEGABYTES", 8, validate=validate.Range(1, 100)) * 1_000_000,
                entries=env.int("ENTRIES", 20_000, validate=validate.Range(1)),
            ),
            metrics_address=metrics_address,
        )


def _network(text: str) -> Network:
    return ipaddress.ip_network(text.strip())


def _are_networks(given: list[str]) -> None:
    for text in given:
        try:
            _network(text)
        except ValueError as error:
            raise ValidationError(f"Not a network like 10.1.0.0/16: {error}") from None
