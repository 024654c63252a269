"""What a letter takes from the house that sends it, and from the guest it goes to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote
from zoneinfo import ZoneInfo

from services.notifications.events import Wording


@dataclass(frozen=True, slots=True)
class Site:
    """A place people come to."""

    name: Wording
    address: str


@dataclass(frozen=True, slots=True)
class House:
    """The town and its settings. `public_url` has no slash at its end; `sender` is a bare ASCII address."""

    town: str
    sender: str
    public_url: str
    timezone: ZoneInfo
    retention_days: int
    sites: Mapping[str, Site] = field(default_factory=dict)

    @property
    def domain(self) -> str:
        """The right-hand side of Message-IDs and calendar UIDs: it must never change for an appointment."""
        return self.sender.rpartition("@")[2]

    def site(self, key: str) -> Site:
        """The site of that key; one that nobody has described is called by its key."""
        return self.sites.get(key) or Site(Wording(key, key), "")

    def page(self, appointment: str, token: str) -> str:
        """Where the guest sees, moves and cancels."""
        return f"{self.public_url}/appointments/{quote(appointment, safe='')}?token={quote(token, safe='')}"

    def confirm_page(self, appointment: str, token: str) -> str:
        """Where the guest says yes."""
        return f"{self.public_url}/appointments/{quote(appointment, safe='')}/confirm?token={quote(token, safe='')}"


@dataclass(frozen=True, slots=True)
class Guest:
    """The one readable copy of the guest: in the letter being written, nowhere else."""

    name: str
    email: str
    manage_token: str
    confirm_token: str = ""
