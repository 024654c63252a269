"""Alembic's entry: runs the migrations of one service on the engine that `shared.migrate` hands over."""

from alembic import context

engine = context.config.attributes["engine"]

with engine.connect().execution_options(foyer_writing=True) as connection:
    context.configure(connection=connection, render_as_batch=True, transaction_per_migration=False)
    with connection.begin(), context.begin_transaction():
        context.run_migrations()
