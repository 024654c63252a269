"""Whose sessions were ended."""

from shared.migrations import core

revision = "rooms_0003"
down_revision = "rooms_0002"


def upgrade() -> None:
    core.create_ended_sessions()
