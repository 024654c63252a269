"""No request goes where the administrator did not allow it."""

import ipaddress
import socket

import pytest

from services.staff_calendar.calendars.guard import Guard
from services.staff_calendar.calendars.port import Trouble

INSIDE = (
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "255.255.255.255",
    "192.0.2.1",
    "::1",
    "::",
    "fe80::1",
    "fc00::1",
    "fec0::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
)
OUTSIDE = ("93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "64:ff9b::5db8:d822")


def name_means(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    """The resolver says so."""
    told = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443)) for address in addresses]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_kw: told)


@pytest.mark.parametrize("address", INSIDE)
def test_the_inside_of_the_house_is_refused(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under its number or under any name."""
    name_means(monkeypatch, address)
    with pytest.raises(Trouble, match="address_refused"):
        Guard().place("https://calendar.example/x", {"calendar.example"})


@pytest.mark.parametrize("address", OUTSIDE)
def test_a_public_address_is_asked_over_tls_only(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """And under the number that was checked."""
    name_means(monkeypatch, address)
    assert Guard().place("https://calendar.example/x", {"calendar.example"}).address == address
    with pytest.raises(Trouble, match="use https"):
        Guard().place("http://calendar.example/x", {"calendar.example"})


def test_of_several_addresses_only_an_allowed_one_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name may mean inside and outside at once."""
    name_means(monkeypatch, "10.0.0.1", "93.184.216.34")
    assert Guard().place("https://calendar.example/x", {"calendar.example"}).address == "93.184.216.34"


def test_a_network_of_the_house_can_be_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    """That one, and no other; there without encryption, too."""
    guard = Guard((ipaddress.ip_network("10.1.0.0/16"),))
    name_means(monkeypatch, "10.1.2.3")
    assert guard.place("http://calendar.example:8080/x", {"calendar.example"}).port == 8080
    name_means(monkeypatch, "10.2.2.3")
    with pytest.raises(Trouble, match="address_refused"):
        guard.place("http://calendar.example/x", {"calendar.example"})


def test_another_host_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unless it is allowed for every calendar."""
    name_means(monkeypatch, "93.184.216.34")
    with pytest.raises(Trouble, match="not allowed for this calendar"):
        Guard().place("https://other.example/x", {"calendar.example"})
    assert Guard(hosts=frozenset({"other.example"})).place("https://other.example/x", {"calendar.example"})


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "gopher://x/", "https://", "https://[::1", "x", "https://x:99999/"]
)
def test_what_is_no_web_address_is_refused(url: str) -> None:
    """Whatever else a library would make of it."""
    with pytest.raises(Trouble, match="address_refused"):
        Guard().place(url, {"x", ""})
