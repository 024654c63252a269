"""Appointments as the info desk finds them. `foyer rebuild booking appointments` fills in those of earlier times."""

import sqlalchemy as sa
from alembic import op

revision = "booking_0007"
down_revision = "booking_0006"


def upgrade() -> None:
    op.create_table(
        "appointments",
        sa.Column("appointment", sa.Text, primary_key=True),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("site", sa.Text, nullable=False),
        sa.Column("date", sa.Date, nullable=False),
        sa.Column("starts_at", sa.Text, nullable=False),
        sa.Column("party_size", sa.Integer, nullable=False),
        sa.Column("concerns", sa.Text, nullable=False),
        sa.Column("departments", sa.Text, nullable=False),
        sa.Column("number", sa.Text),
        sa.Column("guest", sa.Text),
    )
    op.create_index("appointments_date", "appointments", ["date", "status"])
    op.create_index("appointments_number", "appointments", ["number"])
