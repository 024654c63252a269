"""What operations have ordered this service to do."""

from shared.migrations import core

revision = "booking_0004"
down_revision = "booking_0003"


def upgrade() -> None:
    core.create_orders()
