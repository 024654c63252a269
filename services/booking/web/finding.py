"""Find the concern: by what one would say, by topic, or in the list of all."""

from typing import Any

from werkzeug.wrappers import Request, Response

from services.booking.web import house, steps
from services.booking.web.house import House
from services.booking.web.journey import MOST_CONCERNS
from services.booking.web.pages import KIT, by_topic, page

LONGEST = 200
"""Characters of what is searched for."""
NOTHING_TYPED = "Bitte geben Sie ein, worum es geht, zum Beispiel: Pass abgelaufen."


def start(app: House, request: Request) -> Response:
    """The first page; with concerns in the address, another one is added to them."""
    return _shown(app, request, "citizen/start.html")


def search(app: House, request: Request) -> Response:
    """What fits what was typed, best first."""
    said = request.args.get("q", "").strip()[:LONGEST]
    if not said:
        return _shown(app, request, "citizen/start.html", 422, errors={"q": NOTHING_TYPED})
    known = app.reads.catalogue.concerns
    found = [known[key] for key in house.finder(app).find(said)]
    return _shown(app, request, "citizen/search.html", said=said, found=found)


def every(app: House, request: Request) -> Response:
    """All concerns from A to Z, in the reader's language."""
    return _shown(app, request, "citizen/every.html")


def _shown(app: House, request: Request, template: str, status: int = 200, **values: Any) -> Response:
    visit = steps.tidy(house.asked(app, request.args), app.reads.catalogue)
    if len(visit.concerns) >= MOST_CONCERNS:
        return house.see_other(house.address(app, "/visit", visit))
    concerns = [one for one in app.reads.concerns() if one.key not in visit.concerns]
    shown: dict[str, Any] = {
        "topics": by_topic(concerns, KIT.words(request).language),
        "concerns": concerns,
        "chosen": steps.concerns_of(visit, app.reads.catalogue),
        # Whoever adds a concern keeps what was answered, but sees the list of concerns again.
        "carried": house.pairs(app, visit, "seen", "from"),
        "values": {"q": request.args.get("q", "")[:LONGEST]},
        "said": "",
        "found": (),
    }
    return page(template, request, status, **shown | values)
