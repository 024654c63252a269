"""Which addresses may be asked: only those that the administrator allowed, never the inside of the house by surprise.

The host of a calendar is allowed by whoever connected it. What its name resolves to must be a public address, or lie in
a network of FOYER_CALENDAR_NETWORKS. The address that was checked is the one that is connected to: a name that
resolves to something else a moment later changes nothing.
"""

import ipaddress
import socket
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import urlsplit

from services.staff_calendar.calendars.port import Trouble

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_PORTS = {"http": 80, "https": 443}


class Place(NamedTuple):
    """Where to connect to: the address that was checked, for the host that was named."""

    scheme: str
    host: str
    port: int
    address: str


@dataclass(frozen=True, slots=True)
class Guard:
    """`networks`: allowed besides public addresses, also without encryption. `hosts`: allowed for every calendar."""

    networks: tuple[Network, ...] = ()
    hosts: frozenset[str] = frozenset()

    def place(self, url: str, hosts: Collection[str]) -> Place:
        """Where a request to `url` goes, if it may. `hosts`: those of the calendar. Raises Trouble."""
        scheme, host, port = parts_of(url)
        if host not in hosts and host not in self.hosts:
            raise Trouble("address_refused", f"the host {host} was not allowed for this calendar")
        addresses = _resolve(host, port)
        allowed = [address for address in addresses if self.allows(address, scheme)]
        if not allowed:
            raise Trouble("address_refused", _why(host, scheme, addresses))
        return Place(scheme, host, port, str(allowed[0]))

    def allows(self, address: IPAddress, scheme: str = "https") -> bool:
        """A public address over TLS, or one in an allowed network."""
        if any(address.version == network.version and address in network for network in self.networks):
            return True
        return scheme == "https" and _public(address)


def parts_of(url: str) -> tuple[str, str, int]:
    """Scheme, host and port of an address. Raises Trouble for what is no web address."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Trouble("address_refused", "not a web address") from None
    if parts.scheme not in _PORTS or not parts.hostname:
        raise Trouble("address_refused", "a calendar's address begins with https://")
    return parts.scheme, parts.hostname.rstrip("."), port or _PORTS[parts.scheme]


def _public(address: IPAddress) -> bool:
    """Globally reachable, also where an IPv4 address is carried inside of an IPv6 one."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo and address.teredo[1])
        if inner is None and address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner:
            return _public(inner)
        if address.is_site_local:
            return False  # out of use, and taken for global by the standard library
    return address.is_global and not address.is_multicast and not address.is_reserved


def _resolve(host: str, port: int) -> Sequence[IPAddress]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Trouble("unreachable", f"the name {host} is not known") from error
    return [ipaddress.ip_address(str(info[4][0]).partition("%")[0]) for info in found]


def _why(host: str, scheme: str, addresses: Sequence[IPAddress]) -> str:
    if scheme == "http" and any(_public(address) for address in addresses):
        return f"{host} is asked without encryption: use https://"
    shown = ", ".join(sorted({str(address) for address in addresses}))
    return f"{host} is {shown}, inside the house: allow its network in FOYER_CALENDAR_NETWORKS if that is meant"
