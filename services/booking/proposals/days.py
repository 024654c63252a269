"""On which days there is anything at all: what "earlier" and "later" turn the pages by."""

from datetime import date, datetime, timedelta

from services.booking.proposals.index import Index
from services.booking.proposals.places import Place
from services.booking.proposals.ticks import span
from services.booking.proposals.window import window
from services.booking.proposals.wish import Wish


def days(index: Index, wish: Wish, now: datetime) -> list[date]:
    """The local days on which the whole visit could begin, in order. A few ands a day, whatever the number of times."""
    index.wake(now)
    frame = window(index, wish, now)
    begins = 0
    for site in index.sites() if wish.site is None else (wish.site,):
        place = Place(index, wish, frame, site)
        begins |= place.begins(place.all, first=True)
    found: list[date] = []
    if begins:
        day, last = index.day((begins & -begins).bit_length() - 1), index.day(begins.bit_length() - 1)
        while day <= last:
            if begins & span(index.midnight(day), index.midnight(day + timedelta(1))):
                found.append(day)
            day += timedelta(1)
    return found
