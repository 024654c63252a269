"""When whole sites are closed."""

import sqlalchemy as sa
from alembic import op

revision = "rooms_0004"
down_revision = "rooms_0003"


def upgrade() -> None:
    op.create_table(
        "sites",
        sa.Column("site", sa.Text, primary_key=True),
        sa.Column("closures", sa.JSON, nullable=False),
    )
