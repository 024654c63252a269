"""The guarantees, checked against the five services' own logs: what they stored, not what they tell.

The ensemble must have come to rest: what is still on its way shows as a finding. Reads only; one log after the other.
"""

from datetime import UTC, datetime

from deploy.verify.booked import still_on_the_way, visits_of
from deploy.verify.held import all_or_nothing, held_of
from deploy.verify.log import (
    ALL_OR_NOTHING,
    ANY,
    AT_REST,
    NO_OVERLAP,
    ON_THE_LIST,
    ONE_MAIL,
    READ,
    Finding,
    NoLog,
    connected,
    read,
)
from deploy.verify.told import on_the_list, one_mail

__all__ = ["GUARANTEES", "Finding", "NoLog", "check"]

GUARANTEES = (NO_OVERLAP, ALL_OR_NOTHING, AT_REST, ON_THE_LIST, ONE_MAIL)


def check(database_url_pattern: str) -> list[Finding]:
    """All findings; none when every guarantee holds. `{service}` in the pattern stands for a service. Raises NoLog."""
    for service in READ:
        with connected(database_url_pattern, service) as connection:
            connection.execute(ANY)
    logs = {service: read(database_url_pattern, service) for service in READ}
    visits = visits_of(logs["booking"])
    findings = [*still_on_the_way(visits, datetime.now(UTC))]
    for service in ("rooms", "staff_calendar"):
        held, faults = held_of(service, logs[service])
        findings += [*faults, *all_or_nothing(service, held, visits)]
    return [*findings, *on_the_list(logs["visitor_access"], visits), *one_mail(logs["notifications"], visits)]
