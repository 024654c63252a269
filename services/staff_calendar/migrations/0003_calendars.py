"""The clerks' own calendars, and the times at which these make them busy."""

import sqlalchemy as sa
from alembic import op

revision = "staff_calendar_0003"
down_revision = "staff_calendar_0002"


def upgrade() -> None:
    op.add_column("reservations", sa.Column("confirmed_at", sa.Text))
    op.create_table(
        "busy_days",
        sa.Column("clerk", sa.Text, primary_key=True),
        sa.Column("date", sa.Text, primary_key=True),
        sa.Column("busy", sa.JSON, nullable=False),
    )
    op.create_table(
        "calendar_links",
        sa.Column("calendar", sa.Text, primary_key=True),
        sa.Column("clerk", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("host", sa.Text, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("zone", sa.Text, nullable=False),
        sa.Column("mail", sa.Text),
        sa.Column("blocks", sa.Boolean, nullable=False),
        sa.Column("writes", sa.Boolean, nullable=False),
        sa.Column("opens", sa.Text),
        sa.Column("site", sa.Text),
        sa.Column("connected_at", sa.Text, nullable=False),
    )
    op.create_index("calendar_links_clerk", "calendar_links", ["clerk"])
    op.create_table(
        "calendar_states",
        sa.Column("calendar", sa.Text, primary_key=True),
        sa.Column("token", sa.Text),
        sa.Column("due_at", sa.Text, nullable=False),
        sa.Column("tried_at", sa.Text),
        sa.Column("good_at", sa.Text),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("because", sa.Text),
        sa.Column("detail", sa.Text),
    )
    op.create_table(
        "calendar_entries",
        sa.Column("calendar", sa.Text, primary_key=True),
        sa.Column("href", sa.Text, primary_key=True),
        sa.Column("uid", sa.Text, primary_key=True),
        sa.Column("etag", sa.Text),
        sa.Column("busy", sa.JSON, nullable=False),
        sa.Column("opens", sa.JSON, nullable=False),
        sa.Column("reaches", sa.Text),
        sa.Column("problem", sa.Text),
    )
    op.create_table(
        "calendar_written",
        sa.Column("calendar", sa.Text, primary_key=True),
        sa.Column("uid", sa.Text, primary_key=True),
        sa.Column("appointment", sa.Text, nullable=False),
        sa.Column("stop", sa.Integer, nullable=False),
        sa.Column("href", sa.Text, nullable=False),
        sa.Column("etag", sa.Text),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("starts_at", sa.Text, nullable=False),
        sa.Column("ends_at", sa.Text, nullable=False),
        sa.Column("wish", sa.Text),
    )
