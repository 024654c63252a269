"""The first tables of booking."""

import sqlalchemy as sa
from alembic import op

from shared.migrations import core

revision = "booking_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    core.create()
    op.create_table(
        "resources",
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("resource", sa.Text, primary_key=True),
        sa.Column("definition", sa.Text, nullable=False),
    )
    op.create_table(
        "open_days",
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("resource", sa.Text, primary_key=True),
        sa.Column("date", sa.Date, primary_key=True),
        sa.Column("open", sa.Text, nullable=False),
    )
    op.create_table(
        "holds",
        sa.Column("appointment", sa.Text, primary_key=True),
        sa.Column("attempt", sa.Integer, primary_key=True),
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("stop", sa.Integer, primary_key=True),
        sa.Column("resource", sa.Text, nullable=False),
        sa.Column("starts_at", sa.Text, nullable=False),
        sa.Column("blocked_until", sa.Text, nullable=False),
    )
