"""Hashes of passwords, by argon2id.

19 MiB and two rounds (OWASP's least for argon2id) take some 25 ms, in a thread of their own: on the hub of eventlet
every other request would stand still meanwhile. Two at a time: more would only wait for the same processors, and
somebody who sends many could fill the memory.
"""

import unicodedata
from collections.abc import Callable
from functools import cache
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from eventlet import tpool
from eventlet.patcher import is_monkey_patched
from eventlet.semaphore import Semaphore

from shared import memory

SHORTEST, LONGEST = 12, 200
"""Characters of a password."""
MOST_WAITING = 4
"""Tries that may wait for the two places; each of them occupies one of the service's workers."""
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_places = Semaphore(2)
# Else glibc, once 19 MiB were freed, keeps as much for each of eventlet's threads: 350 MB after thirty tries.
memory.map_from(1024 * 1024)


def hashed(password: str) -> str:
    """What is kept of a password."""
    return str(_apart(_hasher.hash, _same(password)))


def fits(kept: str | None, password: str) -> bool:
    """Is it this one? Takes as long where there is no account at all."""
    fitting = bool(_apart(_verify, kept or _nobodys(), _same(password[:LONGEST])))
    return fitting and kept is not None


def crowded() -> bool:
    """Do so many wait already that one more would take a worker from those who do something else?"""
    return bool(_places.balance <= -MOST_WAITING)


def _verify(kept: str, password: str) -> bool:
    try:
        return _hasher.verify(kept, password)
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobodys() -> str:
    return str(_hasher.hash("nobody has this password"))


def _same(password: str) -> str:
    # One keyboard writes ä as one character, another as two.
    return unicodedata.normalize("NFKC", password)


def _apart(call: Callable[..., Any], *args: Any) -> Any:
    if not is_monkey_patched("thread"):
        return call(*args)
    with _places:
        return tpool.execute(call, *args)
