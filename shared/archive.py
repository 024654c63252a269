"""The archive: a RabbitMQ stream with a copy of every message, for readers outside the ensemble.

It is filled from the log, behind a cursor of its own, by a thread of each publisher's process. So nothing is missing
in it, whenever it was switched on; and nothing that happens to it holds up what the services say to each other. It is
not bound to the exchanges: `mandatory` would no longer notice that a listener's queue is gone.
"""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import structlog
from pika.channel import Channel
from sqlalchemy import Connection

from shared import metrics, sequencer, topology
from shared.config import Settings
from shared.database import reading
from shared.messages import numbered
from shared.publisher import EVENT, WINDOW, Publisher, Sent
from shared.topology import Placed

LOOK_AGAIN = 1.0
"""Seconds between two looks at a log that grows."""
LOOK_SELDOM = 30.0
"""The same where the publisher, which is in this process, has numbered nothing."""
PAUSE = 5.0
"""Seconds before the next try when broker, database or archive stopped it."""
_PRECONDITION = 406
log = structlog.get_logger()


class Archiver(Publisher):
    """A publisher with another cursor and another place to go; it numbers nothing and sends no keys."""

    ROLE = "archiver"
    CURSOR = sequencer.ARCHIVED
    SETTLE = 0.5
    """Also the seconds between two windows of an archive that is far behind: what guests wait for goes first."""

    def __init__(self, place: Placed, settings: Settings) -> None:
        super().__init__(place, (), settings)
        self._hinted = False
        self._mandatory = True  # an archive that was deleted is made again
        self._arguments = topology.archive_arguments(settings.archive_days, settings.archive_megabytes)

    def hint(self) -> None:
        """There is something new in the log; called by the publisher's thread."""
        loop = self._loop
        if loop is not None and not self._hinted:
            self._hinted = True
            with contextlib.suppress(Exception):  # it may just be closed: the next one begins with a look
                loop.add_callback_threadsafe(lambda: self._plan(LOOK_AGAIN))

    def _check_keys(self, _connection: Connection) -> None:
        """It sends none."""

    def _begin(self, position: int) -> None:
        self._hinted = False
        super()._begin(position)

    def _waking(self) -> AbstractContextManager[None]:
        return nullcontext()

    def _rest(self) -> None:
        until = time.monotonic() + PAUSE
        while not self._stopping and time.monotonic() < until:
            time.sleep(0.1)

    def _opened(self, channel: Channel) -> None:
        channel.add_on_close_callback(self._refused)
        channel.queue_declare(
            topology.ARCHIVE,
            durable=True,
            arguments=self._arguments,
            callback=lambda _frame: self._there(channel),
        )

    def _refused(self, channel: Channel, reason: Any) -> None:
        other_settings = getattr(reason, "reply_code", 0) == _PRECONDITION
        if other_settings and self._channel is None and self._connection.is_open:
            log.warning("archive_keeps_its_settings", reason="it exists with another age or size")
            self._connection.channel(on_open_callback=self._there)
        else:
            self._channel_closed(channel, reason)

    def _there(self, channel: Channel) -> None:
        channel.add_on_close_callback(self._channel_closed)
        channel.add_on_return_callback(self._returned)
        channel.confirm_delivery(self._confirmed, callback=lambda _frame: self._ready(channel))

    def _pump(self) -> None:
        if self._failure is not None or self._channel is None or not self._channel.is_open:
            return
        room = WINDOW - len(self._under_way)
        self._waiting_for_room = room < WINDOW // 4
        if self._waiting_for_room:
            return
        self._hinted = False  # before it looks, so that nothing numbered afterwards goes without a hint
        rows = self._behind(room)
        for row in rows:
            self._read_up_to = row.position
            if row.said is not None:
                self._publish(self._channel, "", topology.ARCHIVE, numbered(row.message, row.position), EVENT)
        more = len(rows) == room or (rows and not self._under_way)  # of private events the cursor is still to move
        self._plan(self.SETTLE if more else LOOK_SELDOM)

    def _behind(self, limit: int) -> list[Any]:
        if self._done > self._saved:
            with self._held.writing() as connection:
                sequencer.move_cursor(connection, self._done, self.CURSOR)
            self._saved = self._done
        with reading(self._engine) as connection:
            return list(connection.execute(sequencer.numbered_after(self._read_up_to, limit)))

    def _save(self) -> None:
        self._behind(0)

    def _count(self, sent: Sent) -> None:
        metrics.ARCHIVED.inc()

    def _count_connected(self, connected: bool) -> None:
        """The publisher's figures are not ours."""


@contextmanager
def keeping(place: Placed, settings: Settings) -> Iterator[Callable[[], None]]:
    """Fill the archive in a thread while the block runs, nothing where the settings want none; what is given is to be
    called when something new is in the log.
    """
    if not settings.archive_days:
        yield lambda: None
        return
    archiver = Archiver(place, settings)
    thread = threading.Thread(target=archiver.run, name="archiver", daemon=True)
    thread.start()
    try:
        yield archiver.hint
    finally:
        with contextlib.suppress(Exception):
            archiver.stop()
        thread.join(timeout=5)
