"""Read models beside a fresh fold of the log, row for row; and keys that should be gone."""

from collections.abc import Iterator

from sqlalchemy import Connection, Engine, inspect, select

from deploy.parts import definition
from deploy.verify.log import AS_THE_LOG_SAYS, FORGOTTEN, NO_OVERLAP, WHOLE_LOG, Finding, Rebuild
from shared.codec import UnknownEvent
from shared.compare import compare
from shared.fold import Fold
from shared.frozen import frozen
from shared.rebuild import Replay, read_tables
from shared.tables import subject_keys


def as_the_log_says(engine: Engine, service: str) -> Iterator[Finding]:
    """Rows that the log does not account for, and rows that it does and that are not there."""
    there = definition(service)
    tables = read_tables(there)
    with frozen(engine) as (connection, last):
        names = set(inspect(connection).get_table_names())
        for table in tables:
            if table.name not in names:
                yield Finding(AS_THE_LOG_SAYS, service, table.name, "the table is missing", Rebuild(service, "all"))
        kept = [table for table in tables if table.name in names]
        fold = Fold(kept, only_look=True)
        try:
            for _page in Replay(there, kept).pages(fold, connection, 0, last):
                pass
        except UnknownEvent as error:
            yield Finding(WHOLE_LOG, service, "all streams", f"can't be read by this version: {error}")
            return
        for twice in fold.twice:
            yield Finding(NO_OVERLAP, service, twice.table, str(twice))
        for difference in compare(connection, fold):
            if difference.found:
                counts = f"{difference.changed} different, {difference.missing} missing, {difference.surplus} surplus"
                detail = f"{counts}: {'; '.join(difference.examples)}"
                yield Finding(AS_THE_LOG_SAYS, service, difference.table, detail, Rebuild(service, difference.table))


def forgotten(connection: Connection, service: str, subjects: set[str]) -> Iterator[Finding]:
    """Keys of guests whom booking has forgotten."""
    query = select(subject_keys.c.subject).where(subject_keys.c.wrapped.is_not(None))
    for subject in connection.execute(query, execution_options={"yield_per": 2000}).scalars():
        if subject in subjects:
            yield Finding(FORGOTTEN, service, f"appointment-{subject}", "its key is still there")
