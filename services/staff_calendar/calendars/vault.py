"""Addresses, names and passwords of calendars, sealed with a key made of the service's master key (AES-256-GCM)."""

import secrets
from dataclasses import asdict, dataclass, field

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE_BYTES = 12


@dataclass(frozen=True, slots=True)
class Access:
    """Where a calendar is, and how to get in. Never shown: `repr` holds none of it."""

    address: str = field(repr=False)
    username: str = field(default="", repr=False)
    password: str = field(default="", repr=False)


class CannotOpen(ValueError):
    """Sealed with another master key, or tampered with."""


def seal(master_key: bytes, calendar: str, access: Access) -> bytes:
    """Only this calendar's row can be opened with it."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(_key(master_key)).encrypt(nonce, orjson.dumps(asdict(access)), calendar.encode())


def unseal(master_key: bytes, calendar: str, sealed: bytes) -> Access:
    """Raises CannotOpen."""
    try:
        plain = AESGCM(_key(master_key)).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], calendar.encode())
    except InvalidTag:
        raise CannotOpen("the access of this calendar was sealed with another key: connect it again") from None
    return Access(**orjson.loads(plain))


def _key(master_key: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=b"foyer calendars").derive(master_key)
