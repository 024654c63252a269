"""`foyer demo`: one busy day of a town, played against the running ensemble, and the guarantees checked afterwards."""

import secrets
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, NoReturn
from zoneinfo import ZoneInfo

import typer
from environs import Env
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from deploy.guarantees import GUARANTEES, Finding, NoLog, check
from deploy.home import Home, called
from deploy.town import facts, tables
from deploy.town.calls import Calls, NotUp, Refused
from deploy.town.furnish import NothingOffered, furnish, steps, wait_until_offered
from deploy.town.people import Person, employ
from deploy.town.play import Outcome, Player, play
from deploy.verify.log import confirmation_times

BROKEN, WRONG, INTERRUPTED = 1, 2, 130
"""Exit status: a guarantee does not hold; the demo could not be played; Ctrl-C."""
OFFERED_WITHIN = 30.0
"""Seconds from the last quota set to the first proposal."""
AT_REST_WITHIN = 45.0
"""Seconds from the last decision to the last mail."""
SHOWN = 20
"""So many findings are printed in full."""
console = Console()


def demo(
    seconds: Annotated[float, typer.Option(help="Press the day into so many seconds", min=1, max=3600)] = 40.0,
) -> None:
    """Load a town of Gütersloh's size, play a real busy day of bookings, and check the guarantees in the logs."""
    calls, town = Calls(), facts.load()
    try:
        today = now().date()
        people = open_the_town(calls, town, today) or ()
        outcomes = play_the_day(calls, town, today, seconds)
        console.print(tables.summary(outcomes, confirmation_times(database_url())))
        visits = tables.standing(outcomes)
        console.print(tables.hours(visits, len(town.rooms)))
        findings = wait_for_rest()
    except (NotUp, Refused, NothingOffered, NoLog) as error:
        fail(str(error))
    except KeyboardInterrupt:
        stopped()
    console.print(verdict(findings))
    broken = broken_of(findings)
    for finding in broken[:SHOWN]:
        console.print(str(finding), style="red", soft_wrap=True)
    if len(broken) < len(findings):
        console.print(f"`{called()} verify` lists what is known, and breaks nothing.", highlight=False)
    console.print("[bold]It is running. Look at")
    for name, where in look_at(calls.at, visits):
        console.print(f"  {name:<22}{where}", soft_wrap=True, highlight=False, markup=False)
    if people:
        console.print(staff(people, calls.at["booking"]))
    if broken:
        raise typer.Exit(BROKEN)


def open_the_town(calls: Calls, town: facts.Town, today: date) -> Sequence[Person]:
    """Rooms, clerks and concerns; wait until they can be booked; then open the accounts of those who work there."""
    with bar("Opening the town hall", steps(town)) as advance:
        furnish(calls, town, advance)
    with console.status("Waiting for the first proposals"):
        wait_until_offered(calls, town, today, OFFERED_WITHIN)
    return employ(calls)


def staff(people: Sequence[Person], booking: str) -> Table:
    """The accounts of this demo; their passwords are shown here only."""
    table = Table(title=f"Accounts, to sign in at http://{booking}/sign-in", title_justify="left", box=None)
    for name in ("account", "password", "role", "works at"):
        table.add_column(name)
    for one in people:
        table.add_row(one.account, one.password, ", ".join(one.roles), one.area)
    return table


def play_the_day(calls: Calls, town: facts.Town, today: date, seconds: float) -> list[Outcome]:
    """The whole day of demand."""
    player = Player(calls, town, today, secrets.token_hex(3), threading.Event())
    with bar("Guests booking and cancelling", len(town.demand)) as advance:
        return play(player, town.demand, seconds, lambda outcome: advance(clock(outcome.wanted.minute)))


def wait_for_rest() -> list[Finding]:
    """What the check of the logs finds when nothing is on its way any more, or after `AT_REST_WITHIN`."""
    until = time.monotonic() + AT_REST_WITHIN
    with console.status("Checking the guarantees in the logs"):
        while broken_of(findings := check(database_url())) and time.monotonic() < until:
            time.sleep(1)
    return findings


def verdict(findings: Sequence[Finding]) -> Table:
    """One row a guarantee; what is known to be so, as guests who have not said yes yet, is counted and breaks none."""
    broken = Counter(finding.guarantee for finding in broken_of(findings))
    known = Counter(finding.guarantee for finding in findings if finding.note)
    table = Table(title="Guarantees, read from the logs", show_header=False, title_justify="left")
    for guarantee in GUARANTEES:
        holds = f"[red]broken {broken[guarantee]} times" if broken[guarantee] else "[green]holds"
        table.add_row(guarantee, f"{holds}[/]; {known[guarantee]} known" if known[guarantee] else holds)
    return table


def broken_of(findings: Sequence[Finding]) -> list[Finding]:
    """Those at which a guarantee does not hold."""
    return [finding for finding in findings if not finding.note]


def look_at(at: Mapping[str, str], visits: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Where to go on: the addresses of the running ensemble, and how to stop it."""
    days = Counter(visit["starts_at"][:10] for visit in visits)
    day = max(days, key=lambda name: (days[name], name), default=str(now().date()))
    week = f"from={day}&until={date.fromisoformat(day) + timedelta(days=7)}"
    foyer = called()
    story = [("a visit's whole story", f"{foyer} show {visit['appointment']}") for visit in visits[:1]]
    page = Home.here().saved().get("MAIL_PAGE_PORT")
    mails = [("the mails", f"http://127.0.0.1:{page}")] if page else []
    return [
        *mails,
        ("booking a visit", f"http://{at['booking']}/"),
        ("free times", f"http://{at['booking']}/api/proposals?concern=rentenberatung&{week}"),
        ("the info desk", f"http://{at['booking']}/desk"),
        ("a clerk's day", f"http://{at['staff_calendar']}/staff"),
        ("the entrance", f"http://{at['visitor_access']}/entrance"),
        ("concerns and rooms", f"http://{at['booking']}/admin/concerns, http://{at['rooms']}/admin/rooms"),
        *story,
        ("all calls", f"http://{at['booking']}/openapi.json, and the same at the other four"),
        ("how it is", f"{foyer} status"),
        ("stop it", "make down"),
    ]


def stopped() -> NoReturn:
    """Say what Ctrl-C leaves behind."""
    console.print(
        "Stopped. What was asked for is decided by the services as always, and nothing is left half done. "
        "`foyer demo` plays the day again, `make down` stops everything."
    )
    raise typer.Exit(INTERRUPTED)


def fail(sentence: str) -> NoReturn:
    """End the command with what is wrong."""
    print(sentence, file=sys.stderr)
    raise typer.Exit(WRONG)


@contextmanager
def bar(title: str, total: int) -> Iterator[Callable[..., None]]:
    """A progress bar; yields what to call after each step, from any thread, with a note to show."""
    note = TextColumn("{task.fields[note]}")
    columns = (TextColumn(f"{title:<30}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), note)
    with Progress(*columns, console=console) as progress:
        task = progress.add_task(title, total=total, note="")
        yield lambda note="": progress.update(task, advance=1, note=note)


def clock(minute: int) -> str:
    """A minute of the day as a time of day."""
    return f"{minute // 60:02}:{minute % 60:02}"


def database_url() -> str:
    """The pattern of the services' databases, as they read it themselves."""
    env = Env()
    with env.prefixed("FOYER_"):
        return env.str("DATABASE_URL", f"sqlite:///{env.path('HOME', Path('var')).absolute()}/{{service}}.db")


def now() -> datetime:
    """The town's time."""
    return datetime.now(ZoneInfo(Env().str("FOYER_TIMEZONE", "Europe/Berlin")))
