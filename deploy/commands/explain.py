"""`foyer explain CONCERN --at TIME`: why a time was or was not offered, now or at an earlier moment."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, NoReturn
from zoneinfo import ZoneInfo

import orjson
import typer
from marshmallow import ValidationError
from sqlalchemy.exc import DBAPIError

from deploy import explained
from deploy.home import BadInput, CannotDo
from deploy.operations import asked
from deploy.operations.databases import settings_of
from deploy.past import Known, known
from services.booking import http, planning
from services.booking.planning import NotPossible
from services.booking.proposals.explain import Explanation
from services.booking.proposals.explain import explain as explain_wish
from services.booking.queries import settled as settled_of
from shared.config import Settings

WRONG = 2
AHEAD = timedelta(days=1000)
"""More than the lead times and the horizon of any concern."""


def explain(
    concern: Annotated[list[str], typer.Argument(help="The concerns of the visit")],
    at: Annotated[str, typer.Option("--at", help="The start asked about: 2026-11-23T10:20")],
    as_of: Annotated[str | None, typer.Option(help="A moment, or a position in booking's log; now if left out")] = None,
    party_size: Annotated[int, typer.Option(help="How many people come")] = 1,
    site: Annotated[str | None, typer.Option(help="One site only")] = None,
    surname: Annotated[str | None, typer.Option(help="Where it decides who is responsible")] = None,
    street: Annotated[str | None, typer.Option(help="Street and house number, where they decide")] = None,
    step_free: Annotated[bool, typer.Option("--step-free", help="No steps")] = False,
    language: Annotated[str | None, typer.Option(help="Spoken by the clerk")] = None,
    answer: Annotated[list[str] | None, typer.Option(help="question:yes or question:no")] = None,
    audience: Annotated[list[str] | None, typer.Option(help="internal, urgent: kept hours that count, too")] = None,
    german: Annotated[bool, typer.Option("--de", help="In German")] = False,
    json: Annotated[bool, typer.Option("--json", help="Everything, for programs")] = False,
) -> None:
    """Say why a time was or was not offered."""
    settings = settings_of("booking")
    zone, words = ZoneInfo(settings.timezone), "de" if german else "en"
    start, moment = _moment(at, zone, "--at"), _as_of(as_of, zone)
    query = {
        "concern": concern,
        "party_size": party_size,
        "site": site,
        "surname": surname,
        "street": street,
        "step_free": step_free,
        "language": language,
        "answer": answer or [],
        "audience": audience or [],
    }
    past = _known(settings, moment)
    settled, found = _explained(past, {name: value for name, value in query.items() if value is not None}, start)
    if json:
        told = {"as_of": past.now.isoformat(), "events": past.events, "position": past.position}
        told |= {"no_visit_needed": settled, "explanations": [explained.as_json(one) for one in found]}
        typer.echo(orjson.dumps(told, option=orjson.OPT_INDENT_2).decode())
        return
    typer.echo(explained.say(words, explained.WORDS["as_of"], now=explained.clock(past.now), events=past.events))
    for one in settled:
        typer.echo(f"{one['concern']}: {one['why'][words]} {one['online_url'] or ''}")
    if not found and len(settled) < len(concern):
        typer.echo(explained.say(words, explained.WORDS["no_site"]))
    for explanation in found:
        for line in explained.in_words(explanation, past.reads.index, words):
            typer.echo(line)


def _explained(
    past: Known, query: dict[str, Any], start: datetime
) -> tuple[list[dict[str, Any]], tuple[Explanation, ...]]:
    """The concerns for which no visit is needed, and an explanation for each site that was known."""
    reads = past.reads
    try:
        given = http.ProposalsQuery().load(query)
        question = reads.question(given, tuple(given["audience"]))
        concerns = planning.answered(reads.catalogue, question)
    except NotPossible as error:
        fail(f"{error.field}: {error.detail}")
    except ValidationError as error:
        fail("; ".join(f"{field}: {says}" for field, says in error.messages_dict.items()))
    settled = [http.NotNeededAnswer().dump(one) for one in settled_of(concerns)]
    wish, sites = planning.wish(concerns, question), reads.index.sites()
    if wish.site and sites and wish.site not in sites:
        fail(f"site: There is no site '{wish.site}'; there are: {asked.few(sites)}.")
    found = explain_wish(reads.index, wish, start, past.now, reads.objective) if wish.stops and sites else ()
    return settled, found


def _known(settings: Settings, as_of: datetime | int | None) -> Known:
    try:
        return known(settings, as_of, datetime.now(UTC))
    except DBAPIError as error:
        reason = str(error.orig).splitlines()[0]
        raise CannotDo(
            f"booking's log can't be read ({reason}). Is the ensemble of this folder up? See `foyer status`."
        ) from None


def _as_of(text: str | None, zone: ZoneInfo) -> datetime | int | None:
    if text is None:
        return None
    position = asked.position(text)
    return _moment(text, zone, "--as-of", "a position in booking's log, or a time") if position is None else position


def _moment(text: str, zone: ZoneInfo, option: str, what: str = "a time") -> datetime:
    try:
        return asked.moment(text, zone, option, AHEAD, what)
    except BadInput as error:
        fail(str(error))


def fail(sentence: str) -> NoReturn:
    """End the command with status 2 and what is wrong."""
    typer.echo(sentence, err=True)
    raise typer.Exit(WRONG)
