"""What goes over the wire: written once, read back, and refused with a reason."""

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from shared.app import App
from shared.messages import Cause, Said, Unreadable, envelope, following, numbered, read
from shared.tables import events
from tests.over_http import over_http
from tests.shared.counters import CountersService
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


TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
NEARLY = [
    TRACE.replace("-", "\t", 2),
    TRACE.replace("-", "\x7f", 1),
    TRACE.upper(),
    TRACE.replace("00-", "ff-"),
    f"00-{'0' * 32}-b7ad6b7169203331-01",
    f"00-0af7651916cd43dd8448eb211c80319c-{'0' * 16}-01",
    f"{TRACE}-",
    f"{TRACE}\n",
    f" {TRACE}",
    "x" * 55,
]
bytes_sent = st.characters(max_codepoint=0x7F) | st.characters(max_codepoint=0xFF)
places = st.tuples(st.integers(0, len(TRACE) - 1), bytes_sent)
mended = places.map(lambda place: TRACE[: place[0]] + place[1] + TRACE[place[0] + 1 :])
anything = mended | st.text(bytes_sent, max_size=250) | st.sampled_from([TRACE, *NEARLY])
HEADERS = ("HTTP_TRACEPARENT", "HTTP_X_CORRELATION_ID", "HTTP_IDEMPOTENCY_KEY")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.fixed_dictionaries({}, optional=dict.fromkeys(HEADERS, anything)))
def test_what_is_accepted_can_be_heard(app: App, headers: dict[str, str]) -> None:
    """Whatever stands in the headers: an order that is taken leads to a message that listeners can read."""
    client = over_http(CountersService, app, roles=())
    answer = client.post("/api/tallies", json={"tally": "a"}, environ_base=headers)
    assert answer.status_code in (202, 422)
    if answer.status_code == 202:
        with app.read() as connection:
            said = connection.execute(select(events.c.message).order_by(events.c.id.desc())).scalar()
        assert read(numbered(str(said), 1)).correlation == answer.headers["X-Correlation-ID"]


@pytest.mark.parametrize("sent", [TRACE, *NEARLY])
def test_a_trace_is_carried_on_where_it_is_one(app: App, sent: str) -> None:
    """As the W3C writes it; all else is dropped."""
    client = over_http(CountersService, app, roles=())
    assert client.post("/api/tallies", json={"tally": "a"}, environ_base={"HTTP_TRACEPARENT": sent}).status_code == 202
    with app.read() as connection:
        said = connection.execute(select(events.c.message)).scalar()
    assert read(numbered(str(said), 1)).traceparent == (TRACE if sent == TRACE else "")


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
