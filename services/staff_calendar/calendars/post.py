"""Handing mails to the mail server, and who the sender is: by the settings of the guests' letters."""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from urllib.parse import parse_qs, unquote, urlsplit

from environs import Env

from services.staff_calendar.calendars.port import Trouble
from services.staff_calendar.place import PLACE
from shared.config import Settings
from shared.ehlo import introduce
from shared.sender import sender

SECONDS = 120.0
"""For an answer. What was accepted after that goes out twice, under one Message-ID."""


@dataclass(frozen=True, slots=True)
class House:
    """Who invites, where the mail is handed over (`smtp`, may hold a password), and where clerks see their day."""

    town: str
    sender: str
    page: str
    smtp: str = field(repr=False)

    @property
    def domain(self) -> str:
        """The right-hand side of Message-IDs."""
        return self.sender.rpartition("@")[2]


class NotTaken(Trouble):
    """The mail server has said no: it has not taken the mail, for sure."""


def house_of(settings: Settings) -> House:
    """Raises Trouble where a setting can't be right."""
    try:
        who = sender()
    except ValueError as error:
        raise Trouble("cannot", str(error)) from None
    here = settings.public_url or f"http://{Env().str('FOYER_HTTP_STAFF_CALENDAR', PLACE.http_default)}"
    return House(who.display_name, who.addr_spec, f"{here}/staff", settings.smtp_url)


class Post:
    """One open connection to the mail server."""

    def __init__(self, smtp: smtplib.SMTP, sender: str) -> None:
        self._smtp, self._sender = smtp, sender

    def hand_over(self, mail: EmailMessage) -> None:
        """Returns when it was accepted. Raises NotTaken, or another Trouble when nobody knows."""
        address = mail["To"].addresses[0].addr_spec
        try:
            self._smtp.send_message(mail, from_addr=self._sender, to_addrs=[address])
        except smtplib.SMTPRecipientsRefused as error:
            raise _refused(next(iter(error.recipients.values()))[0]) from None
        except smtplib.SMTPResponseException as error:
            raise _refused(error.smtp_code) from None
        except (OSError, smtplib.SMTPException) as error:
            raise Trouble("unreachable", f"the mail server: {type(error).__name__}") from None


@contextmanager
def opened(house: House) -> Iterator[Post]:
    """The connection. Raises Trouble."""
    try:
        smtp = _connect(house.smtp)
    except (OSError, smtplib.SMTPException) as error:
        raise Trouble("unreachable", f"the mail server: {type(error).__name__}") from None
    try:
        yield Post(smtp, house.sender)
    finally:
        smtp.close()


def _connect(url: str) -> smtplib.SMTP:
    parts, tls = urlsplit(url), ssl.create_default_context
    asked = parse_qs(parts.query).get("starttls", ["0"])[-1] not in {"0", ""}
    host, here = parts.hostname or "", "localhost"  # until we introduce ourselves
    smtp: smtplib.SMTP
    if parts.scheme == "smtps":
        smtp = smtplib.SMTP_SSL(host, parts.port or 465, here, timeout=SECONDS, context=tls())
    else:
        smtp = smtplib.SMTP(host, parts.port or (587 if asked else 25), here, timeout=SECONDS)
    try:
        introduce(smtp)
        if asked and parts.scheme != "smtps":
            smtp.starttls(context=tls())
        if parts.username:
            smtp.login(unquote(parts.username), unquote(parts.password or ""))
        smtp.ehlo_or_helo_if_needed()  # whoever refuses us by name does not speak of one mail
    except BaseException:
        smtp.close()
        raise
    return smtp


def _refused(code: int) -> NotTaken:
    """In our words: the server's own text quotes the address."""
    return NotTaken("server_error", f"the mail server refuses: {code}")
