"""What stands far ahead in a calendar counts as soon as its day comes within the horizon."""

from datetime import timedelta

import pytest

from services.staff_calendar.calendars.vault import Access
from tests.calendars import nasty
from tests.calendars.desk import Desk, event, ics
from tests.calendars.servers import Server

FAR = "20270901T100000", "20270901T110000"
"""283 days from the office's first day: beyond what is worked out of a calendar."""
NEXT = "20270610T100000", "20270610T110000"
"""200 days: worked out at once, and not open for guests yet."""


@pytest.mark.parametrize("times", [FAR, NEXT])
def test_a_single_entry_far_ahead_counts_when_its_time_comes(
    desk: Desk, server: Server, times: tuple[str, str]
) -> None:
    """Though nothing changes on the server from then on."""
    shelf = server.collection()
    shelf.put("a.ics", ics(event("e1", *times)))
    desk.shelf("c-17", shelf)
    desk.sync()
    day = f"{times[0][:4]}-{times[0][4:6]}-{times[0][6:8]}"
    desk.sync(timedelta(days=20))
    desk.sync(timedelta(days=130))
    assert desk.busy(date=day) == ["10:00-11:00"]


def test_a_file_at_an_address_is_read_again_in_time(desk: Desk) -> None:
    """Though its ETag stays as it is."""
    with nasty.running() as server:
        server.behaviour = nasty.serves(ics(event("e1", *FAR)), etag='"1"')
        desk.connect("c-17", Access(f"{server.url}/calendar.ics"), "address")
        desk.sync()
        desk.sync(timedelta(days=20))
        desk.sync(timedelta(days=130))
    assert desk.busy(date="2027-09-01") == ["10:00-11:00"]
