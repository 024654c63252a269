"""The shapes of booking's HTTP calls."""

import re
import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any, get_args

from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email
from marshmallow import (
    EXCLUDE,
    Schema,
    ValidationError,
    fields,
    post_load,
    pre_load,
    validate,
    validates,
    validates_schema,
)

from services.booking import checklist
from services.booking.appointment import Status
from services.booking.contracts import DocumentV1, TextV1
from services.booking.events import Concern, Document, Effect, Release, Share, Text, YesNo
from services.booking.planning import PARTS, WEEKDAYS, released
from services.booking.proposals import release
from shared.fields import Clock, Count, Instant, Key, Line, Patterned, Truth, whole

YES_OR_NO = {"yes": True, "no": False, "1": True, "0": False, "true": True, "false": False}
GIVEN = re.compile(rf"[\s\S]+:({'|'.join(YES_OR_NO)})")
AUDIENCES = ("internal", "urgent")
STATUSES = get_args(Status)
MAX_PARTY = 50
MAX_CONCERNS = 5
MOST_CONCERNS = 2000
"""Of a catalogue, which comes in one body and is one event."""
LEIKA = re.compile(r"99[0-9]{12}")
WEB = re.compile(r'https?://[^\s"<>]{1,500}')


def _minutes(least: int, most: int, **kwargs: Any) -> fields.Integer:
    return fields.Integer(strict=True, validate=validate.Range(min=least, max=most), **kwargs)


def _web() -> fields.Url:
    """An address in the web, which may stand in a page and in a file as it is."""
    return fields.Url(
        schemes={"https", "http"},
        allow_none=True,
        load_default=None,
        validate=validate.Regexp(WEB.pattern + r"\Z", error="Not a valid URL."),
        metadata={"format": "uri", "pattern": whole(WEB)},
    )


def _one_each(documents: Sequence[Document]) -> None:
    keys = [document.key for document in documents]
    if twice := sorted({key for key in keys if keys.count(key) > 1}):
        raise ValidationError(f"The document '{twice[0]}' is there twice.")


class TextBody(Schema):
    de = Line(required=True)
    en = Line(required=True)

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> Text:
        return Text(**data)


class DocumentBody(Schema):
    key = Key(required=True)
    de = Line(required=True)
    en = Line(required=True)

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> Document:
        return Document(**data)


class QuestionBody(Schema):
    told = 'A yes/no question, asked where `when` holds for the answers before it, as in "child+ abroad- | urgent+".'

    key = Key(required=True)
    text = fields.Nested(TextBody, required=True)
    when = Line(shortest=0, longest=500, load_default="")

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> YesNo:
        return YesNo(**data)


class EffectBody(Schema):
    told = "What follows where `when` holds: a document, no visit at all (`ends`), or what is needed in addition."

    when = Line(shortest=0, longest=500, load_default="")
    document = Key(load_default=None, allow_none=True)
    ends = fields.Nested(TextBody, load_default=None, allow_none=True)
    online_url = _web()
    minutes = _minutes(-480, 480, load_default=0)
    seats = _minutes(0, 50, load_default=0)
    equipment = fields.List(Key(), load_default=list)
    competences = fields.List(Key(), load_default=list)
    step_free = Truth(load_default=False)

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> Effect:
        return Effect(**data | {name: tuple(data[name]) for name in ("equipment", "competences")})


class ShareBody(Schema):
    days = _minutes(0, 365, required=True)
    percent = _minutes(1, 100, required=True)

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> Share:
        return Share(**data)


class ReleaseBody(Schema):
    told = """Which places open when: shares of a day's places, or every week at a local time for weeks ahead.

    Shares add up to 100 percent.
    """

    shares = fields.List(fields.Nested(ShareBody), load_default=list, validate=validate.Length(max=20))
    weekday = fields.String(load_default=None, allow_none=True, validate=validate.OneOf(WEEKDAYS))
    time = Clock(load_default="00:00")
    weeks = _minutes(0, 52, load_default=1)
    place_minutes = _minutes(5, 480, load_default=30)

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> Release:
        rule = Release(**data | {"shares": tuple(data["shares"])})
        wrong = release.faults(released(rule))
        if wrong:
            raise ValidationError("; ".join(wrong), "shares")
        return rule


