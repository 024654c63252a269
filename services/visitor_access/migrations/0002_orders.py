"""What operations have ordered this service to do."""

from shared.migrations import core

revision = "visitor_access_0002"
down_revision = "visitor_access_0001"


def upgrade() -> None:
    core.create_orders()
