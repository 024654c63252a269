"""The process that keeps all calendars in step: python -m deploy.run calendars

Without eventlet: the package caldav and its threads want real sockets. It writes into staff_calendar's log beside the
service's own process, which is safe (docs/architecture.md).
"""

import signal

import structlog
from sqlalchemy.exc import DBAPIError

from services.staff_calendar.calendars import settings as own
from services.staff_calendar.calendars.rounds import Rounds
from shared import config, metrics
from shared.alone import AlreadyRunning, only_one
from shared.app import App
from shared.database import is_away, why

ROLE = "calendars"
PAUSE = 0.5
"""Seconds before the lock is asked for again."""
log = structlog.get_logger()


def run(app: App) -> None:
    """Until SIGTERM. Waits while another such process runs, also after its lock was lost with the database."""
    settings = own.load()
    rounds = Rounds(app, settings)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: rounds.stopping.set())
    address = settings.metrics_address
    metrics.expose(config.beside(app.settings.metrics_address) if address is None else address)
    while not rounds.stopping.is_set():
        try:
            with only_one(app.engine, app.settings, ROLE, wait=True) as held:
                log.info("calendars_ready", poll=settings.poll)
                rounds.run(held.check)
        except (DBAPIError, AlreadyRunning) as error:
            if isinstance(error, DBAPIError) and not is_away(error):
                raise
            log.warning("calendars_interrupted", reason=why(error))
            app.engine.dispose()
            rounds.stopping.wait(PAUSE)
    rounds.close()
