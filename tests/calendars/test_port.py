"""The CalDAV adapter on Radicale and Xandikos does what the port says."""

from collections.abc import Iterator

import pytest

from services.staff_calendar.calendars.adapters.caldav import CalDav
from services.staff_calendar.calendars.port import Calendar
from services.staff_calendar.calendars.transport import Pool
from tests.calendars.desk import QUICK
from tests.calendars.port_contract import *  # noqa: F403
from tests.calendars.port_contract import MakeCalendar
from tests.calendars.servers import Server


@pytest.fixture
def make_calendar(server: Server) -> Iterator[MakeCalendar]:
    """On each of the two servers."""
    pools = Pool(), Pool()

    def make() -> tuple[Calendar, Calendar]:
        access = server.collection().access
        one, other = (CalDav(access, QUICK.guard, QUICK.limits, pool) for pool in pools)
        return one, other

    yield make
    for pool in pools:
        pool.close()


def test_the_calendars_of_a_server_are_found(server: Server) -> None:
    """From any address there."""
    shelf = server.collection()
    found = CalDav(shelf.access, QUICK.guard, QUICK.limits, Pool()).collections()
    assert shelf.url in [one.address for one in found]
