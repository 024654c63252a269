"""Whose sessions were ended."""

from shared.migrations import core

revision = "staff_calendar_0004"
down_revision = "staff_calendar_0003"


def upgrade() -> None:
    core.create_ended_sessions()
