"""The sites of a town, as booking and notifications read them from FOYER_SITES."""

import json
from typing import Any

import pytest

from services.booking.sites import addresses, sites
from services.notifications.sender.settings import sites_of

LINE = "Berliner Straße 70, 33330 Gütersloh"


@pytest.mark.parametrize(
    ("address", "line"),
    [
        (LINE, LINE),
        ({"street": "Berliner Straße 70", "postal_code": "33330", "city": "Gütersloh"}, LINE),
        ("", ""),
    ],
)
def test_an_address_is_one_line_or_its_parts(monkeypatch: pytest.MonkeyPatch, address: Any, line: str) -> None:
    """The page and the mail say the same."""
    given = json.dumps({"rathaus": {"name": "Rathaus", "address": address}})
    monkeypatch.setenv("FOYER_SITES", given)
    assert sites()["rathaus"].en == "Rathaus"
    assert addresses()["rathaus"] == sites_of(given)["rathaus"].address == line


def test_a_wrong_address_is_found_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not when the first guest opens a page."""
    monkeypatch.setenv("FOYER_SITES", '{"rathaus": {"name": "Rathaus", "address": 7}}')
    with pytest.raises(ValueError, match="FOYER_SITES"):
        sites()
