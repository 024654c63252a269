"""Rounds of sending: claim what is due, write it, hand it over, record what became of it.

What a replay does here: nothing. Rounds act on timer rows of kind `send` and ask the log if a message still waits.
What a crash does: between the mail server's acceptance and our record a mail may go out once more, with the same
Message-ID. Nothing else sends twice.
"""

import threading
import traceback
from collections.abc import Sequence
from uuid import uuid4

import structlog
from prometheus_client import Counter

from services.notifications.commands import RecordFailure, RecordSent
from services.notifications.decider import WAITING, Correspondence, appointment_of, stream
from services.notifications.drafts import Draft, draft
from services.notifications.letters.compose import BadAddress, compose
from services.notifications.letters.house import Guest, House
from services.notifications.projections import SEND
from services.notifications.sender.claim import FURTHEST, Claim, Claimed
from services.notifications.sender.leases import given_back, renewed
from services.notifications.sender.records import Outcome, Records
from services.notifications.sender.smtp import Connection, Refused, Server, Unreachable
from shared.app import App
from shared.vault import BadToken
from shared.writer import Unavailable

AT_ONCE = 20
"""Messages taken by one claim."""
_MAILS = Counter("foyer_mails_total", "Tries to send a mail, by what became of them", ["outcome"])
for _outcome in ("accepted", "failed", "deferred"):
    _MAILS.labels(_outcome)  # shown as 0 from the beginning
log = structlog.get_logger()


class NoKey(Exception):
    """The key of the guest's personal data has not arrived yet."""


NO_ADDRESS = "no_address"


class NoAddress(Exception):
    """The guest gave none: somebody at the info desk has printed the pass instead."""


class Overtaken(Exception):
    """The message was dropped after it had been claimed."""


class Sender:
    """Sends what is due. Safe to call from several threads: only one of them sends."""

    def __init__(self, app: App, house: House, server: Server) -> None:
        self._app = app
        self._house = house
        self._server = server
        self._records = Records(app)
        self._alone = threading.Lock()

    def send_due(self) -> int:
        """Rounds until nothing is due, the mail server is away, or the process is to end; returns how many mails were
        accepted.
        """
        if not self._alone.acquire(blocking=False):
            return 0
        try:
            self._records.write()
            return self._rounds() if self._app.due(SEND, 1, furthest=FURTHEST) else 0
        except Unavailable:
            log.warning("sending_waits_for_database")
            return 0
        finally:
            self._alone.release()

    def _rounds(self) -> int:
        accepted = 0
        with Connection(self._server, self._house.sender) as connection:
            while not self._app.stopping and (claimed := self._app.writer.submit(Claim(self._app.clock(), AT_ONCE))):
                with renewed(self._app, claimed):
                    try:
                        while claimed and not self._app.stopping:
                            connection.open()
                            accepted += self._try(claimed[0], connection)
                            claimed.pop(0)
                    except Unreachable as error:
                        self._away(claimed, error)
                        break
                given_back(self._app, claimed)
        return accepted

    def _try(self, one: Claimed, connection: Connection) -> bool:
        """Whether the message was accepted; whatever goes wrong with it stops no other."""
        outcome: Outcome | None = None
        if one.message not in self._records:
            try:
                outcome = self._send(one, connection)
            except Overtaken:
                return False
            self._records.add(outcome, one.cause)
        self._records.write()
        return isinstance(outcome, RecordSent)

    def _send(self, one: Claimed, connection: Connection) -> Outcome:
        try:
            letter, guest = self._draft(one), self._guest(one)
            mail = compose(letter, guest, self._house, one.message, self._app.clock())
            connection.hand_over(mail)
        except (Overtaken, Unavailable):
            raise
        except Exception as error:
            because, permanent = _reason(error)
            log.info("mail_not_accepted", message=one.message, because=because, correlation=one.cause.correlation)
            return self._failure(one, because, permanent)
        _MAILS.labels("accepted").inc()
        log.info("mail_accepted", message=one.message, correlation=one.cause.correlation)
        return RecordSent(str(uuid4()), self._app.clock(), appointment_of(one.message), one.message)

    def _draft(self, one: Claimed) -> Draft:
        # Made just before it goes out: it says what is known now, and not at all what was dropped since the claim.
        state: Correspondence = self._app.state(stream(appointment_of(one.message)))
        if state.letters[one.message].status not in WAITING:
            raise Overtaken
        return draft(state, one.message)

    def _guest(self, one: Claimed) -> Guest:
        with self._app.read() as connection:
            opened = self._app.vault.open(connection, [one.guest])[one.guest]
        if opened is None:
            raise NoKey
        if not opened["email"].strip():
            raise NoAddress
        return Guest(opened["name"], opened["email"], opened["manage_token"], opened.get("confirm_token", ""))

    def _failure(self, one: Claimed, because: str, permanent: bool) -> RecordFailure:
        _MAILS.labels(because if because == NO_ADDRESS else "failed" if permanent else "deferred").inc()
        now = self._app.clock()
        return RecordFailure(str(uuid4()), now, appointment_of(one.message), one.message, permanent, because)

    def _away(self, claimed: Sequence[Claimed], error: Unreachable) -> None:
        log.warning("mail_server_away", reason=str(error), deferred=len(claimed))
        for one in claimed:
            if one.message in self._records:
                continue  # it was accepted, though the log does not know it yet
            self._records.add(self._failure(one, "server_unreachable", permanent=False), one.cause)
        self._records.write()


def _reason(error: Exception) -> tuple[str, bool]:
    """Why it was not sent, in a word of ours, and whether for good."""
    match error:
        case Refused():
            return error.because, error.permanent
        case Unreachable():
            return "connection_lost", False
        case NoKey():
            return "no_key", False
        case NoAddress():
            return NO_ADDRESS, True
        case BadAddress():
            return "address_invalid", True
        case BadToken():
            return "unreadable", False  # a wrong master key looks the same, and the right one may come back
        case _:
            # The text of such an error may quote the guest: the place where it happened says enough.
            frame = traceback.extract_tb(error.__traceback__)[-1]
            log.error("letter_not_composed", error=type(error).__name__, at=f"{frame.filename}:{frame.lineno}")
            return "not_composed", False
