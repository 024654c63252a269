"""The log of what operations do, and what is listed from it."""

import sqlalchemy as sa
from alembic import op

from shared.migrations import core

revision = "operations_0001"
down_revision = None


def upgrade() -> None:
    core.create()
    core.create_orders()
    op.create_table(
        "actions",
        sa.Column("action", sa.Text, primary_key=True),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("plan", sa.JSON, nullable=False),
        sa.Column("host", sa.Text, nullable=False),
        sa.Column("pid", sa.Integer, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("ended_at", sa.Text),
        sa.Column("outcome", sa.JSON),
    )
    op.create_table(
        "replays",
        sa.Column("job", sa.Text, primary_key=True),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("listener", sa.Text, nullable=False),
        sa.Column("mode", sa.Text, nullable=False),
        sa.Column("total", core.BIG_ID, nullable=False),
        sa.Column("sent", core.BIG_ID, nullable=False),
        sa.Column("position", core.BIG_ID, nullable=False),
        sa.Column("up_to", core.BIG_ID, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("changed_at", sa.Text, nullable=False),
    )
