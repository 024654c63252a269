"""What is given on the command line, checked: names of services, times, numbers. Raises BadInput with what is right."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import typer

from deploy.home import BadInput
from deploy.parts import SERVICES

LONGEST_ID = 200
"""Characters of an id."""
MOST = 20
"""Names in a sentence."""
LONGEST_POSITION = 4_000
"""Digits of a position: Python makes no number of more than 4,300."""


def service(name: str) -> str:
    """A service's name."""
    if name not in SERVICES:
        raise BadInput(f"No service is called {name!r}; there are {', '.join(SERVICES)}.")
    return name


def services(names: Sequence[str] | None) -> tuple[str, ...]:
    """Services' names; all of them where none is given."""
    return tuple(dict.fromkeys(service(name) for name in names)) if names else SERVICES


def moment(text: str, zone: ZoneInfo, option: str, ahead: timedelta = timedelta(), what: str = "a time") -> datetime:
    """A time with an offset, or one of the town's clock; a day before it and so far ahead there must be times, too."""
    try:
        parsed = datetime.fromisoformat(text)
        given = parsed if parsed.tzinfo else parsed.replace(tzinfo=zone)
        for needed in (given - timedelta(days=1), given, given + ahead):
            needed.astimezone(UTC).astimezone(zone)
    except (ValueError, OverflowError):
        raise BadInput(f"{option} must be {what} like 2026-11-23T10:20 or 2026-11-23, not {text!r}.") from None
    return given


def position(text: str) -> int | None:
    """The position that is written there; None where none is."""
    return int(text) if text.isdecimal() and len(text) <= LONGEST_POSITION else None


def positions(text: str) -> tuple[int, int | None]:
    """`100..200`, `100..` or `..200`: the position before the first, and the last; None for all there are."""
    if not text:
        return 0, None
    first, dots, last = text.partition("..")
    begins, ends = position(first or "1"), position(last)
    if not dots or not (first + last) or begins is None or (last and ends is None):
        raise BadInput(f"--positions must be like 100..200, 100.. or ..200, not {text[:LONGEST_ID]!r}.")
    above, up_to = begins - 1, ends
    if above < 0 or (up_to is not None and up_to <= above):
        raise BadInput(f"--positions {text}: the first position is 1, and the range must not be inverted.")
    return above, up_to


def few(names: Sequence[str], most: int = MOST) -> str:
    """The first of them, and how many more there are."""
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return (", ".join(names[:most]) or "none yet") + more


def shown(moment: str, zone: ZoneInfo) -> str:
    """A stored time on the town's clock."""
    return f"{datetime.fromisoformat(moment).astimezone(zone):%Y-%m-%d %H:%M:%S}"


def print_json(value: Any) -> None:
    """For programs."""
    typer.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS).decode())
