"""`foyer calendars`: the calendars that clerks really use, and how Foyer keeps in step with them."""

import os
import re
import threading
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from deploy.calendars.access import MEANINGS, Here, here, kind_of, look_now, opened, said
from deploy.calendars.shown import conflict, line, outcome, told, wish
from deploy.home import BadInput, CannotDo, Interrupted
from deploy.operations.action import DryRun, How, Json, Outcome, Plan, Reason, Run, Who, Yes, perform
from deploy.operations.asked import few, print_json
from deploy.operations.starting import ListsByDefault
from services.staff_calendar import queries
from services.staff_calendar.calendars import links, probe
from services.staff_calendar.calendars.adapters import make
from services.staff_calendar.calendars.adapters.upload import Upload
from services.staff_calendar.calendars.conflicts import conflicts
from services.staff_calendar.calendars.guard import parts_of
from services.staff_calendar.calendars.invitation import SPOKEN
from services.staff_calendar.calendars.links import Kind, Link
from services.staff_calendar.calendars.port import Trouble
from services.staff_calendar.calendars.reader import Reader
from services.staff_calendar.calendars.sync import keep_clerk, kept, look
from services.staff_calendar.calendars.transport import Pool
from services.staff_calendar.calendars.vault import Access
from services.staff_calendar.calendars.wishes import wishes
from shared.words import SOURCE

