"""The log of staff_calendar and the states folded from it, without a database; for tests on random towns."""

from collections.abc import Sequence
from datetime import datetime

from services.staff_calendar import decider
from services.staff_calendar.commands import StaffCalendarCommand
from services.staff_calendar.events import (
    ClerkFreed,
    ClerkTaken,
    StaffCalendarEvent,
    StaffReleased,
    StaffReserved,
    StaffSubstituted,
    StaffWithdrawn,
    StopHeld,
)
from services.staff_calendar.reservation import Reservation


class House:
    """The log of a service and the states folded from it, without a database."""

    def __init__(self, events: Sequence[StaffCalendarEvent]) -> None:
        self.log: list[StaffCalendarEvent] = []
        self.states: dict[str, decider.State] = {}
        for event in events:
            self._append(event)

    def do(self, command: StaffCalendarCommand) -> Sequence[StaffCalendarEvent]:
        loaded: dict[str, decider.State] = {}
        while missing := decider.needs(command, loaded) - loaded.keys():
            loaded |= {stream: self.states.get(stream, decider.initial(stream)) for stream in missing}
        try:
            events = decider.decide(command, loaded)
        except decider.Refused:
            return ()
        assert {decider.stream_of(event) for event in events} <= loaded.keys()
        for event in events:
            self._append(event)
        return events

    def _append(self, event: StaffCalendarEvent) -> None:
        stream = decider.stream_of(event)
        self.states[stream] = decider.evolve(self.states.get(stream, decider.initial(stream)), event)
        self.log.append(event)

    def holding(self) -> dict[tuple[str, int, int, str], tuple[datetime, datetime]]:
        """Who holds what, by the clerks' days: (appointment, attempt, stop, clerk) to when."""
        found: dict[tuple[str, int, int, str], tuple[datetime, datetime]] = {}
        for event in self.log:
            match event:
                case ClerkTaken():
                    found[_key(event)] = (event.starts_at, event.blocked_until)
                case ClerkFreed():
                    del found[_key(event)]
        return found

    def said(self) -> dict[tuple[str, int, int, str], tuple[datetime, datetime]]:
        """The same by what was said about the appointments."""
        found: dict[tuple[str, int, int, str], tuple[datetime, datetime]] = {}
        for event in self.log:
            match event:
                case StaffReserved():
                    for stop in event.stops:
                        key = (event.appointment, event.attempt, stop.stop, stop.clerk)
                        found[key] = (stop.starts_at, stop.blocked_until)
                case StaffSubstituted():
                    new = event.held
                    del found[event.appointment, event.attempt, new.stop, event.previous]
                    key = (event.appointment, event.attempt, new.stop, new.clerk)
                    found[key] = (new.starts_at, new.blocked_until)
                case StaffReleased() | StaffWithdrawn():
                    for stop in event.stops:
                        del found[event.appointment, event.attempt, stop.stop, stop.clerk]
        return found

    def stops(self) -> list[tuple[str, int, StopHeld]]:
        """The same by the appointments themselves, in order: appointment, attempt, stop."""
        return sorted(
            (
                (stream.removeprefix("reservation-"), attempt, stop)
                for stream, state in self.states.items()
                if isinstance(state, Reservation)
                for attempt, stops in state.held.items()
                for stop in stops
            ),
            key=lambda one: (one[0], one[1], one[2].stop),
        )


def _key(event: ClerkTaken | ClerkFreed) -> tuple[str, int, int, str]:
    return event.appointment, event.attempt, event.stop, event.clerk
