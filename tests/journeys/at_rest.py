"""What must be true of a line at rest, whatever happened on the way there."""

from typing import Any

from sqlalchemy import func, select

from deploy.guarantees import check
from deploy.parts import SERVICES
from services.booking.projections import holds
from services.notifications.projections import messages
from services.rooms import projections as rooms
from services.rooms.allocation import place
from services.rooms.day import ticks
from services.staff_calendar import projections as staff
from services.visitor_access.projections import visits
from shared.tables import events, gates
from tests.line import Line

DECIDED = {"confirmed", "declined", "expired", "cancelled"}
Held = set[tuple[str, int, int, str]]  # appointment, attempt, stop, room or clerk


def assert_at_rest(line: Line, appointments: list[str]) -> None:
    """All seven guarantees, as far as the databases show them."""
    assert line.kept_aside() == []
    assert list(map(str, check(line.database_url))) == []
    assert_everything_was_heard(line)
    assert {line.life(appointment).status for appointment in appointments} <= DECIDED
    for service in ("rooms", "staff_calendar"):
        assert taken(line, service) == sorted(folded(line, service))
    assert_held_only_by_the_confirmed(line, appointments)


def assert_everything_was_heard(line: Line) -> None:
    """The gate of every stream stands at its last message, with everybody who listens."""
    for listener in SERVICES:
        for source in line.apps[listener].definition.hears:
            said = select(events.c.stream, func.max(events.c.sequence)).where(events.c.said.is_not(None))
            last = dict(map(tuple, line.rows(source, said.group_by(events.c.stream))))
            passed = select(gates.c.stream, gates.c.sequence).where(gates.c.source == source)
            assert dict(map(tuple, line.rows(listener, passed))) == last


def assert_held_only_by_the_confirmed(line: Line, appointments: list[str]) -> None:
    """What the owners show as held is what booking believes to be held, and belongs to confirmed visits."""
    believed: dict[str, Held] = {"room": set(), "clerk": set()}
    for row in line.rows("booking", select(holds).where(holds.c.freed_at.is_(None))):
        name, _, _lane = row.resource.partition("/")
        believed[row.kind].add((row.appointment, row.attempt, row.stop, name))
    assert held(line) == believed
    confirmed = {one for one in appointments if line.life(one).status == "confirmed"}
    assert {one[0] for one in believed["room"]} == {one[0] for one in believed["clerk"]} == confirmed


def assert_the_index_is_true(line: Line) -> None:
    """Booking's index in memory is what a new process would load (which leaves out the days gone by)."""
    kept = {name: set(held) for name, held in line.booking.reads.index.holds.items()}
    catalogue = line.booking.reads.catalogue
    line.restart("booking")
    assert {name: set(held) for name, held in line.booking.reads.index.holds.items()} == kept
    assert line.booking.reads.catalogue == catalogue


def held(line: Line) -> dict[str, Held]:
    """What rooms and staff_calendar show as reserved."""
    r, c = rooms.reservations.c, staff.reservations.c
    return {
        "room": {tuple(row) for row in line.rows("rooms", select(r.appointment, r.attempt, r.stop, r.room))},
        "clerk": {tuple(row) for row in line.rows("staff_calendar", select(c.appointment, c.attempt, c.stop, c.clerk))},
    }


def taken(line: Line, service: str) -> list[tuple[str, int]]:
    """The ticks that the last guard knows as taken."""
    table = (rooms if service == "rooms" else staff).taken
    return sorted(tuple(row) for row in line.rows(service, select(table.c.resource, table.c.tick)))


def folded(line: Line, service: str) -> set[tuple[str, int]]:
    """The same, folded from the log."""
    codec, now = line.apps[service].codec, set[tuple[str, int]]()
    kinds = ("RoomTaken", "RoomFreed", "ClerkTaken", "ClerkFreed")
    for row in line.rows(service, select(events).where(events.c.type.in_(kinds)).order_by(events.c.id)):
        event: Any = codec.load(row.type, row.schema_version, row.data)
        resource = event.clerk if service == "staff_calendar" else place(event.room, event.lane)
        touched = {(resource, tick) for tick in ticks(event.starts_at, event.blocked_until)}
        if row.type.endswith("Taken"):
            assert not now & touched
            now |= touched
        else:
            assert touched <= now
            now -= touched
    return now


def end_state(line: Line, appointments: list[str]) -> dict[str, Any]:
    """What a guest, a clerk and the entrance can see; equal for two lines on which the same came about."""
    lives = [line.life(appointment) for appointment in appointments]
    listed = line.rows("visitor_access", select(visits.c.appointment, visits.c.status, visits.c.starts_at))
    letters = line.rows("notifications", select(messages.c.id, messages.c.status))
    return {
        "appointments": [(one.status, one.attempts, one.plan and one.plan.starts_at, one.because) for one in lives],
        "held": held(line),
        "access list": sorted(map(tuple, listed)),
        "letters": sorted(map(tuple, letters)),
    }
