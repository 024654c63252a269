"""`foyer status`: one screen with all processes: health, memory, what waits and what was parked."""

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from pika.exceptions import AMQPError
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from deploy.broker import queue_lengths
from deploy.ensemble import health
from deploy.figures import Figures, figures, parked, quantile
from deploy.home import HTTP_DEFAULTS, Home
from deploy.parts import SERVICES
from deploy.servers.process import descendants
from deploy.supervision import Supervisor

MIB = 1024 * 1024
PAUSE = 2.0
WIDE = 10_000
"""Columns where no terminal looks on: nothing is wrapped for a program, nor for a file."""
PRECISE = 100
"""Seconds from which tenths of them say nothing."""
_PAGE = 4096


@dataclass(frozen=True, slots=True)
class Line:
    """One process as it is now. `memory` is resident, with its children, in bytes; 0 where it does not run.

    `waiting`: messages in a service's queue, events that a publisher has not published; `behind`: the age of the
    oldest of them in seconds.
    """

    name: str
    state: str
    pid: int
    memory: int
    since: int
    health: str
    waiting: int | None
    behind: float | None
    parked: int | None

    @property
    def unwell(self) -> str:
        """What is wrong, as it says itself; "" where nothing is."""
        return "" if self.health == "ready" else self.health

    @property
    def well(self) -> bool:
        return self.state == "RUNNING" and not self.unwell


@dataclass(frozen=True, slots=True)
class Now:
    """The ensemble at one moment. `holds` wait for their answers; `confirmed_in`: seconds in which 95 % were."""

    lines: tuple[Line, ...]
    holds: int | None
    expired: int | None
    confirmed_in: float | None

    @property
    def well(self) -> bool:
        return all(line.well for line in self.lines)


def status(
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Refresh every two seconds until Ctrl-C")] = False,
    json: Annotated[bool, typer.Option("--json", help="As JSON; with --watch one line every two seconds")] = False,
) -> None:
    """How each process is. The exit status is 0 when all are well, 1 when not."""
    console = Console()
    if not console.is_terminal:
        console.width = WIDE
    home = Home.here()
    if not watch:
        now = look(home)
        typer.echo(plain(now, indent=True)) if json else console.print(table(now))
        raise typer.Exit(0 if now.well else 1)
    if json:
        while True:
            typer.echo(plain(look(home)))
            time.sleep(PAUSE)
    with Live(console=console, auto_refresh=False, screen=console.is_terminal) as live:
        while True:
            live.update(table(look(home)), refresh=True)
            time.sleep(PAUSE)


def look(home: Home) -> Now:
    """All processes as they are now. Raises CannotDo where Foyer does not run."""
    supervisor = Supervisor(home)
    settings = {**HTTP_DEFAULTS, **home.saved()}
    states = supervisor.states()
    queues = _queues(settings)
    counted = {service: figures(settings[f"FOYER_HTTP_{service.upper()}"]) for service in SERVICES}
    booking = counted["booking"]
    return Now(
        tuple(_line(state, settings, queues, counted) for state in states),
        _whole(booking.get("foyer_holds_open")),
        _whole(booking.get("foyer_holds_expired_total")),
        quantile(booking, "foyer_confirmation_seconds", 0.95),
    )


def _line(
    state: Mapping[str, Any], settings: Mapping[str, str], queues: Mapping[str, int], counted: Mapping[str, Figures]
) -> Line:
    name, pid = state["name"], state["pid"]
    said, service = "", name.removesuffix("-publisher")
    of = counted.get(service, {})
    waiting, behind, aside = None, None, None
    if name in SERVICES:
        answer = health(f"http://{settings[f'FOYER_HTTP_{name.upper()}']}")
        said = "; ".join((*answer["problems"], *answer["notes"])) or "ready"
        waiting, behind = queues.get(f"{name}.inbox"), of.get("foyer_inbox_behind_seconds")
        aside = parked(of) if of else None
    elif service in SERVICES:
        waiting, behind = _whole(of.get("foyer_unpublished_events")), of.get("foyer_unpublished_seconds")
    since = state["now"] - state["start"] if pid else 0
    memory = resident(pid) if pid else 0
    return Line(name, state["statename"], pid, memory, since, said, waiting, behind, aside)


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)


def _queues(settings: Mapping[str, str]) -> dict[str, int]:
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


def table(now: Now) -> RenderableType:
    """What `foyer status` prints: a table that 80 columns hold, below it what is not well, in full."""
    shown = Table(box=None, header_style="bold", pad_edge=False, collapse_padding=True)
    # A service and its publisher differ at the end of their names.
    shown.add_column("process", no_wrap=True, min_width=max(len(line.name) for line in now.lines))
    for column in ("state", "pid", "MB", "up", "waits", "behind", "parked", "health"):
        shown.add_column(column, justify="left" if column in ("state", "health") else "right", overflow="fold")
    for line in now.lines:
        shown.add_row(
            line.name,
            Text(line.state.lower(), style="green" if line.state == "RUNNING" else "bold red"),
            str(line.pid or ""),
            f"{line.memory / MIB:.0f}" if line.memory else "",
            _span(line.since),
            "" if line.waiting is None else str(line.waiting),
            "" if line.behind is None else f"{line.behind:.{0 if line.behind >= PRECISE else 1}f} s",
            Text("" if line.parked is None else str(line.parked), style="bold red" if line.parked else ""),
            Text("below" if line.unwell else line.health, style="red" if line.unwell else "green"),
        )
    below = [Text(f"{line.name}: {line.unwell}", style="red") for line in now.lines if line.unwell]
    return Group(shown, *below, Text(_summary(now), style="dim"))


def _summary(now: Now) -> str:
    ours = sum(line.memory for line in now.lines if line.name != "broker") / MIB
    parts = [f"{ours:.0f} MB without broker and database"]
    if now.holds is not None:
        parts.append(f"{now.holds} requests wait for their answers, {now.expired} ran out of time")
    if now.confirmed_in is not None:
        parts.append(f"95 % confirmed within {now.confirmed_in:g} s")
    return " · ".join(parts)


def plain(now: Now, indent: bool = False) -> str:
    """The same as JSON."""
    processes = [asdict(line) | {"well": line.well} for line in now.lines]
    whole = {name: getattr(now, name) for name in ("well", "holds", "expired", "confirmed_in")}
    return orjson.dumps(whole | {"processes": processes}, option=orjson.OPT_INDENT_2 if indent else 0).decode()


def _span(seconds: int) -> str:
    hours, rest = divmod(seconds, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if seconds else ""


if __name__ == "__main__":
    typer.run(status)
