"""Which of the actions that have no end in the log are still under way, and which a kill has ended."""

import os
import socket
from typing import Any

from sqlalchemy import Connection, RowMapping, select

from deploy.operations.projections import actions

BEGUN, KILLED = "begun", "killed"


def with_end(row: RowMapping) -> dict[str, Any]:
    """A row of `actions`, and whether what has no end is still under way."""
    found = dict(row)
    if found["status"] == BEGUN and found["host"] == socket.gethostname() and not _lives(found["pid"]):
        found["status"] = KILLED
    return found


def replays_under_way(connection: Connection) -> set[str]:
    """The replays that some process carries on. By the actions, not by their locks: looking must not hold one."""
    query = select(actions).where(actions.c.status == BEGUN, actions.c.what.in_(("replay", "replay resume")))
    rows = map(with_end, connection.execute(query).mappings())
    return {row["plan"]["job"] for row in rows if row["status"] == BEGUN}


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
