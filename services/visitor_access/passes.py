"""The pass: eight characters that nobody can guess and anybody can type.

Crockford's base32 (https://www.crockford.com/base32.html) has no I, L, O and U. 8 characters are 40 bits.
The source is the sealed token of the guest: ciphertext under a random key, which never leaves the house. So a pass
needs no secret of its own, and comes out the same whenever it is derived. Two guests can't have the same: the stream of
a pass belongs to one appointment, and whoever finds it taken takes the next candidate (see decider.py).
"""

from collections.abc import Iterator
from hashlib import sha256
from itertools import count

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 8
_AS_MEANT = str.maketrans("OIL", "011", " -\t\u2010\u2011\u2013")


def candidates(token: str) -> Iterator[str]:
    """Passes for the holder of this sealed token, without end; the first is taken unless it belongs to someone else."""
    return (_base32(sha256(f"{n}:{token}".encode()).digest()) for n in count())


def read(typed: str) -> str | None:
    """The pass meant by what was typed: case, spaces and hyphens don't matter, O is 0, I and L are 1. None: no pass."""
    number = typed.upper().translate(_AS_MEANT)
    return number if len(number) == LENGTH and set(number) <= set(ALPHABET) else None


def _base32(digest: bytes) -> str:
    bits = int.from_bytes(digest[:5])
    return "".join(ALPHABET[bits >> 5 * place & 31] for place in reversed(range(LENGTH)))
