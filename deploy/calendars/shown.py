"""How calendars, conflicts and wishes are shown."""

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from deploy.calendars.access import MEANINGS, Here
from deploy.operations.action import Outcome
from deploy.operations.asked import shown
from services.staff_calendar.calendars.conflicts import Conflict
from services.staff_calendar.calendars.links import Connected
from services.staff_calendar.calendars.wishes import OpenWish


def outcome(at: Here, names: Sequence[str]) -> Outcome:
    """How it stands with these calendars; status 1 where not all is well."""
    zone = ZoneInfo(at.app.settings.timezone)
    found = [at.one(name) for name in names]
    bad = any(one.state.because for one in found)
    data: dict[str, Any] = {"calendars": [{"calendar": one.link.calendar} | told(one) for one in found]}
    return Outcome(tuple(line(one, zone) for one in found), data, int(bad))


def told(one: Connected) -> dict[str, Any]:
    """For programs."""
    state = one.state
    return {
        "read_at": state.good_at,
        "tried_at": state.tried_at,
        "because": state.because,
        "detail": state.detail,
        "failures": state.failures,
        "due_at": state.due_at,
    }


def line(one: Connected, zone: ZoneInfo) -> str:
    """For people: one line."""
    link, state = one.link, one.state
    does = ", ".join(
        word
        for word, yes in (("busy", link.blocks), ("written to", link.writes), (f"opens {link.site}", link.opens))
        if yes
    )
    verb = "mailed" if link.kind == "mail" else "read"
    read = f"{verb} {shown(state.good_at, zone)}" if state.good_at else f"not {verb} yet"
    wrong = f"; {MEANINGS[state.because]}{f' ({state.detail})' if state.detail else ''}" if state.because else ""
    again = f", again {shown(state.due_at, zone)}" if state.because and state.failures else ""
    what = f"{link.calendar:<14} {link.clerk:<10} {link.kind:<8} {link.host:<28} {does or 'nothing':<22}"
    return f"{what} {read}{wrong}{again}"


def conflict(one: Conflict) -> str:
    """For people: one line."""
    busy = ", ".join(f"{begins[11:16]}-{ends[11:16]}" for begins, ends in one.busy)
    others = ", ".join(f"{colleague.name} ({colleague.clerk})" for colleague in one.colleagues) or "nobody"
    when = _span(one.starts_at, one.ends_at)
    what = f"{one.title} at {one.site}, {one.appointment}"
    return f"{when}  {one.name} ({one.clerk}) is busy {busy}: {what}; could take over: {others}"


def wish(one: OpenWish) -> str:
    """For people: one line."""
    when = _span(one.starts_at, one.ends_at)
    wants = f"has moved to {_span(one.wished_from, one.wished_until or '')}" if one.wished_from else "has deleted"
    return (
        f"{when}  {one.name} ({one.clerk}) {wants}: {one.title} at {one.site}, {one.appointment}; it stands as it was"
    )


def _span(begins: str, ends: str) -> str:
    return f"{begins[:10]} {begins[11:16]}-{ends[11:16]}"
