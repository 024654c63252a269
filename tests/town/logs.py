"""Five logs for tests of what is read from them, and short words to write into them."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, insert

from deploy.guarantees import Finding, check
from deploy.verify.log import READ
from shared.tables import events

DAY = "2026-11-24"


class Logs:
    """Empty at first; in a folder, or in empty databases of the given pattern."""

    def __init__(self, where: Path | str) -> None:
        self.pattern = where if isinstance(where, str) else f"sqlite:///{where}/{{service}}.db"
        self.versions: Counter[tuple[str, str]] = Counter()
        self.connections = {service: self._empty(service) for service in READ}

    def _empty(self, service: str) -> Connection:
        connection = create_engine(self.pattern.format(service=service)).connect()
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA synchronous=OFF")
        events.create(connection)
        connection.commit()
        return connection

    def say(self, service: str, stream: str, type_: str, **data: Any) -> None:
        row = {"stream": stream, "version": self.versions[service, stream], "type": type_, "schema_version": 1}
        row |= {"data": json.dumps(data), "meta": "{}", "recorded_at": "2026-11-22T09:00:00+00:00"}
        self.versions[service, stream] += 1
        self.connections[service].execute(insert(events), row)
        self.connections[service].commit()

    def booking(self, appointment: str, kind: str, attempt: int = 1, stops: int = 1) -> None:
        plan = {"stops": [{"stop": n + 1} for n in range(stops)]}
        self.say("booking", f"appointment-{appointment}", kind, appointment=appointment, attempt=attempt, plan=plan)

    def hold(
        self, appointment: str, attempt: int = 1, stop: int = 1, start: str = "09:00", until: str = "09:15",
        room: str = "r-101", clerk: str = "c-17", what: str = "Taken", only: str = "",
    ) -> None:  # fmt: skip
        about = {"appointment": appointment, "attempt": attempt, "stop": stop, "date": DAY}
        about |= {"starts_at": f"{DAY}T{start}:00+01:00", "blocked_until": f"{DAY}T{until}:00+01:00"}
        if only in {"", "rooms"}:
            self.say("rooms", f"room-{room}-{DAY}", f"Room{what}", room=room, **about)
        if only in {"", "staff_calendar"}:
            self.say("staff_calendar", f"clerk-{clerk}-{DAY}", f"Clerk{what}", clerk=clerk, **about)

    def entrance(self, appointment: str, kind: str, attempt: int = 1) -> None:
        self.say("visitor_access", f"visit-{appointment}", kind, appointment=appointment, attempt=attempt)

    def mail(self, appointment: str, kind: str = "confirmation", attempt: int = 1) -> None:
        self.say(
            "notifications", f"letter-{appointment}", "MessageSent", appointment=appointment, attempt=attempt, kind=kind
        )

    def confirmed(self, appointment: str, **place: Any) -> None:
        """A sound visit."""
        self.booking(appointment, "AppointmentRequested")
        self.hold(appointment, **place)
        self.entrance(appointment, "GuestAnnounced")
        self.booking(appointment, "AppointmentConfirmed")
        self.entrance(appointment, "GuestRegistered")
        self.mail(appointment)

    def close(self) -> None:
        for connection in self.connections.values():
            connection.close()
            connection.engine.dispose()

    def found(self) -> list[Finding]:
        return check(self.pattern)
