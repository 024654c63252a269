"""Hours that are kept for some: who may have them, and from when everybody may."""

from dataclasses import replace
from datetime import timedelta

from services.staff_calendar import decider
from services.staff_calendar.events import HoursOpened, OpenDay, Opening
from services.staff_calendar.web.bodies import QuotasBody
from tests.given_when_then import Scenario
from tests.staff_calendar.office import CLERK, QUOTAS, Office
from tests.staff_calendar.test_bodies import faults
from tests.staff_calendar.words import DAY, ZONE, at, clerk, hold, stop

NINE = at("09:00")


def _opened(*openings: Opening) -> HoursOpened:
    return HoursOpened("c1", DAY, DAY, ZONE, (OpenDay(DAY, openings),))


KEPT = Scenario(decider).given(
    clerk("c1"),
    _opened(
        Opening("rathaus", at("08:00"), at("10:00")),
        Opening("rathaus", at("10:00"), at("12:00"), "internal", 120),
        Opening("rathaus", at("12:00"), at("14:00"), "urgent"),
    ),
)


def _held(from_: str, until: str, before: int = 24 * 60, audience: tuple[str, ...] = ()) -> bool:
    """Is it held, when asked so many minutes before?"""
    asked = stop(from_, until)
    now = asked.starts_at - timedelta(minutes=before)
    decision = KEPT.when(replace(hold(asked), now=now, audience=audience))
    return any(type(event).__name__ == "StaffReserved" for event in decision.decided)


def test_kept_hours_are_for_their_audience() -> None:
    """Also across the seam to public hours; nobody else gets them."""
    assert _held("09:00", "10:00")
    assert not _held("10:00", "11:00")
    assert _held("10:00", "11:00", audience=("internal",))
    assert _held("09:30", "10:30", audience=("internal",))
    assert not _held("09:30", "10:30")
    assert not _held("12:00", "13:00", audience=("internal",))
    assert _held("11:00", "13:00", audience=("internal", "urgent"))


def test_kept_hours_are_released_shortly_before() -> None:
    """Every five minutes two hours before they begin; the urgent ones never."""
    assert _held("10:00", "10:05", before=120)
    assert not _held("10:00", "10:05", before=125)
    assert not _held("10:00", "10:10", before=120)
    assert _held("10:00", "10:10", before=115)
    assert _held("09:30", "10:05", before=90)
    assert not _held("12:00", "12:05", before=0)


def test_a_language_asked_for_is_spoken_by_whoever_is_held() -> None:
    """Another clerk would be of no use."""
    asked = hold(stop("09:00", "09:30"))
    assert type(KEPT.when(replace(asked, spoken="de")).decided[-1]).__name__ == "StaffReserved"
    assert KEPT.when(replace(asked, spoken="tr")).decided[-1].because == "no_competent_clerk"


def test_classes_are_set_shown_and_said(office: Office) -> None:
    """As given; public hours need not say that they are."""
    office.put("/api/staff/c-17", CLERK)
    kept = QUOTAS["weekly"][0] | {"from": "13:00", "until": "16:00", "class": "internal", "release_minutes": 2880}
    answer = office.put("/api/staff/c-17/quotas", {"weekly": [QUOTAS["weekly"][0], kept]})
    assert answer.json["quotas"]["weekly"] == [QUOTAS["weekly"][0], kept]
    assert [opening.get("class") for opening in office.day()["open"]] == [None, "internal"]


def test_the_time_of_the_month_and_validity_are_set_and_shown(office: Office) -> None:
    """As given; what holds always need not say so. The last Tuesday of November is the 24th."""
    office.put("/api/staff/c-17", CLERK)
    dates = {"valid_from": "2026-11-01", "valid_until": "2026-11-24"}
    last = QUOTAS["weekly"][0] | {"of_month": -1} | dates
    first = QUOTAS["weekly"][0] | {"site": "spexard", "of_month": 1}
    answer = office.put("/api/staff/c-17/quotas", {"weekly": [last, first]})
    assert answer.json["quotas"]["weekly"] == [last, first]
    assert [opening["site"] for opening in office.day()["open"]] == ["rathaus"]
    wrong = last | {"valid_until": "2026-10-01"}
    assert office.put("/api/staff/c-17/quotas", {"weekly": [wrong]}).status_code == 422


def test_hours_of_no_class_are_refused() -> None:
    """And public ones that are released later than at once."""
    for change, field in (({"class": "vip"}, "class"), ({"release_minutes": 60}, "release_minutes")):
        assert set(faults(QuotasBody(), {"weekly": [QUOTAS["weekly"][0] | change]})) == {f"weekly.0.{field}"}
