"""The five services in one process on databases of their own, and a broker that the test plays.

    line = Line(home, database_url)         # five fresh databases with tables; `{service}` in the URL
    furnish(line, town())
    line.request("key", [ID_CARD], at("09:00"))
    line.settle()                           # everything delivered once, in order, until all is quiet

`carry` does what the publishers do, `deliver` what the consumers do. In between, a test may shuffle, repeat, lose a
process (`restart`) or let a commit go wrong (`commit_goes_wrong`).
"""

import base64
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

from marshmallow import Schema
from sqlalchemy import Connection, Row, bindparam, event, select, update
from sqlalchemy.exc import OperationalError

from deploy.parts import SERVICES, definition
from deploy.town.facts import Town
from services.booking.appointment import Appointment
from services.booking.commands import CancelAppointment, SetCatalogue
from services.booking.http import CatalogueBody
from services.booking.service import Booking
from services.booking.tokens import Offer, OfferedStop
from services.notifications.commands import RecordSent
from services.notifications.decider import WAITING
from services.notifications.projections import messages
from services.rooms.contracts import RoomBody
from services.rooms.service import definition as room_definition
from services.staff_calendar.service import define_clerk, set_quotas
from services.staff_calendar.web.bodies import ClerkBody, QuotasBody
from services.visitor_access.service import end_days
from shared import sequencer, topology
from shared.app import App, Delivery
from shared.config import KEY_BYTES, Settings
from shared.database import writing
from shared.messages import CONTENT_TYPE, KEY_CONTENT_TYPE, Cause, numbered
from shared.tables import held, subject_keys

SUNDAY = datetime(2026, 11, 22, 12, tzinfo=UTC)
ZONE = "Europe/Berlin"
CAUSE = Cause("c", "d")
_SENT = update(subject_keys).where(subject_keys.c.subject == bindparam("b_subject")).values(sent=True)


class Killed(BaseException):
    """The process ends here, as by `kill -9`: nothing of ours may catch it."""


