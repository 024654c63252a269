"""One replay on its way: sends what its plan says, at the pace of the listener, and notes how far it has come.

What was sent and not noted is sent again when it is resumed; the listener's gates know it.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack, suppress
from typing import Any, Self

from sqlalchemy import Row, select

from deploy.home import BadInput, CannotDo
from deploy.operations.commands import AdvanceReplay, FinishReplay
from deploy.operations.databases import database, looking, settings_of
from deploy.operations.decider import Replay, replay_stream
from deploy.operations.log import Log, stamp
from deploy.operations.projections import replays
from deploy.operations.replay import keys
from deploy.operations.replay.pace import Pace
from deploy.operations.replay.selection import Selection
from deploy.operations.wire import Wire
from deploy.parts import place
from shared import sequencer
from shared.alone import AlreadyRunning, only_one
from shared.messages import CONTENT_TYPE, KEY_CONTENT_TYPE, again
from shared.orders import CONTENT_TYPE as ORDER
from shared.orders import REDO, Order
from shared.replays import Mode, cursor_name
from shared.tables import orders

LOOK = 0.03
"""Seconds between two looks at how far the listener is."""
NOTE = 1.0
"""Seconds between two notes of it in the log of operations."""
PATIENCE = 60.0
"""Seconds in which a listener that has something to take may take nothing."""
Watch = Callable[[int, int], None]
"""Told how many were taken, and how many are under way."""


class Stopped(Exception):
    """`foyer replay stop` was called."""


class Job(AbstractContextManager["Job"]):
    """A planned replay that this process carries on. Raises CannotDo where another one does, or nothing can be sent."""

    def __init__(
        self, log: Log, job: str, watch: Watch = lambda _taken, _open: None, patience: float = PATIENCE
    ) -> None:
        state: Replay = log.state(replay_stream(job))
        if state.planned is None:
            raise BadInput(f"There is no replay {job!r}; `foyer replay list` shows them.")
        self.plan, self.state = state.planned, state
        self.rate = self.plan.rate
        self.watch, self._log, self._patience = watch, log, patience
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        name = f"replay-{self.plan.job}"
        try:
            self._stack.enter_context(only_one(self._log.engine, self._log.settings, name))
        except AlreadyRunning:
            raise CannotDo(f"Replay {self.plan.job} is running in another process.") from None
        with self._stack:
            self._source = self._stack.enter_context(database(self.plan.source))
            self._listener = self._stack.enter_context(database(self.plan.listener))
            self._wire = Wire(settings_of(self.plan.listener).amqp_url, self.plan.listener)
            self._stack.callback(self._wire.close)
            self._stack = self._stack.pop_all()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stack.close()

    def run(self) -> int:
        """Until all is taken; returns how many messages that were. Raises Stopped, CannotDo."""
        self._before, self._from = self.state.sent, self.state.position
        self._pace = Pace(self.rate)
        self._looked_at = self._noted_at = self._moved_at = time.monotonic()
        self._wire.depth()
        try:
            if self.plan.mode == Mode.REDO:
                self._redo()
            else:
                self._redeliver()
            self._wire.wait_confirmed()
            while self._pace.under_way:
                self._wait(LOOK)
        except BaseException:
            with suppress(CannotDo):  # what could not be noted is sent again
                self._note()
            raise
        self._note()
        self._log.note(FinishReplay(*stamp(), self.plan.job, self._before + self._pace.taken))
        return self._before + self._pace.taken

    # -------------------------------------------------------------------------------------------------- what is sent

    def _redeliver(self) -> None:
        selection = Selection.from_data(self.plan.above, self.plan.up_to, self.plan.selection)
        reads_keys = self.plan.source in place(self.plan.listener).reads_keys
        with looking(self.plan.source, self._source) as log:
            for page in selection.pages(log, self._from):
                if reads_keys:
                    self._send_keys(page)
                for row in page:
                    self._wait_for_room()
                    body = again(row.message, row.position, self.plan.job, self.plan.mode)
                    self._wire.send(CONTENT_TYPE, body)
                    self._pace.was_sent(row.position)

    def _redo(self) -> None:
        for n, subject in enumerate(self.plan.named, 1):
            if n > self._from:
                self._wait_for_room()
                order = Order(
                    f"{self.plan.job}-{n}", REDO, effect=str(self.plan.selection["effect"]), subject=subject,
                    who=self.plan.who, reason=self.plan.reason,
                )  # fmt: skip
                self._wire.send(ORDER, order.body())
                self._pace.was_sent(n)

    def _send_keys(self, page: Sequence[Row[Any]]) -> None:
        with looking(self.plan.listener, self._listener) as there, looking(self.plan.source, self._source) as here:
            lost = keys.unheard_of(page, there, here)
        for body in keys.outgoing(self.plan.source, lost):
            self._wire.send(KEY_CONTENT_TYPE, body)

    # ------------------------------------------------------------------------------------------------ at which measure

    def _wait_for_room(self) -> None:
        self._look()
        while self._pace.under_way >= self._pace.allowed or (pause := self._pace.pause()):
            self._wait(min(LOOK, pause) if self._pace.under_way < self._pace.allowed else LOOK)

    def _wait(self, seconds: float) -> None:
        self._wire.breathe(seconds)
        self._look()

    def _look(self) -> None:
        now = time.monotonic()
        if now < self._looked_at + LOOK:
            return
        self._looked_at = now
        if self._wire.open:
            self._wire.breathe(0.0001)
        if self._pace.has_come_to(self._come_to()) or not self._pace.under_way:
            self._moved_at = now
        self.watch(self._before + self._pace.taken, self._pace.under_way)
        if now > self._moved_at + self._patience:
            raise CannotDo(
                f"{self.plan.listener} has taken nothing for {self._patience:.0f} seconds: does it run? See "
                f"`foyer status`. `foyer replay resume {self.plan.job}` goes on."
            )
        if now > self._noted_at + NOTE:
            self._noted_at = now
            self._wire.keep_alive()
            self._note()
            self._stop_if_wanted()

    def _come_to(self) -> int:
        """How far the listener has come, by its own database; 0 where it has not begun."""
        with looking(self.plan.listener, self._listener) as connection:
            if self.plan.mode == Mode.REDO:
                mine = orders.c.id.startswith(f"{self.plan.job}-", autoescape=True)
                done = set(connection.execute(select(orders.c.id).where(mine)).scalars())
                return next(
                    (n for n in range(len(self.plan.named)) if f"{self.plan.job}-{n + 1}" not in done), len(done)
                )
            return sequencer.cursor(connection, cursor_name(self.plan.job))

    def _note(self) -> None:
        position = self._come_to()
        self._pace.has_come_to(position)
        if position > self.state.position:
            self._log.note(AdvanceReplay(*stamp(), self.plan.job, position, self._before + self._pace.taken))

    def _stop_if_wanted(self) -> None:
        with self._log.read() as connection:
            status = connection.execute(select(replays.c.status).where(replays.c.job == self.plan.job)).scalar()
        if status == "stopped":
            raise Stopped
