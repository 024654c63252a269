"""How a stop is written into and out of a clerk's day."""

from dataclasses import replace

from services.staff_calendar.events import ClerkFreed, ClerkTaken, StopHeld


def taken(appointment: str, attempt: int, stop: StopHeld) -> ClerkTaken:
    return ClerkTaken(
        stop.clerk,
        stop.date,
        appointment,
        attempt,
        stop.stop,
        stop.starts_at,
        stop.blocked_until,
        stop.ends_at,
        stop.blocked_from,
    )


def freed(appointment: str, attempt: int, stop: StopHeld) -> ClerkFreed:
    return ClerkFreed(
        stop.clerk,
        stop.date,
        appointment,
        attempt,
        stop.stop,
        stop.starts_at,
        stop.blocked_until,
        stop.blocked_from,
    )


def handed_to(stop: StopHeld, clerk: str, name: str) -> StopHeld:
    """The same stop, with another clerk."""
    return replace(stop, clerk=clerk, name=name)
