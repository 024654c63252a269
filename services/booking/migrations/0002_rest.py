"""Places that were let go stay known for a while, so that they can rest before others get them."""

import sqlalchemy as sa
from alembic import op

revision = "booking_0002"
down_revision = "booking_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("holds", sa.Column("freed_at", sa.Text))
    op.create_index("holds_freed_at", "holds", ["freed_at"])
