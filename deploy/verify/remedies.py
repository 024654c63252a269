"""What can be done about a finding: messages again, commands again, a read model anew. Never is an event touched."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import NAMESPACE_URL, uuid5

from sqlalchemy import Connection, text

from deploy.operations.running import service_app
from deploy.operations.wire import Wire
from deploy.parts import place
from deploy.verify.log import Finding, Rebuild, Redeliver, Reissue, Remedy, connected
from shared.alone import AlreadyRunning
from shared.app import App
from shared.beside import Beside
from shared.definition import UnknownVersion
from shared.fold import TakenTwice
from shared.messages import CONTENT_TYPE, Message, numbered, read

_MESSAGES = text(
    "SELECT message, position FROM events WHERE stream = :stream AND sequence BETWEEN :first AND :last "
    "AND position IS NOT NULL ORDER BY sequence"
)
_ABOUT = text(
    "SELECT message, position FROM events WHERE stream = :stream AND said IS NOT NULL AND position IS NOT NULL "
    "ORDER BY version"
)


@dataclass(frozen=True, slots=True)
class Done:
    """What came of a remedy."""

    remedy: Remedy
    what: str


def promising(findings: Sequence[Finding], pattern: str) -> list[Finding]:
    """The same; but commands of which a decider would make nothing are no remedy. Raises BadInput."""
    futile = {remedy for remedy in remedies(findings) if isinstance(remedy, Reissue) and not _foreseen(remedy, pattern)}
    return [replace(finding, remedy=None) if finding.remedy in futile else finding for finding in findings]


def remedies(findings: Sequence[Finding]) -> list[Remedy]:
    """Each once: first messages, then commands, then read models."""
    wanted = dict.fromkeys(finding.remedy for finding in findings if finding.remedy is not None)
    order = (Redeliver, Reissue, Rebuild)
    return sorted(wanted, key=lambda remedy: order.index(type(remedy)))


def described(remedy: Remedy) -> str:
    """What would be done, in words."""
    match remedy:
        case Redeliver(speaker, stream, first, last, listener):
            which = f"message {first}" if first == last else f"messages {first} to {last}"
            return f"Redeliver {which} of {speaker}'s stream {stream} to {listener}."
        case Reissue(service, appointment):
            return f"Give {service} again the commands that follow from what was said about {appointment}."
        case Rebuild(service, table):
            return f"Rebuild {service}'s {table} from the log."


def carry_out(remedy: Remedy, pattern: str, amqp_url: str) -> Done:
    """Do it. Raises BadInput where broker or database is gone."""
    match remedy:
        case Redeliver():
            return Done(remedy, f"{_redeliver(remedy, pattern, amqp_url)} sent")
        case Reissue():
            return Done(remedy, _reissue(remedy, pattern))
        case Rebuild():
            return Done(remedy, _rebuild(remedy))


def _rebuild(remedy: Rebuild) -> str:
    with service_app(remedy.service) as app:
        one = Beside(app, remedy.table)
        try:
            with one.alone():
                one.build()
                one.swap()
        except TakenTwice as error:
            return f"not rebuilt: {error} in the log"
        except AlreadyRunning as error:
            return f"not rebuilt: {error}"
    return "rebuilt; `foyer rebuild --undo` goes back"


def _redeliver(remedy: Redeliver, pattern: str, amqp_url: str) -> int:
    with connected(pattern, remedy.speaker) as connection:
        span = {"stream": remedy.stream, "first": remedy.first, "last": remedy.last}
        rows = connection.execute(_MESSAGES, span).all()
    wire = Wire(amqp_url, remedy.listener)
    try:
        for row in rows:
            wire.send(CONTENT_TYPE, numbered(row.message, row.position))
        wire.wait_confirmed()
    finally:
        wire.close()
    return len(rows)


def _reissue(remedy: Reissue, pattern: str) -> str:
    with service_app(remedy.service) as app:
        messages = _heard_about(app, pattern, remedy.appointment)
        decided = [type(event).__name__ for message in messages for event in _again(app, message)]
    return ", ".join(decided) or "nothing to do, says its decider"


def _foreseen(remedy: Reissue, pattern: str) -> bool:
    """Whether anything would come of it now."""
    with service_app(remedy.service) as app:
        try:
            commands = [
                command
                for message in _heard_about(app, pattern, remedy.appointment)
                for command in app.definition.commands(message, datetime.now(UTC))
            ]
        except UnknownVersion:
            return False  # it is parked; a newer release knows more
        return bool(commands and app.foresee(*commands))


def _heard_about(app: App, pattern: str, appointment: str) -> list[Message]:
    messages: list[Message] = []
    for speaker in app.definition.hears:
        with connected(pattern, speaker) as connection:
            messages += _about(connection, speaker, appointment)
    return messages


def _about(connection: Connection, speaker: str, appointment: str) -> list[Message]:
    streams = [f"{prefix}-{appointment}" for prefix in place(speaker).stories]
    rows = [row for stream in streams for row in connection.execute(_ABOUT, {"stream": stream})]
    return [read(numbered(row.message, row.position)) for row in rows]


def _again(app: App, message: Message) -> list[object]:
    """The commands of a message with ids of their own; the gates don't hear of it."""
    now = datetime.now(UTC)
    commands = [
        replace(command, id=str(uuid5(NAMESPACE_URL, f"again/{now.isoformat()}/{command.id}")))
        for command in app.definition.commands(message, now)
    ]
    return app.handle(*commands, cause=message.cause) if commands else []
