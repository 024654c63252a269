"""Whose sessions were ended."""

from shared.migrations import core

revision = "notifications_0003"
down_revision = "notifications_0002"


def upgrade() -> None:
    core.create_ended_sessions()
