"""What operations have ordered this service to do."""

from shared.migrations import core

revision = "rooms_0002"
down_revision = "rooms_0001"


def upgrade() -> None:
    core.create_orders()
