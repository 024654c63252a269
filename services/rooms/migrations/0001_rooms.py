"""The log, the rooms and what holds them."""

import sqlalchemy as sa
from alembic import op

from shared.migrations import core

revision = "rooms_0001"
down_revision = None


def upgrade() -> None:
    core.create()
    op.create_table(
        "rooms",
        sa.Column("room", sa.Text, primary_key=True),
        sa.Column("definition", sa.JSON, nullable=False),
        sa.Column("hours", sa.JSON),
    )
    op.create_table(
        "opened",
        sa.Column("room", sa.Text, primary_key=True),
        sa.Column("date", sa.Text, primary_key=True),
        sa.Column("open", sa.JSON, nullable=False),
    )
    op.create_table(
        "taken",
        sa.Column("resource", sa.Text, primary_key=True),
        sa.Column("tick", sa.BigInteger, primary_key=True, autoincrement=False),
    )
    op.create_table(
        "reservations",
        sa.Column("appointment", sa.Text, primary_key=True),
        sa.Column("attempt", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("stop", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("room", sa.Text, nullable=False),
        sa.Column("date", sa.Text, nullable=False),
        sa.Column("starts_at", sa.Text, nullable=False),
        sa.Column("ends_at", sa.Text, nullable=False),
        sa.Column("blocked_until", sa.Text, nullable=False),
    )
    op.create_index("reservations_room_date", "reservations", ["room", "date"])
