"""Leases of claimed messages, renewed while a round is at work: a slow mail server must not make two send one mail."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import structlog
from sqlalchemy import bindparam, update

from services.notifications.projections import SEND
from services.notifications.sender.claim import LEASE, Claimed
from shared.app import App
from shared.tables import instant, timers
from shared.writer import Unavailable

# An update, not an upsert: the timer of a message that was sent or dropped meanwhile must not come back.
_SET = (
    update(timers)
    .where(timers.c.kind == SEND, timers.c.subject == bindparam("b_subject"))
    .values(due_at=bindparam("b_due"))
)
log = structlog.get_logger()


@contextmanager
def renewed(app: App, claimed: Sequence[Claimed]) -> Iterator[None]:
    """Within the block, the messages in `claimed` (which the block may shorten) stay ours."""
    over = threading.Event()
    keeper = threading.Thread(target=_keep, args=(app, claimed, over), daemon=True)
    keeper.start()
    try:
        yield
    finally:
        over.set()
        keeper.join()


def given_back(app: App, claimed: Sequence[Claimed]) -> None:
    """What was claimed and not tried is due again at once. Raises Unavailable."""
    if claimed:
        app.write(*((_SET, {"b_subject": one.message, "b_due": instant(app.clock())}) for one in claimed))


def _keep(app: App, claimed: Sequence[Claimed], over: threading.Event) -> None:
    while not over.wait(LEASE.total_seconds() / 3):
        lease = instant(app.clock() + LEASE)
        try:
            app.write(*((_SET, {"b_subject": one.message, "b_due": lease}) for one in tuple(claimed)))
        except Unavailable:
            log.warning("leases_not_renewed", messages=len(claimed))
