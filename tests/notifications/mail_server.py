"""A mail server on loopback that answers as a test wants: per address, or in the middle of a mail."""

from collections import Counter
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from deploy.servers.ports import free_port


@dataclass
class MailServer:
    """`at_rcpt` and `at_data` say what an address gets instead of acceptance; `at_hello` and `at_mail`: everybody."""

    at_hello: str = ""
    at_mail: str = ""
    at_rcpt: dict[str, str] = field(default_factory=dict)
    at_data: dict[str, str] = field(default_factory=dict)
    taken: list[tuple[str, EmailMessage]] = field(default_factory=list)
    connections: int = 0
    names: set[str] = field(default_factory=set)
    """As what clients have introduced themselves."""
    logins: Counter[str] = field(default_factory=Counter)

    port: int = field(default_factory=free_port)

    def start(self, **settings: Any) -> None:
        """Start, or start again."""
        settings = {"enable_SMTPUTF8": True} | settings
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port, **settings)
        self.controller.start()

    @property
    def url(self) -> str:
        """Where it is."""
        return f"smtp://127.0.0.1:{self.port}"

    def stop(self) -> None:
        self.controller.stop(no_assert=True)

    @property
    def to(self) -> list[str]:
        """To whom mail was taken, in order."""
        return [address for address, _ in self.taken]

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.connections += 1
        self.names.add(hostname)
        session.host_name = hostname
        return [self.at_hello] if self.at_hello else responses

    async def handle_HELO(self, server: SMTP, session: Session, envelope: Envelope, hostname: str) -> str:
        session.host_name = hostname
        return self.at_hello or f"250 {hostname}"

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.at_mail:
            return self.at_mail
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.at_rcpt:
            return self.at_rcpt[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        (address,) = envelope.rcpt_tos
        answer = self.at_data.get(address, "250 taken")
        if answer.startswith("250") or answer == "drop":
            content = envelope.content
            assert isinstance(content, bytes)
            mail = message_from_bytes(content, policy=policy.SMTPUTF8)
            self.taken.append((address, mail))
        if answer == "drop":
            self.at_data.pop(address)
            server.transport.close()  # type: ignore[union-attr]
        return answer

    def authenticate(self, server: SMTP, session: Session, envelope: Envelope, kind: str, data: Any) -> AuthResult:
        """For AUTH: user `foyer`, password `p@ss`."""
        assert isinstance(data, LoginPassword)
        self.logins[data.login.decode()] += 1
        return AuthResult(success=(data.login, data.password) == (b"foyer", b"p@ss"))
