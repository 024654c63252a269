"""`foyer status`: one table of all processes, with health, memory and queues."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from pika.exceptions import AMQPError
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from deploy.broker import queue_lengths
from deploy.ensemble import health
from deploy.home import HTTP_DEFAULTS, Home
from deploy.parts import SERVICES
from deploy.servers.process import descendants
from deploy.supervision import Supervisor

MIB = 1024 * 1024
_PAGE = 4096


@dataclass(frozen=True, slots=True)
class Line:
    """One process as it is now. `memory` is resident, with its children, in bytes; 0 where it does not run."""

    name: str
    state: str
    pid: int
    memory: int
    since: int
    health: str
    queue: int | None

    @property
    def well(self) -> bool:
        return self.state == "RUNNING" and self.health in ("", "ready")


def status(
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Refresh every two seconds until Ctrl-C")] = False,
) -> None:
    """How each process is. The exit status is 0 when all are well, 1 when not."""
    console = Console()
    home = Home.here()
    if not watch:
        lines = look(home)
        console.print(table(lines))
        raise typer.Exit(0 if all(line.well for line in lines) else 1)
    with Live(console=console, auto_refresh=False, screen=console.is_terminal) as live:
        while True:
            live.update(table(look(home)), refresh=True)
            time.sleep(2)


def look(home: Home) -> list[Line]:
    """All processes as they are now. Raises CannotDo where Foyer does not run."""
    supervisor = Supervisor(home)
    settings = {**HTTP_DEFAULTS, **home.saved()}
    states = supervisor.states()
    queues = _queues(settings)
    return [_line(state, settings, queues) for state in states]


def _line(state: dict[str, Any], settings: dict[str, str], queues: dict[str, int]) -> Line:
    name, pid = state["name"], state["pid"]
    said = ""
    if name in SERVICES:
        answer = health(f"http://{settings[f'FOYER_HTTP_{name.upper()}']}")
        said = "; ".join((*answer["problems"], *answer["notes"])) or "ready"
    since = state["now"] - state["start"] if pid else 0
    return Line(name, state["statename"], pid, resident(pid) if pid else 0, since, said, queues.get(f"{name}.inbox"))


def _queues(settings: dict[str, str]) -> dict[str, int]:
    try:
        return queue_lengths(settings["FOYER_AMQP_URL"], [f"{service}.inbox" for service in SERVICES])
    except (AMQPError, OSError, KeyError):
        return {}


def resident(pid: int) -> int:
    """Resident memory of a process and its children, in bytes."""
    total = 0
    for one in (pid, *descendants(pid)):
        try:
            total += int(Path(f"/proc/{one}/statm").read_text().split()[1]) * _PAGE
        except OSError:
            continue
    return total


def table(lines: list[Line]) -> RenderableType:
    """What `foyer status` prints."""
    shown = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("process", "state", "pid", "MB", "up", "waiting", "health"):
        shown.add_column(column, justify="right" if column in ("pid", "MB", "up", "waiting") else "left")
    for line in lines:
        shown.add_row(
            line.name,
            Text(line.state.lower(), style="green" if line.state == "RUNNING" else "bold red"),
            str(line.pid or ""),
            f"{line.memory / MIB:.0f}" if line.memory else "",
            _span(line.since),
            "" if line.queue is None else str(line.queue),
            Text(line.health, style="green" if line.health == "ready" else "red"),
        )
    ours = sum(line.memory for line in lines if line.name != "broker") / MIB
    return Group(shown, Text(f"{ours:.0f} MB without broker and database", style="dim"))


def _span(seconds: int) -> str:
    hours, rest = divmod(seconds, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if seconds else ""


if __name__ == "__main__":
    typer.run(status)
