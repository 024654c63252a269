"""What is held says where its buffers begin."""

import sqlalchemy as sa
from alembic import op

revision = "booking_0003"
down_revision = "booking_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("holds", sa.Column("ends_at", sa.Text))
    op.add_column("holds", sa.Column("blocked_from", sa.Text))
