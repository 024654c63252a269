"""Who works at the demo's town hall: one account for each kind of work, with a new password at every demo."""

from typing import NamedTuple

from deploy import accounts
from deploy.town.calls import Calls


class Person(NamedTuple):
    """An account that the demo prints. `area`: where its work is."""

    account: str
    roles: tuple[str, ...]
    person: str | None
    area: str
    password: str = ""


PEOPLE = (
    Person("infotheke", ("info_desk",), None, "/desk"),
    Person("brinkmann", ("clerk",), "c-01", "/staff"),
    Person("sicherheit", ("security_desk",), None, "/entrance"),
    Person("verwaltung", ("catalogue",), None, "/admin/concerns"),
    Person("betrieb", ("operations",), None, "/sign-in"),
)


def employ(calls: Calls) -> list[Person]:
    """Open the accounts. Raises NotUp, Refused."""
    made = [person._replace(password=accounts.new_password()) for person in PEOPLE]
    for person in made:
        accounts.put(calls, person.account, person.roles, person.person, person.password)
    return made
