"""Whose sessions were ended."""

from shared.migrations import core

revision = "visitor_access_0003"
down_revision = "visitor_access_0002"


def upgrade() -> None:
    core.create_ended_sessions()
