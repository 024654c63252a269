"""The process that keeps all calendars in step: python -m deploy.run calendars

Without eventlet: the package caldav and its threads want real sockets. It writes into staff_calendar's log beside the
service's own process, which is safe (docs/architecture.md).
"""

import signal

import structlog

from services.staff_calendar.calendars import settings as own
from services.staff_calendar.calendars.rounds import Rounds
from shared import config, metrics
from shared.alone import only_one
from shared.app import App

ROLE = "calendars"
log = structlog.get_logger()


def run(app: App) -> None:
    """Until SIGTERM. Waits while another such process runs."""
    settings = own.load()
    rounds = Rounds(app, settings)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: rounds.stopping.set())
    address = settings.metrics_address
    metrics.expose(config.beside(app.settings.metrics_address) if address is None else address)
    with only_one(app.engine, app.settings, ROLE, wait=True):
        log.info("calendars_ready", poll=settings.poll)
        rounds.run()
