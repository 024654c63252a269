"""The mail sink as a private server: what the tests and the demo send mail to."""

import json
import sys
import urllib.request
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from deploy.servers.ports import free_port
from deploy.servers.process import Process

Mode = Literal["accept", "temporary", "permanent", "slow", "drop"]


class MailSink:
    """Keeps every mail as a file in `folder`/new, for so many days; `page` is where one reads them in a browser."""

    def __init__(self, folder: Path, port: int | None = None, http_port: int | None = None, days: int = 30) -> None:
        self.folder = folder.absolute()
        self.port = port or free_port()
        self.http_port = http_port or free_port()
        self.process = Process(
            "mail sink",
            (sys.executable, "-m", "deploy.mail_sink", str(self.folder), *map(str, (self.port, self.http_port, days))),
            self.folder / "mail_sink.log",
        )

    @property
    def url(self) -> str:
        """What FOYER_SMTP_URL wants."""
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def page(self) -> str:
        """Where one reads the mails."""
        return f"http://127.0.0.1:{self.http_port}/"

    def start(self) -> None:
        """Start it and wait until it answers. Raises ServerFailed with the end of its log."""
        self.process.start()
        self.process.wait_ready(self.answers)

    def answers(self) -> bool:
        """Whether its page can be read, which is served only after the SMTP port is open."""
        try:
            with urllib.request.urlopen(self.page, timeout=2):
                return True
        except OSError:
            return False

    def stop(self) -> None:
        self.process.stop(seconds=5)

    def kill(self) -> None:
        self.process.kill()

    def behave(self, mode: Mode, times: int | None = None, seconds: float = 0) -> None:
        """Answer the next `times` mails (None: all from now on) so.

        `temporary` = 451, `permanent` = 550, `slow` = accept after `seconds`, `drop` = keep the mail but
        close the connection without an answer, as a crash at the worst moment would.
        """
        body = json.dumps({"mode": mode, "times": times, "seconds": seconds}).encode()
        with urllib.request.urlopen(urllib.request.Request(f"{self.page}behaviour", body, method="PUT"), timeout=5):
            pass

    def messages(self) -> list[EmailMessage]:
        """All mails that were taken, oldest first."""
        files = sorted((self.folder / "new").glob("*.eml"))
        return [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]

    def clear(self) -> None:
        """Forget all mails."""
        for file in (self.folder / "new").glob("*.eml"):
            file.unlink()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
