"""Hours as they are ordered: the body of a call or form as a command, and the days on which nobody is on duty."""

import subprocess
import sys
from collections.abc import Mapping
from datetime import date as Date
from functools import lru_cache
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from services.staff_calendar.commands import SetQuotas
from services.staff_calendar.events import Exceptional, Hours, Pattern, Quota
from shared.app import App


def order_quotas(app: App, request: Any, clerk: str, body: Mapping[str, Any]) -> None:
    """Set all quotas of a clerk. Raises Refused for quotas that make no sense."""
    pattern = Pattern(
        tuple(Quota(**quota) for quota in body["weekly"]),
        tuple(_exception(**exception) for exception in body["exceptions"]),
    )
    order = SetQuotas(str(uuid4()), app.clock(), clerk, pattern, app.settings.timezone, closed_dates(app))
    app.handle(order, cause=request.cause)


def today(app: App) -> Date:
    """The local date."""
    return app.clock().astimezone(ZoneInfo(app.settings.timezone)).date()


def closed_dates(app: App) -> tuple[Date, ...]:
    """The public holidays of this year and the next, in the Land of the settings; the horizon reaches no further."""
    year = today(app).year
    return public_holidays(app.settings.land, year, year + 1) if app.settings.land else ()


@lru_cache(maxsize=4)
def public_holidays(land: str, *years: int) -> tuple[Date, ...]:
    """Those of a German Land in these years, asked of the package `holidays` in a process of its own.

    It loads every country of the world: 11 MB, which this process would keep for good.
    """
    program = "import sys, holidays as h; print(*sorted(h.country_holidays('DE', sys.argv[1], map(int, sys.argv[2:]))))"
    ask = [sys.executable, "-c", program, land, *map(str, years)]
    said = subprocess.run(ask, stdout=subprocess.PIPE, text=True, check=True).stdout
    return tuple(Date.fromisoformat(day) for day in said.split())


def _exception(date: Date, open: list[dict[str, Any]], reason: str | None) -> Exceptional:  # noqa: A002
    return Exceptional(date, tuple(Hours(**hours) for hours in open), reason)
