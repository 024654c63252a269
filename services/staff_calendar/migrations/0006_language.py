"""The language in which a clerk is mailed; until now everybody was in German."""

import sqlalchemy as sa
from alembic import op

revision = "staff_calendar_0006"
down_revision = "staff_calendar_0005"


def upgrade() -> None:
    op.add_column("calendar_links", sa.Column("language", sa.Text, nullable=False, server_default="de"))
