"""What letters need to know of the house, read from the environment once.

FOYER_TOWN and FOYER_MAIL_FROM (see shared/sender.py), and FOYER_SITES: a JSON file, or the JSON itself:
{"rathaus": {"name": "Rathaus" or {"de": .., "en": ..}, "address": ".." or {"street", "postal_code", "city"}}}.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from environs import Env

from services.notifications.events import Wording
from services.notifications.letters.house import House, Site
from shared.config import Settings
from shared.sender import sender


def house_of(settings: Settings) -> House:
    """The house of this process. Raises EnvError or ValueError, which name the variable and what is wrong with it."""
    env, who = Env(), sender()
    with env.prefixed("FOYER_"):
        return House(
            town=who.display_name,
            sender=who.addr_spec,
            public_url=settings.public_url or f"http://{env.str('HTTP_BOOKING', '127.0.0.1:8001')}",
            timezone=ZoneInfo(settings.timezone),
            retention_days=settings.retention_days,
            sites=sites_of(env.str("SITES", "{}")),
        )


def sites_of(text: str) -> dict[str, Site]:
    """Sites from JSON, or from the JSON file of that name. Raises ValueError."""
    try:
        given = json.loads(text if text.lstrip().startswith("{") else Path(text).read_text(encoding="utf-8"))
        return {key: Site(_name(site["name"]), _address(site.get("address") or "")) for key, site in given.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"FOYER_SITES is not a list of sites: {type(error).__name__}") from error


def _name(name: str | Mapping[str, str]) -> Wording:
    return Wording(name, name) if isinstance(name, str) else Wording(name["de"], name.get("en", name["de"]))


def _address(address: Any) -> str:
    if isinstance(address, str):
        return address
    town = f"{address.get('postal_code', '')} {address.get('city', '')}".strip()
    return ", ".join(part for part in (address.get("street", ""), town) if part)
