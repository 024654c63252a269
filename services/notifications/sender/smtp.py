"""The mail server: where it is, one open connection to it, and what its refusals mean."""

import re
import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, unquote, urlsplit

from shared.ehlo import introduce

CONNECT_SECONDS = 15
ANSWER_SECONDS = 600
"""RFC 5321, 4.5.3.2.6: giving up earlier on a slow server would send its mails twice."""
NO_MAILBOX = frozenset({550, 551, 553, 556})
OF_US = frozenset({503, 504, 521, 530})
"""Whatever they answer, they speak of us: out of turn, our name in EHLO, no mail taken here, first sign in."""
POLICY = b"5.7."
"""RFC 3463, 3.8: what a policy forbids, like relaying, is amended at the server or here, not by the guest."""
NO_RELAY = re.compile(
    rb"\(#5\.7\.|allowed rcpthosts|relay(ing)?( access)? (denied|not|prohibited)|(to|not) relay", re.I
)
"""How servers say it that begin with no such number: qmail, and what others have in common; no word of an address."""


class Unreachable(Exception):
    """The mail server can't be talked to at the moment. The text is a word of ours and quotes nobody."""


class Refused(Exception):
    """The server did not take this mail. `because` is a word of ours: the server's own text quotes the address."""

    def __init__(self, because: str, *, permanent: bool) -> None:
        super().__init__(because)
        self.because = because
        self.permanent = permanent


@dataclass(frozen=True, slots=True)
class Server:
    """Where mail is handed over. `tls` is none, starttls or implicit."""

    host: str
    port: int
    tls: str
    user: str
    password: str


def server_of(url: str) -> Server:
    """Read FOYER_SMTP_URL: smtp://user:password@host:port, smtps://..., ?starttls=1. Raises ValueError."""
    parts = urlsplit(url)
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise ValueError("FOYER_SMTP_URL must look like smtp://host:port, smtps://host or smtp://host?starttls=1")
    asked = parse_qs(parts.query).get("starttls", ["0"])[-1] not in {"0", ""}
    tls = "implicit" if parts.scheme == "smtps" else "starttls" if asked else "none"
    port = parts.port or {"implicit": 465, "starttls": 587, "none": 25}[tls]
    return Server(parts.hostname, port, tls, unquote(parts.username or ""), unquote(parts.password or ""))


class Connection:
    """One open connection, for as many mails as there are; opened at the first one, and again after it was lost."""

    def __init__(self, server: Server, sender: str) -> None:
        self._server = server
        self._sender = sender
        self._smtp: smtplib.SMTP | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            try:
                smtp.quit()
            except (OSError, smtplib.SMTPException):
                smtp.close()

    def open(self) -> smtplib.SMTP:
        """The connection. Raises Unreachable."""
        if self._smtp is None:
            try:
                self._smtp = _connect(self._server)
            except (OSError, smtplib.SMTPException, UnicodeError) as error:
                raise Unreachable(_name(error)) from None
        return self._smtp

    def hand_over(self, mail: EmailMessage) -> None:
        """Returns when the server has accepted the mail. Raises Refused, or Unreachable when the connection is lost."""
        smtp, address = self.open(), mail["To"].addresses[0].addr_spec
        try:
            smtp.send_message(mail, from_addr=self._sender, to_addrs=[address])
        except smtplib.SMTPNotSupportedError:
            raise Refused("address_not_supported", permanent=True) from None
        except smtplib.SMTPRecipientsRefused as error:
            code, text = next(iter(error.recipients.values()))
            self._refused(452 if code == 552 else code, text)  # RFC 5321, 4.5.3.1.10: a full mailbox, most often
        except smtplib.SMTPSenderRefused as error:
            self._refused(error.smtp_code, POLICY)  # MAIL FROM is the same in every letter: it speaks of none
        except smtplib.SMTPDataError as error:
            self._refused(error.smtp_code, error.smtp_error)
        except (OSError, smtplib.SMTPException) as error:
            self._lost()
            raise Unreachable(_name(error)) from None

    def _refused(self, code: int, text: bytes | str) -> None:
        if code == 421 or code < 400:  # "closing": it speaks of the connection, not of the mail
            self._lost()
            raise Unreachable("closed_by_server")
        if code < 500:
            raise Refused("try_later", permanent=False)
        # Servers tell many a refusal of the sender no earlier than at RCPT: it would fail every letter for good.
        if code in OF_US or (isinstance(text, bytes) and (text.startswith(POLICY) or NO_RELAY.search(text))):
            raise Refused("sender_refused", permanent=False)
        raise Refused("mailbox_unavailable" if code in NO_MAILBOX else "rejected", permanent=True)

    def _lost(self) -> None:
        if self._smtp is not None:
            self._smtp.close()
        self._smtp = None


def _connect(server: Server) -> smtplib.SMTP:
    # Reading the certificates that one trusts costs more than a mail, so it is done only where they are needed.
    here, tls = "localhost", ssl.create_default_context  # until we introduce ourselves
    smtp: smtplib.SMTP
    if server.tls == "implicit":
        smtp = smtplib.SMTP_SSL(server.host, server.port, here, timeout=CONNECT_SECONDS, context=tls())
    else:
        smtp = smtplib.SMTP(server.host, server.port, here, timeout=CONNECT_SECONDS)
    try:
        introduce(smtp)
        if server.tls == "starttls":
            smtp.starttls(context=tls())
        if server.user:
            smtp.login(server.user, server.password)
        if smtp.sock is not None:
            smtp.sock.settimeout(ANSWER_SECONDS)
        # Said here and not with the first mail: whoever refuses us by name does not speak of that mail.
        smtp.ehlo_or_helo_if_needed()
    except BaseException:
        smtp.close()
        raise
    return smtp


def _name(error: Exception) -> str:
    code = getattr(error, "smtp_code", None)
    return type(error).__name__ if code is None else f"{type(error).__name__} {code}"
