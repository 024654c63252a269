"""The private address of a clerk's calendar: shown, and renewed when somebody else has got to know it."""

from typing import Any
from uuid import uuid4

from werkzeug.wrappers import Response

from services.staff_calendar.commands import RenewAddress
from services.staff_calendar.web.feed import address
from services.staff_calendar.web.pages import NobodyNamed, about, owner
from shared.app import App
from shared.pages import Sorry
from shared.pages.kit import see_other


def show(app: App, request: Any) -> Response:
    """The address; after a POST a new one."""
    try:
        who = owner(app, request, change=request.method == "POST")
    except NobodyNamed:
        return see_other("/staff")
    if not who.may_change:
        raise Sorry(403, "Das ist nicht Ihr Kalender", "Die Adresse sieht nur, wem er gehört.")
    if request.method == "POST":
        app.handle(RenewAddress(str(uuid4()), app.clock(), who.clerk), cause=request.cause)
        return see_other(who.to("/staff/calendar", said="renewed"))
    said = request.args.get("said", "")
    return about("my_calendar.html", request, who, address=address(app, request, who.clerk), said=said)
