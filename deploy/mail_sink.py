"""A mail server that takes every mail, keeps it for some days and shows it on a page: for the demo and the tests.

python -m deploy.mail_sink FOLDER SMTP_PORT HTTP_PORT DAYS
"""

import asyncio
import html
import itertools
import json
import signal
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

# The listing shows the newest; the rest stays in the folder.
_SHOWN = 200
_TIDY_SECONDS = 3600
_STYLE = """
body { font: 1rem/1.5 system-ui; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; overflow-wrap: anywhere }
td, th { text-align: left; padding: .2rem 1rem .2rem 0 }
iframe { width: 100%; height: 40rem; border: 1px solid #888 }
pre { white-space: pre-wrap } dt { font-weight: 600 } dd { margin: 0 0 .3rem }
"""


@dataclass(slots=True)
class Behaviour:
    """How the next mails are answered; after `times` mails it is `accept` again (None: never)."""

    mode: str = "accept"
    times: int | None = None
    seconds: float = 0.0

    def next(self) -> str:
        """The mode for one mail."""
        mode = self.mode
        if self.times is not None:
            self.times -= 1
            if self.times <= 0:
                self.mode, self.times = "accept", None
        return mode


# Without slots: aiosmtpd looks at all members of its handler, which Debian's Python 3.11.2 can't do with slots.
@dataclass
class Sink:
    """The folder of mails: written to `tmp`, then moved to `new`, so that nobody reads half a mail."""

    folder: Path
    behaviour: Behaviour = field(default_factory=Behaviour)
    _count: "itertools.count[int]" = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        for name in ("tmp", "new"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)

    def keep(self, content: bytes) -> None:
        name = f"{time.time_ns()}.{next(self._count)}.eml"
        draft = self.folder / "tmp" / name
        draft.write_bytes(content)
        draft.rename(self.folder / "new" / name)

    def tidy(self, days: int) -> None:
        """Delete what came longer ago than so many days, and drafts of then that never became a mail."""
        for file in self.folder.glob("*/*.eml"):
            with suppress(FileNotFoundError):  # somebody else deletes some, too
                if file.stat().st_mtime < time.time() - days * 86_400:
                    file.unlink()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """aiosmtpd calls this for every mail."""
        mode = self.behaviour.next()
        if mode == "temporary":
            return "451 4.3.0 try again later"
        if mode == "permanent":
            return "550 5.1.1 no such mailbox"
        if mode == "slow":
            await asyncio.sleep(self.behaviour.seconds)
        content = envelope.content
        self.keep(content if isinstance(content, bytes) else (content or "").encode())
        if mode == "drop" and isinstance(server.transport, asyncio.WriteTransport):
            server.transport.abort()
        return "250 2.0.0 taken"


def part_of(message: EmailMessage, kind: str) -> str:
    """The text of the first part of that content type; empty where there is none."""
    for part in message.walk():
        if part.get_content_type() == kind:
            return str(part.get_content())
    return ""


def listing(folder: Path) -> str:
    """The page with the newest mails."""
    files = sorted((folder / "new").glob("*.eml"), reverse=True)
    rows = []
    for file in files[:_SHOWN]:
        message = message_from_bytes(file.read_bytes(), policy=policy.default)
        cells = (f'<a href="/{file.name}">{html.escape(str(message["subject"]))}</a>',
                 html.escape(str(message["to"])), html.escape(str(message["date"])))  # fmt: skip
        rows.append("<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>")
    head = "<tr><th>Subject</th><th>To</th><th>Date</th></tr>"
    return _page(f"{len(files)} mails", f"<table>{head}{''.join(rows)}</table>")


def reading(file: Path) -> str:
    """The page with one mail: as HTML, as text, and its attachments by name."""
    message = message_from_bytes(file.read_bytes(), policy=policy.default)
    heads = "".join(
        f"<dt>{html.escape(name)}</dt><dd>{html.escape(str(value))}</dd>" for name, value in message.items()
    )
    # Sandboxed: whatever a mail contains, nothing in it runs.
    as_html = f'<iframe sandbox title="HTML" srcdoc="{html.escape(part_of(message, "text/html"))}"></iframe>'
    as_text = f"<pre>{html.escape(part_of(message, 'text/plain'))}</pre>"
    links = "".join(
        f'<li><a href="/{file.name}/{number}">{html.escape(part.get_filename() or part.get_content_type())}</a></li>'
        for number, part in enumerate(message.walk())
        if not part.is_multipart()
    )
    return _page(
        str(message["subject"]), f"<dl>{heads}</dl>{as_html}{as_text}<ul>{links}</ul><p><a href='/'>All mails</a></p>"
    )


def _page(title: str, body: str) -> str:
    title = html.escape(title)
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    head += f"<title>{title}</title><style>{_STYLE}</style>"
    return f'<!doctype html><html lang="en">{head}<h1>{title}</h1>{body}'


class Pages(BaseHTTPRequestHandler):
    """GET / lists, GET /NAME.eml reads, GET /NAME.eml/N gives a part, PUT /behaviour changes how mails are answered."""

    sink: Sink

    def do_GET(self) -> None:
        name, _, part = self.path.strip("/").partition("/")
        file = self.sink.folder / "new" / Path(name).name
        if not name:
            self._answer(200, "text/html; charset=utf-8", listing(self.sink.folder).encode())
        elif not file.is_file():
            self._answer(404, "text/plain", b"no such mail")
        elif part.isdigit():
            self._answer(200, *self._part(file, int(part)))
        else:
            self._answer(200, "text/html; charset=utf-8", reading(file).encode())

    def _part(self, file: Path, number: int) -> tuple[str, bytes]:
        message = message_from_bytes(file.read_bytes(), policy=policy.default)
        part = next(itertools.islice(message.walk(), number, None), message)
        payload: Any = part.get_payload(decode=True)
        kind = part.get_content_type()
        # Parts of a mail are shown, never run: markup comes as text.
        return ("text/plain; charset=utf-8" if kind == "text/html" else kind), payload or b""

    def do_PUT(self) -> None:
        wanted = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.sink.behaviour = Behaviour(**wanted)
        self._answer(204, "text/plain", b"")

    def _answer(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Nothing: addresses of people stay out of the log."""


async def serve(folder: Path, smtp_port: int, http_port: int, days: int) -> None:
    """Run until SIGTERM; mails are kept for so many days."""
    loop = asyncio.get_running_loop()
    sink = Sink(folder)
    await loop.create_server(lambda: SMTP(sink, enable_SMTPUTF8=True, loop=loop), "127.0.0.1", smtp_port)
    pages = ThreadingHTTPServer(("127.0.0.1", http_port), type("Bound", (Pages,), {"sink": sink}))
    threading.Thread(target=pages.serve_forever, daemon=True).start()
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    while not ended.is_set():
        sink.tidy(days)
        with suppress(TimeoutError):
            await asyncio.wait_for(ended.wait(), _TIDY_SECONDS)


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), *map(int, sys.argv[2:])))
