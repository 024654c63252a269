"""The guest at the clerk's desk, absences, and addresses of feeds that can be renewed."""

import sqlalchemy as sa
from alembic import op

revision = "staff_calendar_0005"
down_revision = "staff_calendar_0004"


def upgrade() -> None:
    op.add_column("clerks", sa.Column("renewed", sa.Integer, nullable=False, server_default="0"))
    op.add_column("reservations", sa.Column("called_at", sa.Text))
    op.add_column("reservations", sa.Column("finished_at", sa.Text))
    op.create_table(
        "visits",
        sa.Column("appointment", sa.Text, primary_key=True),
        sa.Column("guest", sa.Text),
        sa.Column("attempt", sa.Integer),
        sa.Column("party_size", sa.Integer),
        sa.Column("language", sa.Text),
        sa.Column("documents", sa.JSON),
        sa.Column("rooms", sa.JSON),
        sa.Column("presence", sa.Text),
        sa.Column("presence_at", sa.Text),
    )
    op.create_table(
        "absences",
        sa.Column("clerk", sa.Text, primary_key=True),
        sa.Column("absence", sa.Text, primary_key=True),
        sa.Column("from_at", sa.Text, nullable=False),
        sa.Column("until_at", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
    )
