"""Accounts, their passwords, failed tries, and whose sessions were ended."""

import sqlalchemy as sa
from alembic import op

from shared.migrations import core

revision = "booking_0005"
down_revision = "booking_0004"


def upgrade() -> None:
    core.create_ended_sessions()
    op.create_table(
        "accounts",
        sa.Column("account", sa.Text, primary_key=True),
        sa.Column("roles", sa.Text, nullable=False),
        sa.Column("person", sa.Text),
        sa.Column("open", sa.Boolean, nullable=False),
    )
    op.create_table(
        "passwords",
        sa.Column("account", sa.Text, primary_key=True),
        sa.Column("hash", sa.Text, nullable=False),
    )
    op.create_table(
        "tries",
        sa.Column("who", sa.Text, primary_key=True),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("last_at", sa.Text, nullable=False),
    )
