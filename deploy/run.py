"""One process of the ensemble in the foreground, until SIGTERM; `USAGE` says which there are."""

import logging
import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

from deploy.quiet import hush

COMMAND = (sys.executable, "-OO", "-m", "deploy.run")
"""What starts one; without docstrings each of the eleven takes 5 MB less."""
USAGE = """python -m deploy.run service NAME      the nameko service
python -m deploy.run publisher NAME    what carries its log to the broker
python -m deploy.run calendars         what keeps the clerks' own calendars in step
python -m deploy.run migrate [NAME]    bring its database (all of them) to the newest schema
python -m deploy.run broker FOLDER PORT    a private RabbitMQ node that keeps what it stores in FOLDER"""
MISUSED = 2
# Guests wait in a worker until their order is committed: many at once make big commits.
MAX_WORKERS = 100
# Who may wait when the machine is full: a letter some moments later hurts nobody, a confirmation does.
NICENESS = {"notifications": 10, "calendars": 10}


def main(arguments: list[str]) -> int:
    """Run what the arguments say; the exit status."""
    hush()
    match arguments:
        case ["service", name]:
            run_service(name)
        case ["publisher", name]:
            run_publisher(name)
        case ["calendars"]:
            run_calendars()
        case ["migrate"]:
            run_migrations()
        case ["migrate", name]:
            run_migrations(name)
        case ["broker", folder, port]:
            run_broker(Path(folder), int(port))
        case _:
            print(USAGE, file=sys.stderr)
            return MISUSED
    return 0


def run_service(name: str) -> None:
    """Serve until SIGTERM; what is under way is finished first."""
    _give_way(NICENESS.get(name, 0))
    make_green()
    import eventlet
    from nameko.constants import WEB_SERVER_CONFIG_KEY
    from nameko.runners import ServiceRunner

    from deploy.parts import place, service_class
    from shared import config

    settings = config.load(name, place(name).http_default)
    runner = ServiceRunner({WEB_SERVER_CONFIG_KEY: settings.http_address, "max_workers": MAX_WORKERS})
    runner.add_service(service_class(name))

    def stop(*_: object) -> None:
        # A signal may arrive in eventlet's own loop, which must not wait: another green thread does it.
        eventlet.spawn_n(runner.stop)

    # Until it has started nothing is under way, and it may wait for its database: then a signal just ends it.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    runner.start()
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    runner.wait()


def _give_way(niceness: int) -> None:
    """To the other processes, when there is more to do than the machine can."""
    os.nice(niceness)
    if niceness and os.getsid(0) == os.getpid():
        # Linux shares its time out among sessions first, by a niceness of theirs (sched(7), autogroup); without
        # autogroups there is no such file.
        with suppress(OSError):
            Path("/proc/self/autogroup").write_text(str(niceness), encoding="ascii")


def make_green() -> None:
    """Before any other import: sockets, locks and psycopg2 wait in turns from here on."""
    # eventlet's own resolver costs 20 MB; we look up a handful of names, at the start.
    os.environ.setdefault("EVENTLET_NO_GREENDNS", "yes")
    _without("rich", "yaml", "pytz")
    import eventlet

    eventlet.monkey_patch(**_without_psycopg2())


def _without_psycopg2() -> dict[str, bool]:
    """On SQLite the driver of PostgreSQL would only take 5 MB."""
    url = os.environ.get("FOYER_DATABASE_URL") or "sqlite"
    return {"psycopg": False} if url.startswith("sqlite") else {}


def run_publisher(name: str) -> None:
    """Publish until SIGTERM. Without eventlet: pika has a loop of its own."""
    _give_way(NICENESS.get(name, 0))
    # Only the places are loaded, not the services: that keeps a publisher small.
    _without("rich")
    from deploy.parts import SERVICES, place
    from shared import archive, config, logs, publisher

    settings = config.load(name, place(name).http_default)
    logs.configure(settings)
    # pika logs every failed try with its whole stack; the publisher says it in one line.
    logging.getLogger("pika").setLevel(logging.CRITICAL)
    with archive.keeping(place(name), settings) as numbered:
        publisher.run(place(name), [place(service) for service in SERVICES], settings, numbered)


def run_calendars() -> None:
    """Keep calendars in step until SIGTERM. Without eventlet, and after everything that guests wait for."""
    _give_way(NICENESS["calendars"])
    _without("rich")
    from deploy.parts import definition, place
    from services.staff_calendar.calendars import process
    from shared import config, logs
    from shared.app import App

    settings = config.load("staff_calendar", place("staff_calendar").http_default)
    logs.configure(settings)
    process.run(App(definition("staff_calendar"), settings))


def _without(*modules: str) -> None:
    """Not to be loaded. structlog would use rich to colour tracebacks, kombu yaml for messages that nobody sends, babel
    pytz for what Python can do itself: 5 MB, 1 MB and half a MB that a service has no use for.
    """
    sys.modules.update(dict.fromkeys(modules))  # type: ignore[arg-type]


def run_migrations(*names: str) -> None:
    """Bring the databases of these services, or of all, to the newest schema."""
    from deploy.parts import SERVICES, definition
    from shared import config
    from shared.migrate import migrate

    if not names:
        config.load(config.EVERY)  # refuses a URL that all of them would share
    for name in names or SERVICES:
        migrate(definition(name), config.load(name))


def run_broker(folder: Path, port: int) -> None:
    """A private broker until SIGTERM; ends with an error when the node does."""
    from deploy.servers import RabbitMQ, ServerFailed, port_is_free, wait_until

    ended: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _frame: ended.append(number))
    # A predecessor that was killed leaves a node behind that is just shutting down.
    wait_until(lambda: port_is_free(port), 60, f"port {port} is free again")
    node = RabbitMQ(folder, port)
    node.start()
    while node.process.running and not ended:
        time.sleep(0.5)
    node.stop()
    if not ended:
        raise ServerFailed(f"the broker ended by itself\n{node.process.last_lines()}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
