"""The log and the list of visits."""

import sqlalchemy as sa
from alembic import op

from shared.migrations import core

revision = "visitor_access_0001"
down_revision = None


def upgrade() -> None:
    core.create()
    op.create_table(
        "visits",
        sa.Column("appointment", sa.Text, primary_key=True),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("number", sa.Text),
        sa.Column("site", sa.Text, nullable=False),
        sa.Column("date", sa.Text, nullable=False),
        sa.Column("starts_at", sa.Text, nullable=False),
        sa.Column("ends_at", sa.Text, nullable=False),
        sa.Column("party_size", sa.Integer, nullable=False),
        sa.Column("stops", sa.JSON, nullable=False),
        sa.Column("guest", sa.Text),
        sa.Column("arrived_at", sa.Text),
        sa.Column("left_at", sa.Text),
        sa.Column("assumed", sa.Boolean, nullable=False),
    )
    op.create_index("visits_date_site", "visits", ["date", "site"])
    op.create_index("visits_number", "visits", ["number"], unique=True)
