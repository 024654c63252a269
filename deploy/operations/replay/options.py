"""What was asked for on the command line, as a selection or a list of ids. Raises BadInput."""

from pathlib import Path
from zoneinfo import ZoneInfo

from deploy.home import BadInput
from deploy.operations import asked
from deploy.operations.replay.selection import Selection
from shared.tables import instant

EVERYTHING = 2**62


def named_ids(ids: list[str] | None, file: Path | None) -> tuple[str, ...]:
    """Ids given one by one, and those of a file; each once."""
    named = list(ids or ())
    if file is not None:
        try:
            named += [line.strip() for line in file.read_text().splitlines() if line.strip()]
        except (OSError, ValueError) as error:
            raise BadInput(
                f"--ids: {file} can't be read ({type(error).__name__}); it is a text of one id a line."
            ) from None
    for one in named:
        if len(one) > asked.LONGEST_ID or not one.isprintable():
            raise BadInput(f"{one[:50]!r} is not an id.")
    return tuple(dict.fromkeys(named))


def selection(
    positions: str,
    since: str,
    until: str,
    zone: ZoneInfo,
    kinds: list[str] | None,
    streams: list[str] | None,
    subjects: list[str] | None,
) -> tuple[Selection, bool]:
    """What was asked for, and whether it was bounded above."""
    above, up_to = asked.positions(positions)
    first = instant(asked.moment(since, zone, "--since")) if since else ""
    last = instant(asked.moment(until, zone, "--until")) if until else ""
    if first and last and first >= last:
        raise BadInput("--since must be before --until.")
    lists = (tuple(given or ()) for given in (kinds, streams, subjects))
    return Selection(above, up_to or EVERYTHING, first, last, *lists), up_to is not None