class ConcernBody(Schema):
    told = """A concern of the catalogue; minutes are whole.

    No two documents have one key, nor two questions. `when` asks for questions before it, and an effect's `document` is
    one of the concern's.
    """

    key = Key(required=True)
    name = fields.Nested(TextBody, required=True)
    department = Key(required=True)
    minutes = _minutes(5, 480, required=True)
    leika = Patterned(LEIKA, "A LeiKa key is 99 and 12 more digits.", allow_none=True, load_default=None)
    topic = Line(shortest=0, load_default="")
    topic_en = Line(shortest=0, load_default="")
    keywords = fields.List(Line(), load_default=list)
    extra_minutes_per_person = _minutes(0, 120, load_default=0)
    equipment = fields.List(Key(), load_default=list)
    competences = fields.List(Key(), load_default=list)
    documents = fields.List(fields.Nested(DocumentBody), load_default=list, validate=_one_each)
    lead_minutes = _minutes(0, 525_600, load_default=0)
    lead_days = _minutes(0, 180, load_default=0)
    horizon_days = _minutes(1, 180, load_default=60)
    buffer_minutes = _minutes(0, 120, load_default=0)
    buffer_before_minutes = _minutes(0, 120, load_default=0)
    max_party = _minutes(1, MAX_PARTY, load_default=10)
    grid_minutes = fields.Integer(
        strict=True,
        load_default=5,
        validate=validate.OneOf(range(5, 241, 5), error="Use 5 to 240 in steps of 5."),
    )
    online_url = _web()
    responsibility = fields.String(validate=validate.OneOf(["anyone", "surname", "district"]), load_default="anyone")
    questions = fields.List(
        fields.Nested(QuestionBody), load_default=list, validate=validate.Length(max=checklist.MOST_QUESTIONS)
    )
    effects = fields.List(fields.Nested(EffectBody), load_default=list, validate=validate.Length(max=100))
    release = fields.Nested(ReleaseBody, load_default=None, allow_none=True)

    @pre_load
    def _in_turn(self, data: Any, **_: Any) -> Any:
        """A catalogue has thousands, between which other requests are answered."""
        time.sleep(0)
        return data

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> Concern:
        lists = {name: tuple(value) for name, value in data.items() if isinstance(value, list)}
        concern = Concern(**data | lists)
        if wrong := checklist.wrong(concern):
            raise ValidationError(" ".join(f"{sentence}." for sentence in wrong), "questions")
        return concern


class CatalogueBody(Schema):
    told = "The whole catalogue; no two concerns have one key."

    concerns = fields.List(
        fields.Nested(ConcernBody),
        required=True,
        validate=validate.Length(max=MOST_CONCERNS, error="A catalogue holds at most {max} concerns."),
    )

    @validates_schema
    def _once(self, data: dict[str, Any], **_: Any) -> None:
        seen: set[str] = set()
        for number, concern in enumerate(data["concerns"]):
            if concern.key in seen:
                raise ValidationError({"concerns": {number: {"key": ["This key is there twice."]}}})
            seen.add(concern.key)


class ConcernAnswer(ConcernBody):
    told = "A concern as it is shown."

    name = fields.Nested(TextV1)
    documents = fields.List(fields.Nested(DocumentV1))


class CatalogueAnswer(Schema):
    concerns = fields.List(fields.Nested(ConcernAnswer))


class Given(Patterned):
    """An answer to a yes/no question: `question:yes`; loads as a pair."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(GIVEN, "Write an answer as question:yes or question:no.", **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        question, _, answer = super()._deserialize(value, attr, data, **kwargs).rpartition(":")
        return question, YES_OR_NO[answer]


class Moment(Instant):
    """An instant in a query, where a plus sign that nobody escaped has become a blank."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:
        text = value.replace(" ", "+") if isinstance(value, str) else value
        return super()._deserialize(text, attr, data, **kwargs)


