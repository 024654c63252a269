"""The read side: what became of the messages to a guest. No address and no name: there is none in the table."""

from typing import Any

from sqlalchemy import Connection, select

from services.notifications.projections import messages


def messages_of(connection: Connection, appointment: str) -> list[dict[str, Any]]:
    """The messages of an appointment in the order in which they became due; [] for one we don't know."""
    query = select(messages).where(messages.c.appointment == appointment).order_by(messages.c.attempt, messages.c.at)
    return [_shown(row) for row in connection.execute(query).mappings()]


def _shown(row: Any) -> dict[str, Any]:
    return {name: row[name] for name in ("id", "kind", "attempt", "status", "tries", "at", "because")}
