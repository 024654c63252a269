"""What goes over the wire: written once, read back, and refused with a reason."""

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.messages import Cause, Said, Unreadable, envelope, following, numbered, read
from tests.shared.test_inbox import GOOD, bodies
from tests.shared.toy import Speaker

names = st.from_regex(r"[A-Za-z0-9/_-]{1,60}", fullmatch=True)
values = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(codec="utf-8"))
data = st.dictionaries(st.text(st.characters(codec="utf-8")), values | st.lists(values, max_size=3), max_size=4)
now = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@given(
    kind=st.from_regex(r"[A-Z][A-Za-z]{0,30}", fullmatch=True),
    version=st.integers(1, 999),
    source=st.sampled_from(["booking", "staff_calendar"]),
    texts=st.tuples(names, names, names, names, names),
    numbers=st.tuples(st.integers(0, 2**31 - 1), st.integers(0, 2**63 - 1)),
    content=data,
)
def test_what_is_said_is_heard(
    kind: str, version: int, source: str, texts: Any, numbers: Any, content: dict[str, Any]
) -> None:
    """Every part of an envelope comes back as it was given."""
    event_id, subject, stream, correlation, causation = texts
    said = Said(kind, version, subject, content)
    cause = Cause(correlation, causation, "")
    written = envelope(
        said,
        source=source,
        event_id=event_id,
        time=now.isoformat(),
        stream=stream,
        sequence=numbers[0],
        cause=cause,
    )
    body = numbered(written, numbers[1])
    message = read(body)
    assert (message.type, message.version, message.subject, message.data) == (kind, version, subject, content)
    assert (message.source, message.id, message.time) == (source, event_id, now)
    assert (message.stream, message.sequence, message.position) == (stream, *numbers)
    assert message.cause == Cause(correlation, event_id, "")
    assert message.body == body
    assert orjson.loads(body)["specversion"] == "1.0"


@pytest.mark.parametrize("body", [body for body in bodies() if b"nobody" not in body], ids=lambda body: repr(body[:60]))
def test_what_is_not_a_message_is_refused(body: bytes) -> None:
    """With a sentence that does not quote it."""
    with pytest.raises(Unreadable) as refused:
        read(body)
    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 120


def test_what_the_test_above_varies_is_a_message() -> None:
    """Or nothing would be tested there."""
    assert read(orjson.dumps(GOOD)).data == {"tally": "a", "by": 1, "note": ""}


def test_extensions_that_trace_may_be_left_out() -> None:
    """A message without them still takes effect."""
    bare = {name: value for name, value in GOOD.items() if not name.endswith("id") or name == "id"}
    assert read(orjson.dumps(bare)).cause == Cause("", GOOD["id"], "")


def test_what_follows_from_a_message_has_the_same_name_at_every_delivery() -> None:
    """And another one per service and number."""
    message, other = (read(Speaker().say(tally).body) for tally in "ab")
    assert following(message, "rooms") == following(message, "rooms")
    ids = {following(m, by, n) for m in (message, other) for by in ("rooms", "booking") for n in (0, 1)}
    assert len(ids) == 8