class ProposalsQuery(Schema):
    told = """When can I come?

    `part`, `weekday`, `answer` may come several times. `language`: spoken by the clerk. Surname and street decide who
    is responsible and are forgotten at once. `answer`: to the concerns' questions, one to each, as in `child:yes`.
    `audience`: to see hours that are kept, with the key of the info desk as bearer token. `until` is not before `from`.
    """

    concern = fields.List(Key(), required=True, validate=validate.Length(min=1, max=MAX_CONCERNS))
    party_size = Count(load_default=1, validate=validate.Range(min=1, max=MAX_PARTY))
    first = fields.Date(data_key="from", load_default=None)
    last = fields.Date(data_key="until", load_default=None)
    site = Key(load_default=None)
    surname = Line(load_default=None)
    street = Line(load_default=None)
    step_free = fields.Boolean(load_default=False)
    limit = Count(load_default=5, validate=validate.Range(min=1, max=50))
    not_before = Moment(load_default=None)
    part = fields.List(fields.String(validate=validate.OneOf(list(PARTS))), load_default=list)
    weekday = fields.List(fields.String(validate=validate.OneOf(WEEKDAYS)), load_default=list)
    language = Key(load_default=None)
    answer = fields.List(Given(), load_default=list, validate=validate.Length(max=100))
    audience = fields.List(fields.String(validate=validate.OneOf(AUDIENCES)), load_default=list)

    @post_load
    def _answers(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return data | {"answer": dict(data["answer"])}

    @validates_schema
    def _one_answer_each(self, data: dict[str, Any], **_: Any) -> None:
        given = set(data["answer"])
        if len(given) > len({question for question, _ in given}):
            raise ValidationError("A question has one answer.", "answer")

    @validates_schema
    def _in_order(self, data: dict[str, Any], **_: Any) -> None:
        if data["first"] and data["last"] and data["last"] < data["first"]:
            raise ValidationError("This day lies before 'from'.", "until")


LOCAL_PART = 64
"""Octets before the @ that every mail server takes (RFC 5321, 4.5.3.1.1); beyond ASCII those of UTF-8 (RFC 6531)."""


# Only the house's own mail server knows whether it reaches these.
SPECIAL_USE_DOMAIN_NAMES[:] = [name for name in SPECIAL_USE_DOMAIN_NAMES if name not in ("local", "test")]


class GuestBody(Schema):
    told = "Who comes. Before the @ of the address stand at most 64 bytes, and behind it a name that mails can go to."

    name = Line(required=True)
    email = Line(required=True, longest=254, metadata={"format": "email"})
    phone = Line(longest=40, shortest=0, load_default="")

    @validates("email")
    def _reachable(self, value: str, **_: Any) -> None:
        try:
            validate_email(value, check_deliverability=False)
        except EmailNotValidError:
            raise ValidationError("This is not an e-mail address like name@example.org.") from None
        if len(value.rpartition("@")[0].encode()) > LOCAL_PART:
            raise ValidationError(f"Before the @ stand at most {LOCAL_PART} bytes; a letter like ü takes two.")


class AppointmentBody(Schema):
    told = "A proposal is taken, by whom."

    proposal = fields.String(required=True, validate=validate.Length(min=1, max=4000))
    guest = fields.Nested(GuestBody, required=True)
    party_size = _minutes(1, MAX_PARTY, load_default=None)
    language = fields.String(load_default="de", validate=validate.OneOf(["de", "en"]))


class MoveBody(Schema):
    told = "Another time, for the same concerns; the one that the appointment has already is refused with 422."

    proposal = fields.String(required=True, validate=validate.Length(min=1, max=4000))


class ForgettingBody(Schema):
    told = "The appointments whose guests are to be forgotten."

    appointments = fields.List(Line(longest=100), required=True, validate=validate.Length(min=1, max=500))


class NothingBody(Schema):
    class Meta:
        unknown = EXCLUDE


class TokenQuery(Schema):
    token = fields.String(load_default=None, validate=validate.Length(max=200))


class StopAnswer(Schema):
    concern = fields.String()
    name = fields.Nested(TextV1)
    starts_at = Instant()
    ends_at = Instant()
    room = fields.String(allow_none=True)
    clerk = fields.String(allow_none=True)


class ProposalAnswer(Schema):
    id = fields.String()
    site = fields.String()
    site_name = fields.Nested(TextV1)
    starts_at = Instant()
    ends_at = Instant()
    minutes = fields.Integer()
    stops = fields.List(fields.Nested(StopAnswer))
    documents = fields.List(fields.Nested(DocumentV1))
    score = fields.Dict(keys=fields.String(), values=fields.Float())
    cost = fields.Float()


class ChanceAnswer(Schema):
    told = "A time that would be possible: `opens` says what the guest would give up for it."

    opens = fields.String()
    starts_at = Instant()
    detail = fields.Dict()


class NothingAnswer(Schema):
    told = "Which requirement left nothing, the next chance, and what would open it."

    because = fields.String()
    concern = fields.String(allow_none=True)
    next_chance = Instant(allow_none=True)
    opens = fields.String(allow_none=True)
    detail = fields.Dict()
    chances = fields.List(fields.Nested(ChanceAnswer))


class NotNeededAnswer(Schema):
    told = "A concern that is settled without a visit: why, and where."

    concern = fields.String()
    name = fields.Nested(TextV1)
    why = fields.Nested(TextV1)
    online_url = fields.String(allow_none=True)


class OpenAnswer(Schema):
    told = "The next question of a concern; without an answer it changes nothing."

    concern = fields.String()
    question = fields.String()
    text = fields.Nested(TextV1)


class ProposalsAnswer(Schema):
    told = "Proposals, best first; or why there are none. Concerns under `no_visit_needed` are not part of them."

    proposals = fields.List(fields.Nested(ProposalAnswer))
    nothing_because = fields.Nested(NothingAnswer, allow_none=True)
    no_visit_needed = fields.List(fields.Nested(NotNeededAnswer))
    questions = fields.List(fields.Nested(OpenAnswer))


class AcceptedAnswer(Schema):
    told = "The request is in the log; `status` turns to confirmed or declined soon."

    appointment = fields.String()
    status = fields.String(validate=validate.Equal("requested"))
    manage_token = fields.String()


class CancellationAnswer(Schema):
    appointment = fields.String()
    status = fields.String(validate=validate.Equal("cancelled"))


class MoveAnswer(Schema):
    told = "`status` is that of the move."

    appointment = fields.String()
    status = fields.String(validate=validate.Equal("requested"))


class ForgettingAnswer(Schema):
    told = "How many appointments were named."

    appointments = fields.Integer()


class AppointmentAnswer(Schema):
    told = """
    `move` is what is being reserved instead; `alternatives` are fresh proposals where the request, or the last move of
    a visit that stands, was declined or expired, and `because` says why; `confirm_by`: everything is held, and the
    guest must follow the link in the mail until then.
    """

    appointment = fields.String()
    status = fields.String(validate=validate.OneOf(STATUSES))
    site = fields.String()
    site_name = fields.Nested(TextV1)
    starts_at = Instant()
    ends_at = Instant()
    party_size = fields.Integer()
    language = fields.String()
    stops = fields.List(fields.Nested(StopAnswer))
    documents = fields.List(fields.Nested(DocumentV1))
    hold_until = Instant(allow_none=True)
    confirm_by = Instant(allow_none=True)
    because = fields.List(fields.String())
    alternatives = fields.List(fields.Nested(ProposalAnswer))
    move = fields.Dict(allow_none=True)
