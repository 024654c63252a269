"""The day of a visit, by the offset of its own times.

In the zones we serve, clocks change at night, before the doors open: from a visit until midnight the offset stays.
So the end of the day follows from a local time alone, and the core needs no zone.
"""

from datetime import datetime, time, timedelta


def end_of_day(at: datetime) -> datetime:
    """Midnight after `at`, in the offset of `at`."""
    return datetime.combine(at.date() + timedelta(days=1), time.min, at.tzinfo)


def local(at: datetime, like: datetime) -> datetime:
    """The instant `at` in the offset of `like`."""
    return at.astimezone(like.tzinfo)
