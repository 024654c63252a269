"""A small town for everything that runs the whole ensemble: two sites, four rooms, six clerks, five concerns.

Open every day of the week, so that no test depends on the day on which it runs (with FOYER_LAND="": no holidays).
"""

from typing import Any

from deploy.town.facts import Town

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ID_CARD, MOVED_HERE, CERTIFICATE, HOUSING_BENEFIT, QUESTION = (
    "id-card",
    "moved-here",
    "certificate",
    "housing",
    "question",
)
COUNTER = ("08:00", "16:00")
ROUND_THE_CLOCK = ("00:00", "23:55")


def town() -> Town:
    """The town as the bodies of the calls that set it."""
    return Town(
        concerns=[
            _concern(ID_CARD, "Personalausweis", "Identity card", extra_minutes_per_person=5, competences=["pass"]),
            _concern(MOVED_HERE, "Anmeldung", "Registration", minutes=15, buffer_minutes=5, competences=["register"]),
            _concern(CERTIFICATE, "Urkunde", "Certificate", department="registry", minutes=30, grid_minutes=30),
            _concern(HOUSING_BENEFIT, "Wohngeld", "Housing benefit", department="social", responsibility="surname"),
            _concern(QUESTION, "Auskunft", "Question", department="desk", minutes=5, horizon_days=7),
        ],
        rooms={
            "r-1": _room("Raum 1", seats=3, equipment=["fingerprint"]),
            "r-2": _room("Raum 2", seats=4, equipment=["fingerprint"], parties=2),
            "r-3": _room("Raum 3", seats=2, hours=ROUND_THE_CLOCK),
            "r-4": _room("Raum 4", seats=3, site="avenwedde"),
        },
        clerks={
            "c-1": _clerk("A. Brinkmann", "office", ["pass", "register"]),
            "c-2": _clerk("B. Westerbarkey", "office", ["pass", "register"]),
            "c-3": _clerk("C. Avermann", "registry"),
            "c-4": _clerk("D. Nordhoff", "social", rule=("a-k", "A", "K")),
            "c-5": _clerk("E. Pollmeier", "social", rule=("l-z", "L", "Z")),
            "c-6": _clerk("F. Ruhmann", "desk"),
        },
        quotas={
            "c-1": _quotas(),
            "c-2": _quotas(),
            "c-3": _quotas(hours=("08:00", "13:00")),  # ten certificates a day
            "c-4": _quotas(site="avenwedde"),
            "c-5": _quotas(site="avenwedde"),
            "c-6": _quotas(hours=ROUND_THE_CLOCK),
        },
        sites={"rathaus": {"name": "Rathaus"}, "avenwedde": {"name": "Bürgertreff Avenwedde"}},
        guests={"first": ["Ada"], "last": ["Größe"], "districts": []},
        demand=(),
    )


def _concern(key: str, german: str, english: str, **more: Any) -> dict[str, Any]:
    document = {"key": f"{key}-paper", "de": f"Unterlagen für {german}", "en": f"Papers for {english}"}
    usual: dict[str, Any] = {
        "name": {"de": german, "en": english},
        "department": "office",
        "minutes": 10,
        "documents": [document],
        "responsibility": "anyone",
        "lead_minutes": 0,
        "horizon_days": 30,
    }
    return {"key": key} | usual | more


def _room(
    name: str,
    seats: int,
    equipment: list[str] | None = None,
    site: str = "rathaus",
    hours: tuple[str, str] = COUNTER,
    parties: int = 1,
) -> dict[str, Any]:
    weekly = {day: [list(hours)] for day in DAYS}
    what = {"name": name, "site": site, "seats": seats, "equipment": equipment or [], "step_free": True}
    return what | {"parties": parties, "weekly": weekly, "closures": []}


def _clerk(
    name: str, department: str, competences: list[str] | None = None, rule: tuple[str, str, str] | None = None
) -> dict[str, Any]:
    key, first, last = rule or (None, None, None)
    responsible = {"department": department, "kind": "surname" if rule else "anyone"}
    return {
        "name": name,
        "departments": [department],
        "competences": competences or [],
        "responsibility": [responsible | {"key": key, "first": first, "last": last}],
        "languages": ["de"],
    }


def _quotas(hours: tuple[str, str] = COUNTER, site: str = "rathaus") -> dict[str, Any]:
    from_, until = hours
    return {"weekly": [{"weekday": day, "from": from_, "until": until, "site": site} for day in DAYS], "exceptions": []}
