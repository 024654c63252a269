"""Whose mails these are, read from the environment: FOYER_TOWN and FOYER_MAIL_FROM."""

import unicodedata
from email.errors import MessageError
from email.headerregistry import Address

from environs import Env

_IN_NO_LINE = frozenset({"Cc", "Cs", "Zl", "Zp"})


def sender() -> Address:
    """The town and its address. Raises ValueError, which names the variable and says what would be right."""
    env = Env()
    with env.prefixed("FOYER_"):
        town, address = env.str("TOWN", "Stadt Gütersloh"), env.str("MAIL_FROM", "termine@guetersloh.example")
    if any(unicodedata.category(c) in _IN_NO_LINE for c in town):
        raise ValueError("FOYER_TOWN must be one line of text, like Stadt Gütersloh")
    if not _is_bare(address):
        # Nothing is cut off or put right: others read the variable, too, and the same domain must stand in all UIDs.
        raise ValueError("FOYER_MAIL_FROM must be a bare address in ASCII, like termine@stadt.example")
    return Address(display_name=town, addr_spec=address)


def _is_bare(address: str) -> bool:
    try:
        return address.isascii() and Address(addr_spec=address).addr_spec == address
    except (ValueError, IndexError, MessageError):
        return False
