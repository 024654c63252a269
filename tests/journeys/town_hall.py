"""The whole ensemble as real processes, its small town loaded over HTTP, and what a guest does with it."""

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
import requests
from sqlalchemy import NullPool, Row, create_engine, text

from deploy.ensemble import Ensemble, wait_until
from deploy.guarantees import NoLog, check
from deploy.parts import SERVICES
from deploy.servers import MailSink, PostgreSQL, RabbitMQ
from deploy.town.calls import Calls
from deploy.town.furnish import furnish, wait_until_offered
from tests.journeys.town import town
from tests.nursery import Nursery

LONG = 120.0
"""Seconds after which something that was to happen counts as not happening; nothing here depends on speed."""
AWAKE = ("Europe/Berlin", "America/New_York")
OPEN = {"requested"}


@dataclass(frozen=True)
class Booked:
    """What the guest was told at the POST."""

    appointment: str
    token: str
    email: str


class TownHall:
    """Five services and five publishers with their town; `names` are all that guests have said of themselves."""

    def __init__(
        self,
        home: Path,
        *,
        amqp_url: str,
        database_url: str,
        sink: MailSink,
        nursery: Nursery,
        env: Mapping[str, str] | None = None,
    ) -> None:
        # A visit of today must be possible at any time at which the tests are run.
        self.zone = next(zone for zone in map(ZoneInfo, AWAKE) if datetime.now(zone).hour < 22)
        fixed = {"FOYER_LAND": "", "FOYER_TIMEZONE": self.zone.key}
        urls = {"amqp_url": amqp_url, "database_url": database_url, "smtp_url": sink.url}
        self.ensemble = Ensemble(home, **urls, env=fixed | dict(env or {}), process=nursery.process)
        self.database_url, self.sink = database_url, sink
        addresses = {service: url.removeprefix("http://") for service, url in self.ensemble.urls.items()}
        self.calls = Calls(addresses, home)
        self.names: set[str] = set()
        self._read: set[str] = set()
        self._mails: dict[str, list[EmailMessage]] = {}
        # Without a pool: the server may have been killed since the last query.
        urls = {service: database_url.format(service=service) for service in SERVICES}
        self._engines = {service: create_engine(url, poolclass=NullPool) for service, url in urls.items()}

    def open(self) -> None:
        """Start everything, load the town, and wait until it can be booked."""
        self.ensemble.start()
        self.ensemble.wait_ready(LONG)
        furnish(self.calls, town(), lambda: None)
        wait_until_offered(self.calls, town(), self.today, LONG)

    def close(self) -> None:
        """End all processes, and the connections to their databases."""
        self.ensemble.stop()
        for engine in self._engines.values():
            engine.dispose()

    @property
    def today(self) -> date:
        """The town's date."""
        return datetime.now(self.zone).date()

    def day(self, days: int) -> date:
        """The date in so many days."""
        return self.today + timedelta(days=days)

    def restart(self, service: str, **env: str) -> None:
        """End a service and start it with these settings added; wait until it is ready."""
        process = self.ensemble.processes[service]
        process.stop()
        process.env = {**self.ensemble.env, **env}
        process.start()
        self.ensemble.wait_ready(LONG)

    # ------------------------------------------------------------------------------------------------------- guests

    def proposals(self, *concerns: str, days: int = 1, **query: Any) -> list[dict[str, Any]]:
        """What booking offers on the day in so many days, in order of time."""
        day = str(self.day(days))
        asked = {"concern": list(concerns), "from": day, "until": day, "limit": 50, **query}
        offered: list[dict[str, Any]] = self.calls.get("booking", "/api/proposals", asked)["proposals"]
        return sorted(offered, key=lambda proposal: str(proposal["starts_at"]))

    def body(self, proposal: Mapping[str, Any], name: str = "", party_size: int = 1, **more: Any) -> dict[str, Any]:
        """The body of a request by a guest whose name and address nobody else has."""
        mark = uuid4().hex[:12]
        name = name or f"Ada Größe-{mark}"
        guest = {"name": name, "email": f"guest.{mark}@example.org", "phone": f"05241 {mark}"}
        self.names |= set(guest.values())
        return {"proposal": proposal["id"], "guest": guest, "party_size": party_size, "language": "de", **more}

    def ask(self, body: Mapping[str, Any], key: str = "") -> requests.Response:
        """POST a request for an appointment."""
        return self.call(
            "POST", "booking", "/api/appointments", json=body, headers={"Idempotency-Key": key or uuid4().hex}
        )

    def book(self, proposal: Mapping[str, Any], **more: Any) -> Booked:
        """Take a proposal; it must be accepted."""
        body = self.body(proposal, **more)
        return self.as_booked(body, self.ask(body))

    def as_booked(self, body: Mapping[str, Any], answer: requests.Response) -> Booked:
        """What an accepted request was told."""
        assert answer.status_code == 202, answer.text
        said = answer.json()
        return Booked(said["appointment"], said["manage_token"], body["guest"]["email"])

    def confirmed(self, proposal: Mapping[str, Any], **more: Any) -> Booked:
        """Take a proposal and wait until it is confirmed."""
        booked = self.book(proposal, **more)
        assert self.decided(booked)["status"] == "confirmed"
        return booked

    def seen(self, booked: Booked) -> dict[str, Any]:
        """The appointment as its guest sees it."""
        visit: dict[str, Any] = self.calls.get("booking", f"/api/appointments/{booked.appointment}", token=booked.token)
        return visit

    def decided(self, booked: Booked) -> dict[str, Any]:
        """The same when it is no longer pending, nor being moved."""
        visit: dict[str, Any] = {"status": "requested", "move": None}

        def is_decided() -> bool:
            visit.update(self.seen(booked))
            return visit["status"] not in OPEN and visit["move"] is None

        self.wait(is_decided, "a decision")
        return visit

    def manage(self, booked: Booked, what: str, body: Mapping[str, Any] | None = None) -> requests.Response:
        """POST a cancellation or a move."""
        path = f"/api/appointments/{booked.appointment}/{what}"
        return self.call(
            "POST", "booking", path, json=dict(body or {}), headers={"Authorization": f"Bearer {booked.token}"}
        )

    def call(self, method: str, service: str, path: str, **how: Any) -> requests.Response:
        """One call, whatever the answer."""
        with requests.Session() as session:
            session.trust_env = False
            return session.request(method, self.ensemble.urls[service] + path, timeout=LONG, **how)

    def operate(self, method: str, service: str, path: str, **how: Any) -> requests.Response:
        """The same, as operations."""
        return self.call(method, service, path, headers={"Authorization": f"Bearer {self.calls.token}"}, **how)

    # --------------------------------------------------------------------------------------------------- the others

    def mails(self, booked: Booked) -> list[EmailMessage]:
        """What the guest got, oldest first."""
        for file in sorted((self.sink.folder / "new").glob("*.eml")):
            if file.name not in self._read:
                mail = message_from_bytes(file.read_bytes(), policy=policy.default)
                self._read.add(file.name)
                self._mails.setdefault(str(mail["to"]), []).append(mail)
        return self._mails.get(booked.email, [])

    def mail(self, booked: Booked, count: int = 1) -> EmailMessage:
        """The `count`-th mail to the guest, when it has come."""
        self.wait(lambda: len(self.mails(booked)) >= count, f"mail {count}")
        return self.mails(booked)[count - 1]

    def on_the_list(self, booked: Booked, day: date, removed: bool = False) -> dict[str, Any] | None:
        """The guest on the access list of that day."""
        query = {"date": str(day)} | ({"include": "removed"} if removed else {})
        guests = self.calls.get("visitor_access", "/api/access-list", query)["guests"]
        return next((guest for guest in guests if guest["appointment"] == booked.appointment), None)

    def held(self, day: date) -> set[tuple[str, str]]:
        """(appointment, room or clerk) of all that rooms and staff_calendar hold on that day."""
        found = set()
        for service, path, names in (("rooms", "rooms", town().rooms), ("staff_calendar", "staff", town().clerks)):
            for name in names:
                shown = self.calls.get(service, f"/api/{path}/{name}/days/{day}")
                found |= {(one["appointment"], name) for one in shown["reservations"]}
        return found

    def holders(self, booked: Booked, day: date) -> set[str]:
        """The rooms and clerks that are held for an appointment on that day."""
        return {name for appointment, name in self.held(day) if appointment == booked.appointment}

    def rows(self, service: str, query: str, **values: Any) -> Sequence[Row[Any]]:
        """What a query finds in a service's database."""
        with self._engines[service].connect() as connection:
            return connection.execute(text(query), values).all()

    def run(self, service: str, statement: str, **values: Any) -> None:
        """Change a service's database from outside."""
        with self._engines[service].begin() as connection:
            connection.execute(text(statement), values)

    def wait_at_rest(self) -> None:
        """Return when no guarantee is found broken any more. Raises AssertionError with the findings otherwise."""
        findings: list[str] = []

        def at_rest() -> bool:
            findings[:] = ["a log can't be read"]
            with suppress(NoLog):
                findings[:] = map(str, check(self.database_url))
            return not findings

        try:
            wait_until(at_rest, LONG, "rest", interval=0.5)
        except TimeoutError:
            raise AssertionError("\n".join(findings)) from None

    def wait(self, ready: Callable[[], object], what: str, interval: float = 0.05) -> None:
        """Return when `ready()`. Raises AssertionError with how the services are, after a long time."""
        try:
            wait_until(ready, LONG, what, interval)
        except TimeoutError as error:
            health = {service: self.ensemble.health(service) for service in SERVICES}
            raise AssertionError(f"{error}; {health}") from None

    def logs(self) -> dict[str, str]:
        """Everything that the ten processes have written, by process."""
        return {name: process.log.read_text(errors="replace") for name, process in self.ensemble.processes.items()}


