"""Which appointments are meant: by id, pass number, what the guest is called or reached at, age, or an action."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import Connection, select, text

from deploy.home import BadInput
from deploy.operations import log
from deploy.operations.databases import opened, settings_of
from deploy.operations.projections import actions
from services.booking.projections import FORGET
from services.visitor_access import passes
from services.visitor_access.projections import visits
from shared.tables import events, instant, subject_keys, timers
from shared.vault import BadToken, Vault

AT_ONCE = 500
_GUEST = {
    "sqlite": text("SELECT json_extract(data, '$.guest') AS guest FROM events WHERE type = :type AND stream = :stream"),
    "postgresql": text(
        "SELECT CAST(data AS json) ->> 'guest' AS guest FROM events WHERE type = :type AND stream = :stream"
    ),
}


def by_id(appointment: str) -> list[str]:
    """The appointment itself. Raises BadInput where booking has none."""
    with opened("booking") as connection:
        query = select(events.c.stream).where(events.c.stream == f"appointment-{appointment}").limit(1)
        if connection.execute(query).first() is None:
            raise BadInput(f"booking knows no appointment {appointment!r}.")
    return [appointment]


def by_pass(number: str) -> list[str]:
    """The appointment of a pass, read as the entrance reads it. Raises BadInput."""
    with opened("visitor_access") as connection:
        # What is no pass is nobody's: None would be that of all who have none yet.
        query = select(visits.c.appointment).where(visits.c.number == (passes.read(number) or ""))
        found = list(connection.execute(query).scalars())
    if not found:
        raise BadInput("Nobody on the access lists has that pass.")
    return found


def by_guest(wanted: str) -> list[str]:
    """All appointments of whoever has that name or address; every sealed guest of booking is opened to find them.

    What is sought is not repeated in what is said. Raises BadInput.
    """
    vault = vault_of("booking")
    with opened("booking") as connection:
        found = [name for name, guest in readable(connection, vault) if _is(wanted, guest)]
    if not found:
        raise BadInput("No readable guest has that name or address; forgotten ones can't be found any more.")
    return found


def ended_before(days: int, now: datetime) -> list[str]:
    """The appointments whose visit ended longer ago than so many days, and that are not forgotten yet."""
    query = select(timers.c.subject).where(
        timers.c.kind == FORGET, timers.c.due_at <= instant(now - timedelta(days=days))
    )
    with opened("booking") as connection:
        return sorted(connection.execute(query).scalars())


def by_action(action: str) -> list[str]:
    """The appointments that an earlier `foyer forget` was about, as the audit log has it. Raises BadInput."""
    query = select(actions.c.plan).where(actions.c.action == action, actions.c.what == "forget")
    with log.existing() as audit, audit.read() as connection:
        plan = connection.execute(query).scalar()
    if plan is None:
        raise BadInput(
            f"There is no `foyer forget` {action!r} in the audit log; `foyer audit --what forget` lists them."
        )
    return list(plan["appointments"])


def readable(connection: Connection, vault: Vault) -> Iterator[tuple[str, dict[str, str]]]:
    """Every guest whose key booking still has, opened, with the appointment."""
    keys = select(subject_keys.c.subject).where(subject_keys.c.wrapped.is_not(None))
    subjects = list(connection.execute(keys).scalars())
    for subject in subjects:
        guest = guest_of(connection, vault, subject)
        if guest is not None:
            yield subject, guest


def guest_of(connection: Connection, vault: Vault, appointment: str) -> dict[str, str] | None:
    """Who it is, as booking has it sealed; None when the key is gone."""
    stream = {"type": "AppointmentRequested", "stream": f"appointment-{appointment}"}
    token = connection.execute(_GUEST[connection.dialect.name], stream).scalar()
    try:
        return vault.open(connection, [token])[token] if token else None
    except BadToken:
        return None


def vault_of(service: str) -> Vault:
    """The vault of a service, with its own keys."""
    settings = settings_of(service)
    return Vault(settings.master_key, settings.transport_key)


def _is(wanted: str, guest: dict[str, str]) -> bool:
    sought = " ".join(wanted.split()).casefold()
    return sought in {" ".join(str(guest.get(name, "")).split()).casefold() for name in ("name", "email")}
