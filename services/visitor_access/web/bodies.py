"""The shapes of the HTTP calls."""

from marshmallow import Schema, fields, validate

from services.visitor_access.queries import STATUSES
from shared.fields import Instant, Key


class ArrivalBody(Schema):
    told = "`at`: for a desk without a line that brings in later what it wrote down. `site`: where the desk stands."

    at = Instant()
    site = Key()


class DepartureBody(Schema):
    told = "`at` as for arrivals."

    at = Instant()


class AccessListQuery(Schema):
    told = "Without a date, today; without a site, all of them."

    site = Key()
    date = fields.Date()
    include = fields.String(validate=validate.OneOf(["removed"]))


class StopAnswer(Schema):
    room = fields.String(required=True)
    clerk = fields.String(required=True)


class GuestAnswer(Schema):
    told = "A guest as the desk sees it. `name` is null when the guest is forgotten or the key has not come yet."

    appointment = fields.String(required=True)
    name = fields.String(required=True, allow_none=True)
    status = fields.String(required=True, validate=validate.OneOf(STATUSES))
    number = fields.String(required=True, allow_none=True, data_key="pass")
    party_size = fields.Integer(required=True)
    site = fields.String(required=True)
    date = fields.Date(required=True)
    starts_at = Instant(required=True)
    ends_at = Instant(required=True)
    stops = fields.List(fields.Nested(StopAnswer), required=True)
    arrived_at = Instant(required=True, allow_none=True)
    left_at = Instant(required=True, allow_none=True)
    left_assumed = fields.Boolean(required=True)


class CountsAnswer(Schema):
    announced = fields.Integer(required=True)
    registered = fields.Integer(required=True)
    arrived = fields.Integer(required=True)
    left = fields.Integer(required=True)
    missed = fields.Integer(required=True)
    removed = fields.Integer(required=True)


class AccessListAnswer(Schema):
    told = "`counts` are visits, `people` the persons who come with them."

    site = fields.String(required=True, allow_none=True)
    date = fields.Date(required=True)
    counts = fields.Nested(CountsAnswer, required=True)
    people = fields.Nested(CountsAnswer, required=True)
    guests = fields.List(fields.Nested(GuestAnswer), required=True)
