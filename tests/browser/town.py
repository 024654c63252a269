"""The small town as the pages see it: with topics, keywords, a question, and a clerk who has one place a day."""

from typing import Any

from deploy.town.furnish import wait_until_offered
from tests.journeys.town import CERTIFICATE, ID_CARD, town
from tests.journeys.town_hall import TownHall

PASSPORT = "passport"


def opened(hall: TownHall) -> None:
    """Set the catalogue, and wait until it is offered."""
    small = town()
    topics = {"office": "Ausweise", "registry": "Urkunden", "social": "Soziales", "desk": "Auskunft"}
    plain = [concern | {"topic": topics[concern["department"]]} for concern in small.concerns]
    small.concerns[:] = [*plain, passport()]
    hall.calls.put("booking", "/api/concerns", {"concerns": small.concerns})
    wait_until_offered(hall.calls, small, hall.today, 60)


def passport() -> dict[str, Any]:
    """A concern with a question that decides what to bring, and one that ends without a visit."""
    return {
        "key": PASSPORT,
        "name": {"de": "Reisepass", "en": "Passport"},
        "topic": "Ausweise",
        "keywords": ["Pass abgelaufen", "passport expired"],
        "department": "office",
        "competences": ["pass"],
        "minutes": 10,
        "extra_minutes_per_person": 5,
        "max_party": 4,
        "responsibility": "anyone",
        "horizon_days": 30,
        "online_url": "https://www.example.org/pass",
        "documents": [
            {"key": "photo", "de": "Passfoto", "en": "Photo"},
            {"key": "consent", "de": "Zustimmung der Eltern", "en": "Consent of the parents"},
        ],
        "questions": [
            {"key": "lost", "text": {"de": "Ist der alte Pass verloren?", "en": "Is the old passport lost?"}},
            {"key": "child", "text": {"de": "Ist er für ein Kind?", "en": "Is it for a child?"}, "when": "lost-"},
        ],
        "effects": [
            {"when": "child+", "document": "consent"},
            {
                "when": "lost+",
                "ends": {"de": "Melden Sie den Verlust online.", "en": "Report the loss online."},
                "online_url": "https://www.example.org/verlust",
            },
        ],
    }


__all__ = ["CERTIFICATE", "ID_CARD", "PASSPORT", "opened", "passport"]