@contextmanager
def a_town_hall(
    request: pytest.FixtureRequest,
    name: str,
    folder: Path,
    rabbitmq: RabbitMQ,
    permissions: Mapping[str, str] | None = None,
    **env: str,
) -> Iterator[TownHall]:
    """An open one of that name, on the kind of database that the fixture's parameter says.

    `permissions` are what it may do at the broker (configure, write, read), where that is not all.
    """
    home = folder / name
    home.mkdir()
    pattern, databases = f"sqlite:///{home}/{{service}}.db", dict[str, str]()
    migrated = request.getfixturevalue("migrated_databases")(request.param)
    if request.param == "postgresql":
        postgres: PostgreSQL = request.getfixturevalue("postgres")
        databases = {f"{name}_{service}": f"migrated_{service}" for service in SERVICES}
        for database, template in databases.items():
            postgres.create_database(database, template)
        pattern = postgres.url(f"{name}_{{service}}")
    else:
        for service in SERVICES:
            shutil.copy(migrated / f"{service}.db", home)
    with MailSink(home / "mail") as sink:
        nursery: Nursery = request.getfixturevalue("nursery")
        vhost = rabbitmq.add_vhost(name)
        if permissions is not None:
            vhost = rabbitmq.add_user(name, name, **permissions)
        hall = TownHall(home, amqp_url=vhost, database_url=pattern, sink=sink, nursery=nursery, env=env)
        try:
            hall.open()
            yield hall
        finally:
            hall.close()
            rabbitmq.start()
            rabbitmq.remove_vhost(name)
            for database in databases:
                postgres.start()
                postgres.drop_database(database)
