"""All guarantees over all logs and read models; and looked at again, so that what is only on its way is no finding."""

import time
from collections.abc import Callable, Iterator

from sqlalchemy.exc import DBAPIError

from deploy.guarantees import check
from deploy.parts import SERVICES, place
from deploy.verify import heard, models, whole
from deploy.verify.log import AS_THE_LOG_SAYS, FORGOTTEN, HEARD, WHOLE_LOG, Finding, NoLog, connected, of_forgotten
from shared.config import url_of
from shared.database import connect

Tell = Callable[[str], None]


def silent(_what: str) -> None:
    """For whoever need not know how far it is."""


def verify(database_url_pattern: str, tell: Tell = silent) -> list[Finding]:
    """All findings at this moment. Reads only. Raises NoLog."""
    tell("visits, rooms, clerks, the access list and mails")
    findings = check(database_url_pattern)
    forgotten = of_forgotten(database_url_pattern)
    said: dict[str, heard.Said] = {}
    for service in SERVICES:
        tell(f"the log of {service}")
        with connected(database_url_pattern, service) as connection:
            findings += whole.whole(connection, service)
            findings += models.forgotten(connection, service, forgotten)
            said[service] = heard.said(connection)
    for service in SERVICES:
        tell(f"what {service} has heard")
        with connected(database_url_pattern, service) as connection:
            findings += heard.heard(connection, service, {name: said[name] for name in place(service).hears})
    said.clear()
    for service in SERVICES:
        tell(f"the read models of {service}")
        findings += _models(database_url_pattern, service)
    return findings


def _models(database_url_pattern: str, service: str) -> Iterator[Finding]:
    engine = connect(url_of(service, database_url_pattern))
    try:
        yield from models.as_the_log_says(engine, service)
    except DBAPIError as error:
        reason = str(error.orig).splitlines()[0]
        raise NoLog(f"{service}'s tables can't be read ({reason}): `foyer up` brings them to this version") from error
    finally:
        engine.dispose()


def verify_twice(database_url_pattern: str, patience: float, tell: Tell = silent) -> list[Finding]:
    """What is found, and found again so many seconds later: in a town at work something is always on its way."""
    first = verify(database_url_pattern, tell)
    broken = [finding for finding in first if not finding.note]
    if not broken or not patience:
        return first
    tell(f"{len(broken)} findings; looking again in {patience:g} s")
    time.sleep(patience)
    before = {(finding.guarantee, finding.service, finding.stream) for finding in first}
    again = verify(database_url_pattern, tell)
    return [finding for finding in again if (finding.guarantee, finding.service, finding.stream) in before]


MORE = (WHOLE_LOG, HEARD, AS_THE_LOG_SAYS, FORGOTTEN)
"""What is checked besides the guarantees of deploy.guarantees."""
