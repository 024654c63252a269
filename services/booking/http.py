"""The shapes of booking's HTTP calls."""

from datetime import UTC, datetime
from typing import Any

from email_validator import EmailNotValidError, validate_email
from marshmallow import EXCLUDE, Schema, ValidationError, fields, post_load, validate, validates, validates_schema

from services.booking.contracts import DocumentV1, TextV1
from services.booking.events import Concern, Document, Text
from shared.fields import Instant, Key, Line

MAX_PARTY = 50
MAX_CONCERNS = 5


def _minutes(least: int, most: int, **kwargs: Any) -> fields.Integer:
    return fields.Integer(strict=True, validate=validate.Range(min=least, max=most), **kwargs)


def party(**kwargs: Any) -> fields.Integer:
    """How many people come."""
    return fields.Integer(validate=validate.Range(min=1, max=MAX_PARTY), **kwargs)


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


class ConcernBody(Schema):
    """A concern of the catalogue; minutes are whole."""

    key = Key(required=True)
    name = fields.Nested(TextBody, required=True)
    department = Key(required=True)
    minutes = _minutes(5, 480, required=True)
    leika = Line(longest=20, allow_none=True, load_default=None)
    topic = Line(shortest=0, load_default="")
    keywords = fields.List(Line(), load_default=list)
    extra_minutes_per_person = _minutes(0, 120, load_default=0)
    equipment = fields.List(Key(), load_default=list)
    competences = fields.List(Key(), load_default=list)
    documents = fields.List(fields.Nested(DocumentBody), load_default=list)
    lead_minutes = _minutes(0, 525_600, load_default=0)
    horizon_days = _minutes(1, 180, load_default=60)
    buffer_minutes = _minutes(0, 120, load_default=0)
    max_party = _minutes(1, MAX_PARTY, load_default=10)
    grid_minutes = _minutes(5, 240, load_default=5)
    online_url = fields.URL(schemes={"https", "http"}, allow_none=True, load_default=None)
    responsibility = fields.String(validate=validate.OneOf(["anyone", "surname", "district"]), load_default="anyone")

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> Concern:
        lists = {name: tuple(value) for name, value in data.items() if isinstance(value, list)}
        return Concern(**data | lists)


class CatalogueBody(Schema):
    """The whole catalogue."""

    concerns = fields.List(fields.Nested(ConcernBody), required=True, validate=validate.Length(max=2000))

    @validates_schema
    def _once(self, data: dict[str, Any], **_: Any) -> None:
        seen: set[str] = set()
        for number, concern in enumerate(data["concerns"]):
            if concern.key in seen:
                raise ValidationError({"concerns": {number: {"key": ["This key is there twice."]}}})
            seen.add(concern.key)


class ConcernAnswer(ConcernBody):
    """A concern as it is shown."""

    name = fields.Nested(TextV1)
    documents = fields.List(fields.Nested(DocumentV1))


class CatalogueAnswer(Schema):
    concerns = fields.List(fields.Nested(ConcernAnswer))


class ProposalsQuery(Schema):
    """When can I come?"""

    concern = fields.List(Key(), required=True, validate=validate.Length(min=1, max=MAX_CONCERNS))
    party_size = party(load_default=1)
    first = fields.Date(data_key="from", load_default=None)
    last = fields.Date(data_key="until", load_default=None)
    site = Key(load_default=None)
    surname = Line(load_default=None)
    street = Line(load_default=None)
    step_free = fields.Boolean(load_default=False)
    limit = fields.Integer(load_default=5, validate=validate.Range(min=1, max=50))

    @validates_schema
    def _in_order(self, data: dict[str, Any], **_: Any) -> None:
        if data["first"] and data["last"] and data["last"] < data["first"]:
            raise ValidationError("This day lies before 'from'.", "until")
        if data["last"] and data["last"] < datetime.now(UTC).date():
            raise ValidationError("This day is over.", "until")


class GuestBody(Schema):
    name = Line(required=True)
    email = Line(required=True, longest=254)
    phone = Line(longest=40, shortest=0, load_default="")

    @validates("email")
    def _reachable(self, value: str, **_: Any) -> None:
        try:
            validate_email(value, check_deliverability=False)
        except EmailNotValidError:
            raise ValidationError("This is not an e-mail address like name@example.org.") from None


class AppointmentBody(Schema):
    """A proposal is taken, by whom."""

    proposal = fields.String(required=True, validate=validate.Length(min=1, max=4000))
    guest = fields.Nested(GuestBody, required=True)
    party_size = party(load_default=None, strict=True)
    language = fields.String(load_default="de", validate=validate.OneOf(["de", "en"]))


class MoveBody(Schema):
    proposal = fields.String(required=True, validate=validate.Length(min=1, max=4000))


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


class NothingAnswer(Schema):
    because = fields.String()
    concern = fields.String(allow_none=True)
    next_chance = Instant(allow_none=True)
    opens = fields.String(allow_none=True)
    detail = fields.Dict()


class ProposalsAnswer(Schema):
    proposals = fields.List(fields.Nested(ProposalAnswer))
    nothing_because = fields.Nested(NothingAnswer, allow_none=True)


class AcceptedAnswer(Schema):
    """The request is in the log; `status` turns to confirmed or declined soon."""

    appointment = fields.String()
    status = fields.String()
    manage_token = fields.String()


class AppointmentAnswer(Schema):
    """`move` is what is being reserved instead; `alternatives` are fresh proposals where a request was declined."""

    appointment = fields.String()
    status = fields.String()
    site = fields.String()
    site_name = fields.Nested(TextV1)
    starts_at = Instant()
    ends_at = Instant()
    party_size = fields.Integer()
    language = fields.String()
    stops = fields.List(fields.Nested(StopAnswer))
    documents = fields.List(fields.Nested(DocumentV1))
    hold_until = Instant(allow_none=True)
    because = fields.List(fields.String())
    alternatives = fields.List(fields.Nested(ProposalAnswer))
    move = fields.Dict(allow_none=True)
