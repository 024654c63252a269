"""When clerks are busy elsewhere, as their own calendars say."""

import sqlalchemy as sa
from alembic import op

revision = "booking_0006"
down_revision = "booking_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "busy_days",
        sa.Column("clerk", sa.Text, primary_key=True),
        sa.Column("date", sa.Date, primary_key=True),
        sa.Column("busy", sa.Text, nullable=False),
    )
