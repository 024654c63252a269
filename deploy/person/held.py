"""Everything that is held about one guest, readable: for the person who asks."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import typer
from sqlalchemy import select

from deploy.home import BadInput
from deploy.operations.databases import opened, settings_of
from deploy.parts import SERVICES
from deploy.person.finding import by_id, guest_of, vault_of
from deploy.states import states
from deploy.story import story
from services.booking.projections import FORGET
from shared import config
from shared.tables import timers

_SAID = ("name", "email", "phone")
"""What a guest has said of herself. What else is sealed with it may open doors."""
_PURPOSES = {
    "booking": "the appointment: what for, when, with whom, and who is coming",
    "rooms": "which room is kept for the visit; no name",
    "staff_calendar": "which clerk expects whom, and prepares for what",
    "visitor_access": "the access list: who is expected at the entrance, who came and left",
    "notifications": "the mails about the visit: when, with what result; the address is not kept apart",
}


def hand_out(appointment: str, service: str, output: Path | None) -> None:
    """Print it, or write it to a file that only this user may read. Raises BadInput."""
    if service:
        raise BadInput("--guest is about all services: name none beside it.")
    by_id(appointment)
    text = orjson.dumps(held_about(appointment), option=orjson.OPT_INDENT_2).decode()
    if output is None:
        typer.echo(text)
        return
    try:
        output.touch(mode=0o600)
        output.write_text(text + "\n")
    except OSError as error:
        raise BadInput(f"{output} can't be written: {error.strerror}.") from None
    typer.echo(f"All that is held about the guest of {appointment} is in {output}.", err=True)


def held_about(appointment: str) -> dict[str, Any]:
    """What each service holds, in plain words and opened. Raises BadInput where a database can't be read."""
    pattern = config.load(config.EVERY).database_url
    settings = settings_of("booking")
    zone = ZoneInfo(settings.timezone)
    known = states(pattern, appointment, None, zone)
    happened = story(pattern, appointment)
    with opened("booking") as connection:
        guest = guest_of(connection, vault_of("booking"), appointment)
        due = connection.execute(
            select(timers.c.due_at).where(timers.c.kind == FORGET, timers.c.subject == appointment)
        ).scalar()
    return {
        "appointment": appointment,
        "as_of": datetime.now(UTC).astimezone(zone).isoformat(timespec="seconds"),
        "guest": guest and {name: guest[name] for name in _SAID if name in guest},
        "forgotten": guest is None,
        "will_be_forgotten": _forgetting(due, settings.retention_days, zone),
        "services": {
            service: {
                "purpose": _PURPOSES[service],
                "knows": known[service],
                "recorded": [
                    {"at": told.at.astimezone(zone).isoformat(timespec="seconds"), "what": told.type}
                    for told in happened
                    if told.service == service
                ],
            }
            for service in SERVICES
        },
    }


def _forgetting(due: str | None, days: int, zone: ZoneInfo) -> str | None:
    """When the key is deleted by itself, if nobody asks for it earlier."""
    if due is None:
        return None
    return (datetime.fromisoformat(due) + timedelta(days=days)).astimezone(zone).isoformat(timespec="seconds")
