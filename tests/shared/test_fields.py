"""What people may type into a field, and what a body may hold."""

from typing import Any

import pytest
from marshmallow import ValidationError

from shared.fields import Truth


@pytest.mark.parametrize("value", [0, 1, 1.0, "yes", "true", "on", "", [], {}])
def test_what_is_not_true_or_false_is_not_taken_for_it(value: Any) -> None:
    """Whoever sends it meant something else."""
    with pytest.raises(ValidationError, match=r"Write true or false\."):
        Truth().deserialize(value)


@pytest.mark.parametrize("value", [True, False])
def test_true_and_false_are_taken_as_they_are(value: bool) -> None:
    """JSON has words for them."""
    assert Truth().deserialize(value) is value
