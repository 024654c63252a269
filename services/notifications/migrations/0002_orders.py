"""What operations have ordered this service to do."""

from shared.migrations import core

revision = "notifications_0002"
down_revision = "notifications_0001"


def upgrade() -> None:
    core.create_orders()