MAILBOX = re.compile(r"[A-Za-z0-9._%+=-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
LONGEST_ADDRESS = 254
NAME = re.compile(r"[A-Za-z0-9._-]{1,60}")
PASSWORD = "FOYER_CALENDAR_PASSWORD"
Clerk = Annotated[str, typer.Argument(help="The clerk's id")]
Name = Annotated[str, typer.Argument(help="The calendar's name, as `foyer calendars list` shows it")]
OfClerk = Annotated[str, typer.Option("--clerk", "-c", help="Only this clerk's")]
app = typer.Typer(
    cls=ListsByDefault,
    help="The calendars that clerks really use: busy times come from them, appointments go into them.",
)


@app.command("list")
def list_(clerk: OfClerk = "", json: Json = False) -> None:
    """All connected calendars, and how it stands with each."""
    with here() as at:
        found = at.all(clerk)
        zone = ZoneInfo(at.app.settings.timezone)
    if json:
        print_json([asdict(one.link) | told(one) for one in found])
        return
    for one in found:
        typer.echo(line(one, zone))
    if not found:
        typer.echo("No calendar is connected. Connect one with `foyer calendars add CLERK ADDRESS`.")


@app.command("add")
def add(
    clerk: Clerk,
    address: Annotated[str, typer.Argument(help="https://..., of a CalDAV calendar or of a calendar file")],
    username: Annotated[
        str, typer.Option("--username", "-u", help=f"The password is asked for, or in {PASSWORD}")
    ] = "",
    name: Annotated[str, typer.Option(help="How the calendar is called here")] = "",
    kind: Annotated[str, typer.Option(help="caldav or address; seen from the address, if left out")] = "",
    zone: Annotated[str, typer.Option(help="Time zone of entries that say none")] = "",
    mail: Annotated[str, typer.Option(help="The clerk's address: declined invitations do not count")] = "",
    writes: Annotated[bool, typer.Option("--writes", help="Write appointments into it")] = False,
    ignores: Annotated[bool, typer.Option("--not-busy", help="Its entries do not make busy")] = False,
    opens: Annotated[str, typer.Option(help="Entries of this category open hours instead; * = all entries")] = "",
    site: Annotated[str, typer.Option(help="Where these hours are, and those of a VAVAILABILITY")] = "",
    dry_run: DryRun = False,
    yes: Yes = False,
    reason: Reason = "",
    who: Who = "",
    json: Json = False,
) -> None:
    """Connect a clerk's calendar: by CalDAV, or a calendar file at an address. It is tried first."""
    if opens and not site:
        raise BadInput("--opens needs --site: hours are opened at a site.")
    if mail and not MAILBOX.fullmatch(mail):
        raise BadInput("--mail must be an address like k17@town.example, in ASCII.")
    if kind not in ("", "caldav", "address"):
        raise BadInput(f"--kind must be caldav or address, not {kind!r}.")
    with here() as at:
        _known(at, clerk)
        if writes:
            _written_once(at, clerk, ("mail",))
        host = _host(address)
        found: Kind = "address" if (kind or kind_of(address)) == "address" else "caldav"
        named = _named(at, name, clerk, found)
        link = Link(
            calendar=named,
            clerk=clerk,
            kind=found,
            host=host,
            zone=_zone(zone or at.app.settings.timezone),
            mail=mail or None,
            blocks=not ignores,
            writes=writes,
            opens=opens or None,
            site=site or None,
        )
        access = Access(address, username, _password(username))
        can = _try(at, link, access)
        plan = Plan(
            "calendars add", named, (f"Connect {named}: {link.kind} at {host}, for {clerk}. {can}",), asdict(link)
        )

        def do(run: Run) -> Outcome:
            at.app.write(*links.connect(link, access, at.app.settings.master_key, at.app.clock()))
            look_now(at, [at.one(named)])
            return outcome(at, [named])

        perform(plan, How(dry_run, yes, reason, who, json), do)


@app.command("upload")
def upload(
    clerk: Clerk,
    file: Annotated[Path, typer.Argument(help="A calendar file (.ics)")],
    name: Annotated[str, typer.Option(help="The calendar that this file replaces, or the name of a new one")] = "",
    zone: Annotated[str, typer.Option(help="Time zone of entries that say none")] = "",
    dry_run: DryRun = False,
    yes: Yes = False,
    reason: Reason = "",
    who: Who = "",
    json: Json = False,
) -> None:
    """Take busy times from a file. Uploading again under the same name replaces them."""
    try:
        ics = file.read_bytes()
    except OSError as error:
        raise BadInput(f"{file} can't be read: {error.strerror}.") from None
    with here() as at:
        _known(at, clerk)
        named = _named(at, name, clerk, "upload")
        link = Link(named, clerk, "upload", "file", _zone(zone or at.app.settings.timezone))
        plan = Plan(
            "calendars upload", named, (f"Take the busy times of {clerk} from {file.name} as {named}.",), asdict(link)
        )

        def do(run: Run) -> Outcome:
            try:
                calendar = Upload(ics, at.settings.limits)
            except Trouble as trouble:
                raise CannotDo(f"{file.name}: {said(trouble)}.") from None
            new = not any(one.link.calendar == named for one in at.all())
            if new:
                at.app.write(*links.connect(link, Access(""), at.app.settings.master_key, at.app.clock()))
            reader = Reader(at.settings.limits)
            try:
                looked = look(at.app, at.one(named), calendar, reader, at.settings, threading.Lock())
            finally:
                reader.close()
            at.app.write(links.keep(named, looked.state))
            if new and looked.state.because and not _understood(at, named):
                at.app.write(*links.disconnect(named))
                raise CannotDo(f"{file.name}: {MEANINGS['unreadable']}. It is not connected.")
            return outcome(at, [named])

        perform(plan, How(dry_run, yes, reason, who, json), do)


@app.command("invite")
def invite(
    clerk: Clerk,
    address: Annotated[str, typer.Argument(help="The clerk's mailbox, as k17@town.example")],
    language: Annotated[str, typer.Option(help=f"Of the mails: {' or '.join(SPOKEN)}")] = SOURCE,
    dry_run: DryRun = False,
    yes: Yes = False,
    reason: Reason = "",
    who: Who = "",
    json: Json = False,
) -> None:
    """Mail a clerk's appointments as invitations: for those who have neither a CalDAV calendar nor the feed."""
    if not MAILBOX.fullmatch(address) or len(address) > LONGEST_ADDRESS:
        raise BadInput("The address must be one like k17@town.example, in ASCII.")
    if language not in SPOKEN:
        raise BadInput(f"--language must be {' or '.join(SPOKEN)}, not {language!r}.")
    with here() as at:
        _known(at, clerk)
        _written_once(at, clerk, ("mail", "caldav"))
        named = links.new_name(clerk, [one.link.calendar for one in at.all()])
        domain, zone = address.rpartition("@")[2], at.app.settings.timezone
        link = Link(named, clerk, "mail", domain, zone, blocks=False, writes=True, language=language)
        what = f"Mail the appointments of {clerk} to a mailbox at {domain}, as {named}; those to come at once."

        def do(run: Run) -> Outcome:
            at.app.write(*links.connect(link, Access(address), at.app.settings.master_key, at.app.clock()))
            look_now(at, [at.one(named)])
            return outcome(at, [named])

        perform(Plan("calendars invite", named, (what,), asdict(link)), How(dry_run, yes, reason, who, json), do)


@app.command("test")
def try_(
    name: Name,
    write: Annotated[bool, typer.Option("--write", help="Also write an entry and delete it again")] = False,
    json: Json = False,
) -> None:
    """What this server can do, whether the calendar can be read, and whether it can be written."""
    with here() as at:
        found = at.one(name)
        calendar, _access = opened(at, found)
        report = probe.probe(calendar, write=write)
    if json:
        print_json(asdict(report) | {"because": MEANINGS.get(report.because or "")})
    else:
        for text in probe.lines(report):
            typer.echo(text)
        if report.because:
            typer.echo(f"{MEANINGS[report.because]}{f' ({report.detail})' if report.detail else ''}")
    if report.because:
        raise typer.Exit(1)


@app.command("sync")
def sync(
    names: Annotated[list[str] | None, typer.Argument(help="Calendars; all of them, if left out")] = None,
    clerk: OfClerk = "",
    json: Json = False,
) -> None:
    """Look at calendars at once, and say what came of it."""
    with here() as at:
        wanted = [at.one(name) for name in names] if names else at.all(clerk)
        wanted = [one for one in wanted if one.link.kind != "upload"]
        try:
            look_now(at, wanted)
        except KeyboardInterrupt:
            raise Interrupted(
                "Interrupted. What was not looked at yet stays due: see `foyer calendars list`."
            ) from None
        came = outcome(at, [one.link.calendar for one in wanted])
    if json:
        print_json(dict(came.data))
    else:
        for text in came.lines or ("There is no calendar to look at.",):
            typer.echo(text)
    if came.status:
        raise typer.Exit(came.status)


@app.command("conflicts")
def conflicts_(
    clerk: OfClerk = "",
    department: Annotated[str, typer.Option(help="Only of this department")] = "",
    json: Json = False,
) -> None:
    """Appointments at times at which the clerk is busy elsewhere, and who could take over."""
    with here() as at:
        found = conflicts(at.app, clerk or None, department or None)
    if json:
        print_json([asdict(one) for one in found])
        return
    for one in found:
        typer.echo(conflict(one))
    if not found:
        typer.echo("No appointment meets a busy time.")


@app.command("wishes")
def wishes_(clerk: OfClerk = "", json: Json = False) -> None:
    """Appointments that clerks have moved or deleted in their own calendars; they stand until the guest moves them."""
    with here() as at:
        if clerk:
            _known(at, clerk)
        found = wishes(at.app, clerk or None)
    if json:
        print_json([asdict(one) for one in found])
        return
    for one in found:
        typer.echo(wish(one))
    if not found:
        typer.echo("No clerk wishes another time.")


@app.command("remove")
def remove(
    name: Name, dry_run: DryRun = False, yes: Yes = False, reason: Reason = "", who: Who = "", json: Json = False
) -> None:
    """Disconnect a calendar. Its busy times end; entries that Foyer wrote stay in it."""
    with here() as at:
        found = at.one(name)
        ends = "nothing is mailed there any more" if found.link.kind == "mail" else "its busy times end"
        what = f"Disconnect {name} of {found.link.clerk}: {ends}, and how to get there is forgotten."

        def do(run: Run) -> Outcome:
            days = keep_clerk(at.app, found.link, None, links.disconnect(name))
            return Outcome((f"{name} is disconnected; {days} days have changed.",), {"days": days})

        perform(Plan("calendars remove", name, (what,), asdict(found.link)), How(dry_run, yes, reason, who, json), do)


def _known(at: Here, clerk: str) -> None:
    with at.app.read() as connection:
        if queries.clerk(connection, clerk) is None:
            names = [one["clerk"] for one in queries.staff(connection)]
            raise BadInput(f"There is no clerk {clerk!r}; there are: {few(names)}.")


def _written_once(at: Here, clerk: str, kinds: Sequence[str]) -> None:
    """Whoever has appointments in a calendar is not mailed them, too."""
    for one in at.all(clerk):
        if one.link.writes and one.link.kind in kinds:
            raise BadInput(
                f"{clerk} has appointments in {one.link.calendar} already: `foyer calendars remove` that first."
            )


def _named(at: Here, name: str, clerk: str, kind: Kind) -> str:
    """The name of a new calendar, or of this clerk's own one of that kind, which is connected anew."""
    if name and not NAME.fullmatch(name):
        raise BadInput("--name must be of letters, digits, dots and dashes, 60 at most.")
    for one in at.all():
        if one.link.calendar == name and (one.link.clerk, one.link.kind) != (clerk, kind):
            raise BadInput(f"{name} is another calendar ({one.link.kind}, of {one.link.clerk}): choose another --name.")
    return name or links.new_name(clerk, [one.link.calendar for one in at.all()])


def _understood(at: Here, name: str) -> bool:
    with at.app.read() as connection:
        return any(row.problem is None for row in kept(connection, name).values())


def _host(address: str) -> str:
    try:
        return parts_of(address.replace("webcal://", "https://", 1))[1]
    except Trouble as trouble:
        raise BadInput(f"{trouble.detail}, as https://cloud.example.org/dav/calendars/k17/dienst/.") from None


def _zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (ValueError, OSError, KeyError):
        raise BadInput(f"--zone must be a time zone like Europe/Berlin, not {name!r}.") from None


def _password(username: str) -> str:
    """Asked for, never an argument: those are seen by everybody on the machine."""
    if not username:
        return ""
    return os.environ.get(PASSWORD) or str(typer.prompt("Password", hide_input=True))


def _try(at: Here, link: Link, access: Access) -> str:
    """What it can do. Raises CannotDo when it can't even be read."""
    try:
        able = make(link.kind, access, at.settings, Pool()).abilities()
    except Trouble as trouble:
        raise CannotDo(f"Not connected: {said(trouble)}.") from None
    if link.writes and not able.writes:
        raise CannotDo("Not connected: it can be read, but not written. Leave --writes out, or use another calendar.")
    return "It can be read and written." if able.writes else "It can be read."
