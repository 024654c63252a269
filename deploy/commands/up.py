"""`foyer up`: start what does not run yet, and return when everything is ready."""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from deploy.broker import check_broker
from deploy.ensemble import health
from deploy.home import HTTP_DEFAULTS, CannotDo, Home, Interrupted, called, own_settings
from deploy.operations.streams import never_heard
from deploy.orphans import end_orphans
from deploy.parts import SERVICES
from deploy.run import run_migrations
from deploy.servers.mail import MailSink
from deploy.servers.ports import free_port, port_is_free
from deploy.servers.rabbitmq import RabbitMQ, rabbitmq_is_installed
from deploy.supervision import BROKER, MAIL_SINK, Program, Supervisor, last_lines, programs
from deploy.town.facts import GUETERSLOH
from shared import config
from shared.refusal import REFUSES

READY_SECONDS = 120
REFUSED_SECONDS = 10
_GAVE_UP = ("FATAL", "EXITED", "STOPPED", "UNKNOWN")


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to run, and with which settings."""

    settings: Mapping[str, str]
    programs: tuple[Program, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(program.name for program in self.programs)


def up() -> None:
    """Start the ensemble: broker, mail sink, five services and their publishers. What runs already is left alone."""
    try:
        _up(Console())
    except KeyboardInterrupt:
        foyer = called()
        raise Interrupted(
            f"Interrupted. What was started goes on: `{foyer} up` starts the rest, `{foyer} down` stops it."
        ) from None


def _up(console: Console) -> None:
    home = Home.here()
    supervisor = Supervisor(home)
    running = supervisor.running()
    if not running:
        with console.status("Waiting for the end of what ran here before"):
            end_orphans(home)
    plan = plan_for(home, running)
    with Progress(SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), console=console) as progress:
        _start(home, supervisor, plan, running, progress)
    print_addresses(console, plan.settings)
    print_unheard(console)


def print_unheard(console: Console) -> None:
    """Name the sources that a service hears since this version only. What they said before may lead to letters about
    visits long past, so a person must want it.
    """
    for listener in SERVICES:
        for source in never_heard(listener):
            console.print(
                f"{listener} has begun to hear {source}, and waits for what it said before: look what "
                f"`foyer replay {source} --to {listener} --dry-run` says, and do it.",
                style="yellow",
                highlight=False,
                soft_wrap=True,
            )


def plan_for(home: Home, running: bool) -> Plan:
    """Decide on ports and settings; those of the last time, as far as they are free. Raises CannotDo, or EnvError."""
    days = config.load(config.EVERY).retention_days  # what services would refuse is told first; drops what is empty
    said = own_settings()
    before = home.saved()
    if running:
        changed = [n for n, v in said.items() if n != "FOYER_HOME" and before.get(n, v) != v]
        if changed:
            raise CannotDo(f"Foyer runs here with another {', '.join(sorted(changed))}: `foyer down` first.")
        settings = {**said, **before}
    else:
        settings = {**HTTP_DEFAULTS, "FOYER_LOG_FORMAT": "json", "FOYER_SITES": str(GUETERSLOH / "sites.json"), **said}
    settings["FOYER_HOME"] = str(home.root)
    broker_port = mail_ports = None
    if "FOYER_AMQP_URL" not in said:
        if not rabbitmq_is_installed():
            raise CannotDo(
                "RabbitMQ is not installed here: run `apt-get install rabbitmq-server` as root, "
                "or set FOYER_AMQP_URL to a broker that you have."
            )
        broker_port = _port(before, "BROKER_PORT", running)
        settings["FOYER_AMQP_URL"] = RabbitMQ(home.root / "broker", broker_port).url
        settings["BROKER_PORT"] = str(broker_port)
    if "FOYER_SMTP_URL" not in said:
        mail_ports = _port(before, "MAIL_PORT", running), _port(before, "MAIL_PAGE_PORT", running)
        sink = MailSink(home.root / "mail", *mail_ports)
        settings |= {"FOYER_SMTP_URL": sink.url, "MAIL_PORT": str(sink.port), "MAIL_PAGE_PORT": str(sink.http_port)}
    mail_days = max(days, 1)  # or nobody could read them
    return Plan(settings, tuple(programs(home, broker_port, mail_ports, mail_days)))


def _port(before: Mapping[str, str], name: str, running: bool) -> int:
    known = int(before.get(name, 0))
    return known if known and (running or port_is_free(known)) else free_port()


def _start(home: Home, supervisor: Supervisor, plan: Plan, running: bool, progress: Progress) -> None:
    if not running:
        check_ports(plan.settings)
        if BROKER not in plan.names:
            check_existing_broker(plan.settings["FOYER_AMQP_URL"])
        home.make()
        home.save(plan.settings)
        supervisor.start(plan.programs, plan.settings)
    os.environ.update({name: value for name, value in plan.settings.items() if name.startswith("FOYER_")})
    for name in (BROKER, MAIL_SINK):
        if name in plan.names:
            supervisor.start_program(name)
    with _step(progress, "broker"):
        if BROKER in plan.names:
            _wait(home, supervisor, BROKER, lambda: not check_broker(plan.settings["FOYER_AMQP_URL"]))
        else:
            check_existing_broker(plan.settings["FOYER_AMQP_URL"])
    with _step(progress, "databases"):
        _migrate()
    for name in plan.names:
        supervisor.start_program(name)
    for service in SERVICES:
        with _step(progress, service.replace("_", " ")):
            wait_for_service(home, supervisor, service, plan.settings)


def wait_for_service(home: Home, supervisor: Supervisor, service: str, settings: Mapping[str, str]) -> None:
    """Return when it is ready. Raises CannotDo as soon as the broker has refused it for REFUSED_SECONDS without break,
    for time alone changes no permissions; and else as `_wait` does.
    """
    url = f"http://{settings[f'FOYER_HTTP_{service.upper()}']}"
    not_refused = time.monotonic()

    def ready() -> bool:
        nonlocal not_refused
        said = health(url)
        refused = [problem for problem in said["problems"] if problem.startswith(REFUSES)]
        if not refused:
            not_refused = time.monotonic()
        elif time.monotonic() - not_refused > REFUSED_SECONDS:
            raise CannotDo(f"{service} does not come up: {refused[0]}.")
        return bool(said["ready"])

    _wait(home, supervisor, service, ready, url)


class _step:
    """A line of the display: running, then done."""

    def __init__(self, progress: Progress, name: str) -> None:
        self._progress = progress
        self._task = progress.add_task(name, total=1)

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if kind is None:
            self._progress.update(self._task, completed=1)


def _migrate() -> None:
    try:
        run_migrations()
    except Exception as error:
        raise CannotDo(f"The databases can't be prepared: {str(error).splitlines()[0]}") from error


def _wait(home: Home, supervisor: Supervisor, name: str, ready: Callable[[], object], url: str | None = None) -> None:
    """Return when `ready()`. Raises CannotDo, with the end of the log, when the program gives up or takes long."""
    deadline = time.monotonic() + READY_SECONDS
    while not ready():
        state = supervisor.state(name)["statename"]
        if state in _GAVE_UP or time.monotonic() > deadline:
            reasons = "; ".join(health(url)["problems"]) if url else state.lower()
            raise CannotDo(f"{name} does not come up ({reasons}). Its log ends so:\n{last_lines(home, name)}")
        time.sleep(0.1)


def check_ports(settings: Mapping[str, str]) -> None:
    """Raise CannotDo where the address of a service is taken or is none."""
    for service in SERVICES:
        name = f"FOYER_HTTP_{service.upper()}"
        host, _, port = settings[name].rpartition(":")
        if not (port.isdecimal() and 0 < int(port) < config.LAST_PORT):
            raise CannotDo(f"{name} must be host:port, not {settings[name]!r}.")
        if not port_is_free(int(port), host):
            raise CannotDo(f"Port {port} on {host} is taken by another program: set {name} to another host:port.")


def check_existing_broker(url: str) -> None:
    """Raise CannotDo where nobody can log in at the broker that FOYER_AMQP_URL names."""
    if problem := check_broker(url):
        raise CannotDo(f"The broker of FOYER_AMQP_URL can't be used: {problem}.")


def print_addresses(console: Console, settings: Mapping[str, str]) -> None:
    """Where one can look, and how to stop."""
    for service in SERVICES:
        console.print(f"  http://{settings[f'FOYER_HTTP_{service.upper()}']}  {service.replace('_', ' ')}")
    if page := settings.get("MAIL_PAGE_PORT"):
        console.print(f"  http://127.0.0.1:{page}  mails")
    foyer = called()
    console.print(f"Foyer is up. `{foyer} status` shows how it is, `{foyer} down` stops it.", highlight=False)


if __name__ == "__main__":
    typer.run(up)