class Line:
    """Five Apps and what the broker holds for each of them. `now` is everybody's clock."""

    def __init__(self, home: Path, database_url: str, now: datetime = SUNDAY) -> None:
        self._home, self.database_url = home, database_url
        self.now = now
        self.queues: dict[str, list[Delivery]] = {service: [] for service in SERVICES}
        self.apps: dict[str, App] = {}
        for service in SERVICES:
            self.start(service)

    # ---------------------------------------------------------------------------------------------------- processes

    def start(self, service: str) -> None:
        """A new process of a service on its database."""
        make = Booking if service == "booking" else App
        app = make(definition(service), settings(self._home, self.database_url, service), clock=lambda: self.now)
        if app.engine.dialect.name == "sqlite":
            # Processes are lost here, never the machine.
            event.listen(app.engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
        app.started()
        self.apps[service] = app

    def restart(self, service: str) -> None:
        """The process is gone with all that it had in memory, and another one takes its place."""
        self.apps[service].engine.dispose()
        self.start(service)

    def close(self) -> None:
        """Let go of the databases."""
        for app in self.apps.values():
            app.engine.dispose()

    @property
    def booking(self) -> Booking:
        """Booking, with its read side."""
        app = self.apps["booking"]
        assert isinstance(app, Booking)
        return app

    # ------------------------------------------------------------------------------------------------------- broker

    def carry(self, *services: str) -> None:
        """Number what these services (or all) have committed, and give it to the queues of those who listen."""
        for service in services or SERVICES:
            app = self.apps[service]
            with writing(app.engine) as connection:
                rows = sequencer.number(connection, 100_000)
                if rows:
                    sequencer.move_cursor(connection, rows[-1].position)
                keys = sequencer.unsent_keys(connection, 100_000) if app.definition.shares_keys else ()
                if keys:
                    connection.execute(_SENT, [{"b_subject": key.subject} for key in keys])
            for key in keys:
                body = app.vault.outgoing(key.subject, key.wrapped)
                self._publish(topology.key_exchange(service), Delivery(KEY_CONTENT_TYPE, body))
            for row in rows:
                if row.said is not None:
                    said = Delivery(CONTENT_TYPE, numbered(row.message, row.position))
                    self._publish(topology.exchange(service), said)

    def _publish(self, exchange: str, delivery: Delivery) -> None:
        for service, queue in self.queues.items():
            if exchange in {name for name, _ in topology.bindings(definition(service))}:
                queue.append(delivery)

    def deliver(self, service: str, deliveries: Sequence[Delivery]) -> None:
        """Let a service hear; whatever it raises comes through, and nothing counts as acknowledged then."""
        self.apps[service].hear(deliveries)

    def settle(self) -> None:
        """Everything once and in order, until nobody has anything to say any more."""
        while True:
            self.carry()
            if not any(self.queues.values()):
                return
            for service, queue in self.queues.items():
                if queue:
                    taken, queue[:] = list(queue), []
                    self.deliver(service, taken)

    # ------------------------------------------------------------------------------------------------------- guests

    def request(self, key: str, concerns: Sequence[str], starts_at: datetime, party_size: int = 1) -> str:
        """Ask for an appointment under an idempotency key; returns its id. Raises Problem and Refused."""
        body = {
            "proposal": self.proposal(concerns, starts_at, party_size),
            "guest": {"name": f"Guest {key}", "email": f"{key}@example.org", "phone": ""},
            "party_size": party_size,
            "language": "de",
        }
        what = f"{concerns} {starts_at} {party_size}".encode()
        return str(self.booking.request(body, key, what, CAUSE)["appointment"])

    def move(self, appointment: str, starts_at: datetime) -> None:
        """Ask for another time for the same concerns. Raises Problem and Refused."""
        plan = self.life(appointment).plan
        assert plan is not None
        concerns = [stop.concern for stop in plan.stops]
        self.booking.move(appointment, self.proposal(concerns, starts_at, plan.party_size), CAUSE)

    def cancel(self, appointment: str) -> None:
        """Raises Refused."""
        self.booking.handle(CancelAppointment(str(uuid4()), self.now, appointment, "guest"), cause=CAUSE)

    def proposal(self, concerns: Sequence[str], starts_at: datetime, party_size: int) -> str:
        """A proposal's id for these concerns, one after the other, whatever is free."""
        stops = []
        for key in concerns:
            concern = self.booking.reads.catalogue.concerns[key]
            minutes = concern.minutes + concern.extra_minutes_per_person * (party_size - 1)
            stops.append(OfferedStop(key, starts_at, minutes, concern.buffer_minutes, "r-1", "c-1", None))
            starts_at += timedelta(minutes=minutes + concern.buffer_minutes)
        return self.booking.reads.tokens.proposal(Offer("rathaus", party_size, False, tuple(stops)))

    def life(self, appointment: str) -> Appointment:
        """An appointment as booking's log has it."""
        return self.booking.life(appointment)

    def post_letters(self) -> None:
        """The mail server takes everything that is due."""
        with self.apps["notifications"].read() as connection:
            due = connection.execute(select(messages).where(messages.c.status.in_(WAITING))).all()
        for row in due:
            self.apps["notifications"].handle(RecordSent(str(uuid4()), self.now, row.appointment, row.id), cause=CAUSE)

    def pass_time(self, time: timedelta) -> None:
        """Let time pass, and the timers that watch it run once."""
        self.now += time
        self.booking.expire_holds()
        self.booking.forget_guests()
        end_days(self.apps["visitor_access"])

    # -------------------------------------------------------------------------------------------------- what is stored

    def rows(self, service: str, query: Any) -> list[Row[Any]]:
        """What a query finds in a service's database."""
        with self.apps[service].read() as connection:
            return list(connection.execute(query).all())

    def kept_aside(self) -> list[tuple[str, ...]]:
        """What any service holds back or has parked."""
        query = select(held.c.source, held.c.stream, held.c.type, held.c.reason, held.c.error)
        return [(service, *map(str, row)) for service in SERVICES for row in self.rows(service, query)]


def settings(home: Path, database_url: str, service: str) -> Settings:
    """The settings of one process; keys are the same at every start."""
    home.joinpath("run").mkdir(parents=True, exist_ok=True)
    return Settings(
        service=service,
        amqp_url="",
        database_url=database_url.replace("{service}", service),
        http_address="127.0.0.1:0",
        smtp_url="",
        timezone=ZONE,
        land="",
        public_url="",
        home=home,
        log_level="ERROR",
        log_format="json",
        batch=200,
        prefetch=500,
        master_key=service.encode().ljust(KEY_BYTES, b"m")[:KEY_BYTES],
        transport_key=b"t" * KEY_BYTES,
        secret=base64.b64encode(b"secret").ljust(KEY_BYTES, b"s"),
    )


def furnish(line: Line, town: Town) -> None:
    """Give the line its town, as the calls would, and let everybody hear of it."""
    caller = SimpleNamespace(cause=CAUSE)
    concerns = _loaded(CatalogueBody(), {"concerns": town.concerns})["concerns"]
    line.booking.handle(SetCatalogue("catalogue", line.now, tuple(concerns)), cause=CAUSE)
    rooms, staff = line.apps["rooms"], line.apps["staff_calendar"]
    for room, body in town.rooms.items():
        rooms.handle(room_definition(rooms, _loaded(RoomBody(), body) | {"room": room}), cause=CAUSE)
    for clerk, body in town.clerks.items():
        define_clerk(staff, caller, clerk, _loaded(ClerkBody(), body))
        set_quotas(staff, caller, clerk, _loaded(QuotasBody(), town.quotas[clerk]))
    line.settle()


def _loaded(schema: Schema, body: Mapping[str, Any]) -> dict[str, Any]:
    loaded: dict[str, Any] = schema.load(body)
    return loaded


# ------------------------------------------------------------------------------------------------------ what goes wrong


@dataclass(frozen=True, slots=True)
class Wrong:
    """What happens when a commit is due: whether it is carried out, and what our process sees then."""

    name: str
    committed: bool
    sees: Callable[[], BaseException]
    dies: bool = False


def _connection_lost() -> OperationalError:
    return OperationalError("COMMIT", None, Exception("the connection is gone"), connection_invalidated=True)


WRONG = (
    Wrong("killed before the commit", committed=False, sees=Killed, dies=True),
    Wrong("killed after the commit", committed=True, sees=Killed, dies=True),
    Wrong("the commit fails", committed=False, sees=_connection_lost),
    Wrong("the commit's answer is lost", committed=True, sees=_connection_lost),
    Wrong("the database refuses the commit", committed=False, sees=lambda: RuntimeError("refused")),
)


@contextmanager
def commit_goes_wrong(app: App, wrong: Wrong) -> Iterator[None]:
    """Within the block, the first commit of that process goes wrong so; the later ones are carried out."""
    left = [wrong]

    def strike(connection: Connection) -> None:
        if left:
            left.pop()
            if wrong.committed:
                connection.connection.commit()
            raise wrong.sees()

    event.listen(app.engine, "commit", strike)
    try:
        yield
    finally:
        event.remove(app.engine, "commit", strike)
