"""A concern as `PUT /api/concerns` takes it."""

from typing import Any

import pytest
from marshmallow import ValidationError

from services.booking.http import MOST_CONCERNS, CatalogueBody, ConcernBody

CONCERN: dict[str, Any] = {
    "key": "reisepass",
    "name": {"de": "Reisepass", "en": "Passport"},
    "department": "buergerbuero",
    "minutes": 15,
}
PASS = {"key": "alter-pass", "de": "Bisheriger Reisepass", "en": "Your previous passport"}


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("leika", "12345", "A LeiKa key is 99 and 12 more digits."),
        ("grid_minutes", 7, "Use 5 to 240 in steps of 5."),
        ("documents", [PASS, PASS], "The document 'alter-pass' is there twice."),
        ("online_url", 'https://example.org/">', "Not a valid URL."),
    ],
)
def test_what_a_file_could_not_hold_is_refused_by_its_field(field: str, value: Any, says: str) -> None:
    """Else an export could not be imported again."""
    with pytest.raises(ValidationError) as refused:
        ConcernBody().load({**CONCERN, field: value})
    assert refused.value.messages_dict == {field: [says]}


def test_a_catalogue_says_how_many_concerns_it_holds() -> None:
    """With one too many."""
    concerns = [{**CONCERN, "key": str(number)} for number in range(MOST_CONCERNS + 1)]
    with pytest.raises(ValidationError) as refused:
        CatalogueBody().load({"concerns": concerns})
    assert refused.value.messages_dict == {"concerns": [f"A catalogue holds at most {MOST_CONCERNS} concerns."]}
