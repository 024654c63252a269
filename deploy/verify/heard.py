"""Every message of a speaker at each of its listeners: behind the gate, or kept with what it waits for."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, text

from deploy.verify.log import HEARD, Finding, Redeliver
from shared import sequencer

_SAID = text("SELECT stream, max(sequence) AS last FROM events WHERE said IS NOT NULL GROUP BY stream")
_UNTOLD = text(
    "SELECT stream, count(*) AS number FROM events "
    "WHERE said IS NOT NULL AND (position IS NULL OR position > :told) GROUP BY stream"
)
_PASSED = text("SELECT stream, sequence FROM gates WHERE source = :source")
_HELD = text("SELECT stream, sequence, reason FROM held WHERE source = :source ORDER BY stream, sequence")


@dataclass(frozen=True, slots=True)
class Said:
    """The last sequence of each stream of a speaker, and how many of its messages the broker has not been told yet."""

    last: Mapping[str, int]
    untold: Mapping[str, int]


def said(connection: Connection) -> Said:
    """What a speaker has said."""
    untold = connection.execute(_UNTOLD, {"told": sequencer.cursor(connection)})
    waiting = {row.stream: row.number for row in untold}
    rows = connection.execute(_SAID, execution_options={"yield_per": 2000})
    return Said({row.stream: row.last for row in rows}, waiting)


def heard(connection: Connection, listener: str, said_by: Mapping[str, Said]) -> Iterator[Finding]:
    """What a listener lacks of what its speakers said, and what it heard that they did not say."""
    for speaker, said in said_by.items():
        held = _held(connection, speaker)
        for stream, passed in sorted(_not_at_the_end(connection, speaker, said.last).items()):
            last = said.last.get(stream, -1)
            if passed > last:
                detail = f"has passed message {passed} of {speaker}, which has said {last + 1}"
                yield Finding(HEARD, listener, stream, detail)
            else:
                last -= said.untold.get(stream, 0)
                yield from _behind(listener, speaker, stream, passed, last, held.get(stream, {}))


def _held(connection: Connection, speaker: str) -> Mapping[str, Mapping[int, bool]]:
    """What is kept, by stream and sequence; true for what is parked."""
    kept: dict[str, dict[int, bool]] = defaultdict(dict)
    for row in connection.execute(_HELD, {"source": speaker}):
        kept[row.stream][row.sequence] = bool(row.reason)
    return kept


def _not_at_the_end(connection: Connection, speaker: str, last: Mapping[str, int]) -> Mapping[str, int]:
    """Where the gate stands of the streams whose last message has not passed it."""
    found: dict[str, int] = {}
    complete = 0
    for row in connection.execute(_PASSED, {"source": speaker}, execution_options={"yield_per": 2000}):
        if row.sequence == last.get(row.stream):
            complete += 1
        else:
            found[row.stream] = row.sequence
    if complete + len(found.keys() & last.keys()) < len(last):  # nothing has passed of some
        there = set(connection.execute(_PASSED, {"source": speaker}).scalars())
        found |= {stream: -1 for stream in last if stream not in there}
    return found


def _behind(
    listener: str, speaker: str, stream: str, passed: int, last: int, kept: Mapping[int, bool]
) -> Iterator[Finding]:
    lost = [sequence for sequence in range(passed + 1, last + 1) if sequence not in kept]
    if lost:
        remedy = Redeliver(speaker, stream, lost[0], lost[-1], listener)
        detail = f"{_counted(lost)} of {speaker} neither took effect nor is parked"
        yield Finding(HEARD, listener, stream, detail, remedy)
    elif not any(kept.values()) and last > passed:
        first = passed + 1
        detail = f"message {first} of {speaker} is kept although its turn has come"
        yield Finding(HEARD, listener, stream, detail, Redeliver(speaker, stream, first, first, listener))


def _counted(lost: list[int]) -> str:
    return f"message {lost[0]}" if len(lost) == 1 else f"messages {lost[0]} to {lost[-1]} ({len(lost)} of them)"
