"""The log and the table of messages."""

import sqlalchemy as sa
from alembic import op

from shared.migrations import core

revision = "notifications_0001"
down_revision = None


def upgrade() -> None:
    core.create()
    op.create_table(
        "messages",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("appointment", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("because", sa.Text),
    )
    op.create_index("messages_appointment", "messages", ["appointment"])
