"""What operations have ordered this service to do."""

from shared.migrations import core

revision = "staff_calendar_0002"
down_revision = "staff_calendar_0001"


def upgrade() -> None:
    core.create_orders()
