"""The clerk's page in the running ensemble: booked by a guest, seen at the entrance, called by the clerk."""

import requests

from tests.journeys.town import QUESTION
from tests.journeys.town_hall import TownHall

NAME = "Müller-Lüdenscheidt, O'Brien <b>"


def page(hall: TownHall, path: str = "/staff", method: str = "GET", **form: str) -> requests.Response:
    """A page of the clerk for questions, as operations see it."""
    bearer = {"Authorization": f"Bearer {hall.calls.token}", "Accept-Language": "de"}
    url = f"http://{hall.calls.at['staff_calendar']}{path}"
    given = {"params": {"clerk": "c-6"}} if method == "GET" else {"data": form | {"clerk": "c-6"}}
    return requests.request(method, url, headers=bearer, timeout=15, allow_redirects=False, **given)


def test_a_clerk_sees_the_guest_come(town_hall: TownHall) -> None:
    """The name is known by the key that was sent; the arrival is told to the open page at once."""
    booked = town_hall.confirmed(town_hall.proposals(QUESTION, days=0)[-1], name=NAME)
    shown = "Müller-Lüdenscheidt, O&#39;Brien &lt;b&gt;"
    town_hall.wait(lambda: shown in page(town_hall).text, "the clerk sees the name")
    url = f"http://{town_hall.calls.at['staff_calendar']}/staff/changes"
    bearer = {"Authorization": f"Bearer {town_hall.calls.token}"}
    with requests.get(url, {"clerk": "c-6"}, headers=bearer, stream=True, timeout=60) as stream:
        lines = stream.iter_lines(chunk_size=1, decode_unicode=True)
        assert next(lines) == "retry: 3000"
        town_hall.calls.post("visitor_access", f"/api/visits/{booked.appointment}/arrival", {})
        assert "event: changed" in lines
    assert "ist da seit" in page(town_hall).text
    called = page(town_hall, "/staff/calls", "POST", of=f"{booked.appointment}.1.1")
    assert called.status_code == 303, called.text
    assert "aufgerufen" in page(town_hall).text
    town_hall.wait_at_rest()
