"""How many pieces of a concern (two passports, three certificates) may be asked for in one visit."""

from collections.abc import Iterable


def limit(of_sites: Iterable[int], of_town: int) -> int:
    """The most slots (or minutes) of one visit: the smallest limit of the sites in question, at most the town's.

    A limit of a site that is not positive is none.
    """
    return min([of_town, *(one for one in of_sites if one > 0)])


def most(each: int, own: int, limit: int, used: int = 0) -> int:
    """The most pieces of `each` slots beside `used` ones; `own`: the concern's own limit."""
    return own if each <= 0 else min(own, max(limit - used, 0) // each)


def reduced(wanted: int, each: int, limit: int, used: int = 0, least: int = 0) -> int:
    """The pieces wanted, or as many as still fit, but not fewer than `least`."""
    return max(most(each, wanted, limit, used), least)
