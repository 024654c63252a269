"""The bodies of the calls to staff_calendar, and its answers."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from services.staff_calendar import duties
from services.staff_calendar.events import PUBLIC, WEEKDAYS
from shared.fields import Clock, Instant, Key, Line, Truth

_WEEKDAY = validate.OneOf(WEEKDAYS, error="Use one of {choices}.")
KINDS = ("anyone", "surname", "district")
CLASSES = (PUBLIC, "internal", "urgent")
SIDES = ("odd", "even", "both")


def _at_most(most: int, least: int = 0) -> validate.Length:
    return validate.Length(min=least, max=most)


class ClerkPath(Schema):
    """The clerk in the path of a call."""

    clerk = Key(required=True)


class DayPath(ClerkPath):
    date = fields.Date(required=True)


class StreetBody(Schema):
    told = """House numbers of a street, both inclusive; left out: from the first, to the last.

    They begin with a number, and letters count: "12a".
    """

    street = Line(required=True, longest=100)
    first = Line(longest=10, load_default=None, allow_none=True)
    last = Line(longest=10, load_default=None, allow_none=True)
    side = fields.String(load_default="both", validate=validate.OneOf(SIDES, error="Use one of {choices}."))
    postcode = Line(longest=10, load_default=None, allow_none=True)

    @validates_schema
    def _numbers(self, data: dict[str, Any], **_: Any) -> None:
        for end in ("first", "last"):
            if data[end] is not None and duties.number(data[end]) is None:
                raise ValidationError("A house number begins with a number, as in 12 or 12a.", end)


class ResponsibilityBody(Schema):
    told = """`key` is the name of the rule, the same for all clerks who share it; `first` and `last` bound surnames,
    `streets` make a district. `fallback`: names and addresses that no rule of the department covers fall under this
    one.

    Only rules for anyone have no key; those by surname have both bounds, and only a district has streets.
    """

    department = Key(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(KINDS, error="Use one of {choices}."))
    key = Line(longest=100, load_default=None, allow_none=True)
    first = Line(longest=50, load_default=None, allow_none=True)
    last = Line(longest=50, load_default=None, allow_none=True)
    streets = fields.List(fields.Nested(StreetBody), load_default=list, validate=_at_most(5000))
    fallback = Truth(load_default=False)

    @validates_schema
    def _whole(self, data: dict[str, Any], **_: Any) -> None:
        if data["kind"] != "anyone" and data["key"] is None:
            raise ValidationError("A rule by surname or district needs a key.", "key")
        for bound in ("first", "last"):
            if data["kind"] == "surname" and data[bound] is None:
                raise ValidationError("A rule by surname says from where to where.", bound)
        if data["kind"] != "district" and data["streets"]:
            raise ValidationError("Only a district has streets.", "streets")


class ClerkBody(Schema):
    told = "Whoever works with guests: what they can do, and for whom: rules are of the clerk's own departments."

    name = Line(required=True, longest=100)
    departments = fields.List(Key(), required=True, validate=_at_most(50, least=1))
    competences = fields.List(Key(), required=True, validate=_at_most(300))
    responsibility = fields.List(fields.Nested(ResponsibilityBody), load_default=list, validate=_at_most(200))
    languages = fields.List(Key(), load_default=lambda: ["de"], validate=_at_most(50))

    @validates_schema
    def _own_departments(self, data: dict[str, Any], **_: Any) -> None:
        for n, rule in enumerate(data["responsibility"]):
            if rule["department"] not in data["departments"]:
                message = "The clerk does not belong to this department."
                raise ValidationError({"responsibility": {n: {"department": [message]}}})


class ForWhom(Schema):
    """`class`: for whom hours are kept; `release_minutes` before a time begins it is for everybody, null = never."""

    quota_class = fields.String(
        data_key="class", load_default=PUBLIC, validate=validate.OneOf(CLASSES, error="Use one of {choices}.")
    )
    release_minutes = fields.Integer(
        load_default=None, allow_none=True, strict=True, validate=validate.Range(0, 527_040)
    )

    @validates_schema
    def _kept(self, data: dict[str, Any], **_: Any) -> None:
        if data["quota_class"] == PUBLIC and data["release_minutes"] is not None:
            raise ValidationError("Public hours are everybody's at once.", "release_minutes")


class QuotaBody(ForWhom):
    told = """Local hours on a weekday, in every n-th week counted from the week of `anchor`.

    `until` is after `from`; hours of not every week have an `anchor`. `of_month`: only on the first (1) to fifth (5),
    or the last (-1), such weekday of a month. `valid_from` and `valid_until` are inclusive, and in order. Public hours
    have no `release_minutes`.
    """

    weekday = fields.String(required=True, validate=_WEEKDAY)
    from_ = Clock(required=True, data_key="from")
    until = Clock(required=True)
    site = Key(required=True)
    every_weeks = fields.Integer(load_default=1, strict=True, validate=validate.Range(1, 52))
    anchor = fields.Date(load_default=None, allow_none=True)
    of_month = fields.Integer(
        load_default=None,
        allow_none=True,
        strict=True,
        validate=validate.OneOf([1, 2, 3, 4, 5, -1], error="Use 1 to 5, or -1 for the last one."),
    )
    valid_from = fields.Date(load_default=None, allow_none=True)
    valid_until = fields.Date(load_default=None, allow_none=True)


class HoursBody(ForWhom):
    told = "Local hours; `until` is after `from`. Public ones have no `release_minutes`."

    site = Key(required=True)
    from_ = Clock(required=True, data_key="from")
    until = Clock(required=True)


class ExceptionBody(Schema):
    told = "What replaces the weekly quotas on a date; nothing open: absent. Hours don't overlap."

    date = fields.Date(required=True)
    open = fields.List(fields.Nested(HoursBody), required=True, validate=_at_most(20))
    reason = Line(longest=200, load_default=None, allow_none=True)


class QuotasBody(Schema):
    told = "All quotas of a clerk; they replace those set before. No two overlap, and no two exceptions share a date."

    weekly = fields.List(fields.Nested(QuotaBody), required=True, validate=_at_most(100))
    exceptions = fields.List(fields.Nested(ExceptionBody), load_default=list, validate=_at_most(500))


class FeedQuery(Schema):
    key = fields.String(load_default="", validate=_at_most(200))


class WarningAnswer(Schema):
    told = """A `gap` or `overlap` between the rules of a department, or a rule that is `reversed` or `unreadable`.

    By surname: names from `first` on and before `before`. By district: house numbers `first` to `last` on one side of
    a street. Null is to the end. `keys`: the rules it is about; in a gap none.
    """

    what = fields.String(required=True)
    department = fields.String(required=True)
    kind = fields.String(required=True)
    keys = fields.List(fields.String(), required=True)
    first = fields.String(allow_none=True)
    before = fields.String(allow_none=True)
    last = fields.String(allow_none=True)
    street = fields.String(allow_none=True)
    side = fields.String(allow_none=True)


class ClerkAnswer(ClerkBody):
    told = "A clerk as defined; `quotas` is null until some are set."

    clerk = fields.String(required=True)
    quotas = fields.Nested(QuotasBody, required=True, allow_none=True)


class DefinedAnswer(ClerkAnswer):
    told = "The clerk, and what is wrong with the rules of the clerk's departments now."

    warnings = fields.List(fields.Nested(WarningAnswer), required=True)


class StaffAnswer(Schema):
    staff = fields.List(fields.Nested(ClerkAnswer), required=True)


class OpeningAnswer(ForWhom):
    site = fields.String(required=True)
    from_ = Instant(required=True, data_key="from")
    until = Instant(required=True)


class ReservationAnswer(Schema):
    told = "One stop of a visit that the clerk holds; `title` is the concern's name."

    appointment = fields.String(required=True)
    attempt = fields.Integer(required=True)
    stop = fields.Integer(required=True)
    status = fields.String(required=True, validate=validate.OneOf(["held"]))
    site = fields.String(required=True)
    starts_at = Instant(required=True)
    ends_at = Instant(required=True)
    blocked_until = Instant(required=True)
    concern = fields.String(required=True)
    title = fields.String(required=True)


class DayAnswer(Schema):
    clerk = fields.String(required=True)
    date = fields.Date(required=True)
    open = fields.List(fields.Nested(OpeningAnswer), required=True)
    reservations = fields.List(fields.Nested(ReservationAnswer), required=True)


class AddressAnswer(Schema):
    address = fields.Url(required=True)
