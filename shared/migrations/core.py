"""What the migrations of every service create. Frozen: a later change is a function and a migration of its own."""

import sqlalchemy as sa
from alembic import op

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def create() -> None:
    """Event log, cursors, gates, held messages, timers, subject keys."""
    op.create_table(
        "events",
        sa.Column("id", BIG_ID, primary_key=True, autoincrement=True),
        sa.Column("stream", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("schema_version", sa.Integer, nullable=False),
        sa.Column("data", sa.Text, nullable=False),
        sa.Column("meta", sa.Text, nullable=False),
        sa.Column("said", sa.Text),
        sa.Column("message", sa.Text),
        sa.Column("sequence", sa.Integer),
        sa.Column("position", sa.BigInteger),
        sa.Column("recorded_at", sa.Text, nullable=False),
        sa.UniqueConstraint("stream", "version", name="events_stream_version"),
        sa.UniqueConstraint("position", name="events_position"),
    )
    unnumbered = sa.text("position IS NULL")
    op.create_index("events_unnumbered", "events", ["id"], postgresql_where=unnumbered, sqlite_where=unnumbered)
    op.create_table(
        "cursors",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("position", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "gates",
        sa.Column("stream", sa.Text, primary_key=True),
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("sequence", sa.Integer, nullable=False),
    )
    op.create_table(
        "held",
        sa.Column("stream", sa.Text, primary_key=True),
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("sequence", sa.Integer, primary_key=True),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("error", sa.Text),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("held_at", sa.Text, nullable=False),
    )
    op.create_table(
        "timers",
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("subject", sa.Text, primary_key=True),
        sa.Column("due_at", sa.Text, nullable=False),
    )
    op.create_index("timers_due", "timers", ["kind", "due_at"])
    op.create_table(
        "subject_keys",
        sa.Column("subject", sa.Text, primary_key=True),
        sa.Column("wrapped", sa.LargeBinary),
        sa.Column("sent", sa.Boolean, nullable=False),
    )
    unsent = sa.text("sent IS FALSE")
    op.create_index("subject_keys_unsent", "subject_keys", ["subject"], postgresql_where=unsent, sqlite_where=unsent)


def create_orders() -> None:
    """What operations have ordered a service to do; each once."""
    op.create_table(
        "orders",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("stream", sa.Text, nullable=False),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("result", sa.Text, nullable=False),
        sa.Column("detail", sa.Text),
        sa.Column("original", sa.LargeBinary),
        sa.Column("replacement", sa.LargeBinary),
    )


def create_ended_sessions() -> None:
    """Whose sessions were ended, and when: what the door of every call looks up."""
    op.create_table(
        "ended_sessions",
        sa.Column("who", sa.Text, primary_key=True),
        sa.Column("before", sa.Text, nullable=False),
    )
