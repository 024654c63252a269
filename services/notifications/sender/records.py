"""What became of messages, kept until the log has it: what was accepted is never sent again by a living process."""

import structlog

from services.notifications.commands import RecordFailure, RecordSent
from services.notifications.sender.claim import Record
from shared.app import App
from shared.messages import Cause
from shared.writer import Unavailable

Outcome = RecordSent | RecordFailure
log = structlog.get_logger()


class Records:
    """The outcomes on their way into the log. Used by one thread at a time."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._open: dict[str, tuple[Outcome, Cause]] = {}

    def __contains__(self, message: str) -> bool:
        return message in self._open

    def add(self, outcome: Outcome, cause: Cause) -> None:
        """Take an outcome; it is in the log after the next `write` that succeeds."""
        self._open[outcome.message] = (outcome, cause)

    def write(self) -> None:
        """Bring all that is open into the log; what can't be written now stays open for the next time."""
        if not self._open or self._written(*self._open):
            return
        for message in list(self._open):  # one bad record must not hold up the others
            self._written(message)

    def _written(self, *names: str) -> bool:
        try:
            self._app.writer.submit(Record(tuple(self._open[message] for message in names)))
        except Unavailable:
            log.warning("outcomes_wait_for_database", messages=len(names))
        except Exception as error:
            log.error("outcomes_not_recorded", messages=len(names), error=type(error).__name__)
        else:
            for message in names:
                del self._open[message]
            return True
        return False
