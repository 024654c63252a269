"""The log, the clerks, their open days, and what is reserved."""

import sqlalchemy as sa
from alembic import op

from shared.migrations import core

revision = "staff_calendar_0001"
down_revision = None


def upgrade() -> None:
    core.create()
    op.create_table(
        "taken",
        sa.Column("resource", sa.Text, primary_key=True),
        sa.Column("tick", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("appointment", sa.Text, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
    )
    op.create_table(
        "clerks",
        sa.Column("clerk", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("departments", sa.JSON, nullable=False),
        sa.Column("competences", sa.JSON, nullable=False),
        sa.Column("responsibility", sa.JSON, nullable=False),
        sa.Column("languages", sa.JSON, nullable=False),
        sa.Column("quotas", sa.JSON),
    )
    op.create_table(
        "open_days",
        sa.Column("clerk", sa.Text, primary_key=True),
        sa.Column("date", sa.Text, primary_key=True),
        sa.Column("open", sa.JSON, nullable=False),
    )
    op.create_table(
        "reservations",
        sa.Column("appointment", sa.Text, primary_key=True),
        sa.Column("attempt", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("stop", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("clerk", sa.Text, nullable=False),
        sa.Column("date", sa.Text, nullable=False),
        sa.Column("site", sa.Text, nullable=False),
        sa.Column("starts_at", sa.Text, nullable=False),
        sa.Column("ends_at", sa.Text, nullable=False),
        sa.Column("blocked_until", sa.Text, nullable=False),
        sa.Column("concern", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("reserved_at", sa.Text, nullable=False),
    )
    op.create_index("reservations_clerk_date", "reservations", ["clerk", "date"])
