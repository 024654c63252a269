"""Keys of subjects that a listener has never heard of: they were lost together with the messages about them."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Row, select

from deploy.home import BadInput
from deploy.operations.databases import settings_of
from shared.tables import subject_keys
from shared.vault import OtherMasterKey, Vault

_SUBJECT = subject_keys.c.subject


def unheard_of(page: Sequence[Row[Any]], there: Connection, here: Connection) -> Sequence[Row[Any]]:
    """Rows of keys that `here` has for the subjects of some messages and `there` has not, forgotten ones left out."""
    subjects = {subject for row in page if (subject := _subject(row.message))}
    missing = subjects - set(there.execute(select(_SUBJECT).where(_SUBJECT.in_(sorted(subjects)))).scalars())
    if not missing:
        return ()
    kept = subject_keys.c.wrapped.is_not(None)
    return here.execute(select(subject_keys).where(_SUBJECT.in_(sorted(missing)), kept)).all()


def outgoing(source: str, rows: Sequence[Row[Any]]) -> Iterator[bytes]:
    """The keys as they travel. Raises BadInput where this machine does not have the source's master key."""
    if not rows:
        return
    settings = settings_of(source)
    vault = Vault(settings.master_key, settings.transport_key)
    for row in rows:
        try:
            yield vault.outgoing(row.subject, row.wrapped)
        except OtherMasterKey:
            raise BadInput(
                f"Keys of guests are missing there, and {source}'s master key is not the one of this FOYER_HOME: set "
                f"FOYER_MASTER_KEY_{source.upper()} and FOYER_TRANSPORT_KEY."
            ) from None


def _subject(message: str) -> str:
    _, _, rest = message.partition('"subject":"')
    return rest.partition('"')[0]
