"""What people may type into a field, and what a body may hold."""

import re
import time
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import ValidationError

from shared.fields import Clock, Count, Key, Line, Patterned, Truth

FIELDS = {
    "key": Key(),
    "clock": Clock(),
    "line": Line(longest=10_000),
    "line that may be empty": Line(shortest=0, longest=10_000),
    "own": Patterned(re.compile("99[0-9]{2,3}"), "This is none."),
}


@pytest.mark.parametrize("value", [0, 1, 1.0, "yes", "true", "on", "", [], {}])
def test_what_is_not_true_or_false_is_not_taken_for_it(value: Any) -> None:
    """Whoever sends it meant something else."""
    with pytest.raises(ValidationError, match=r"Write true or false\."):
        Truth().deserialize(value)


@pytest.mark.parametrize("value", [True, False])
def test_true_and_false_are_taken_as_they_are(value: bool) -> None:
    """JSON has words for them."""
    assert Truth().deserialize(value) is value


def test_what_may_be_short_enough_is_composed_first() -> None:
    """Four characters, the most there are, become one."""
    letter = "\u1f82"
    apart = unicodedata.normalize("NFD", letter)
    assert len(apart) == 4
    assert Line(longest=20).deserialize(f" {apart * 20} ") == letter * 20


@pytest.mark.parametrize("text", ["\u200b", "\xad", " \u2060 \ufeff", "\u3164", "\u2800", "\ufe0f"], ids=ascii)
def test_what_nobody_sees_is_no_text(text: str) -> None:
    """A guest of that name would have none at the entrance."""
    with pytest.raises(ValidationError, match="At least one character must be visible"):
        Line().deserialize(text)
    assert Line().deserialize(f"Zoe{text}y".strip())
    assert Line(shortest=0).deserialize(text) == text.strip()


def test_marks_without_end_are_refused_at_once() -> None:
    """To put them in order would take the square of their number, while everybody else waits."""
    started = time.process_time()
    with pytest.raises(ValidationError, match="Length must be between 1 and 200"):
        Line().deserialize("a" + "\u0301\u0323" * 50_000)
    assert time.process_time() - started < 1


@pytest.mark.parametrize("value", ["1_0", " 5", "5 ", "+5", "-5", "5.0", "\uff15", "\u0665", "", "9" * 5000])
def test_what_is_not_in_plain_digits_is_no_count(value: str) -> None:
    """As the document says: an integer."""
    with pytest.raises(ValidationError, match="Not a valid integer"):
        Count().deserialize(value)
    assert Count().deserialize("05") == 5


@pytest.mark.parametrize("field", FIELDS.values(), ids=FIELDS)
@given(data=st.data())
def test_the_pattern_says_what_a_field_takes(field: Any, data: st.DataObject) -> None:
    """Whatever has it is taken, and whatever is taken is kept as a text that has it."""
    # In JSON Schema, as in JavaScript, $ is the very end.
    pattern = re.compile(field.metadata["pattern"].removesuffix("$") + r"\Z")
    text = data.draw(st.from_regex(pattern) | st.text())
    try:
        kept = field.deserialize(text)
    except ValidationError:
        assert not pattern.match(text)
    else:
        assert pattern.match(kept)
