"""From calendar files to busy times: the cases that people's calendars are full of."""

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from services.staff_calendar.calendars.expand import Question, Unreadable, expand
from tests.calendars.desk import day_event, event, ics

BERLIN = ZoneInfo("Europe/Berlin")


def question(first: str = "2026-11-01", last: str = "2027-06-01", **how: object) -> Question:
    a, b = (int(datetime.fromisoformat(day).replace(tzinfo=BERLIN).timestamp()) for day in (first, last))
    return Question(a, b, "Europe/Berlin", **how)  # type: ignore[arg-type]


def busy(*components: str, extra: str = "", **how: object) -> list[str]:
    """Local times."""
    return found_in(ics(*components, extra=extra), **how)


def found_in(file: bytes, **how: object) -> list[str]:
    """The same of a whole file."""
    return [
        f"{datetime.fromtimestamp(a, BERLIN):%m-%d %H:%M}/{(b - a) // 60}"
        for entry in expand(file, question(**how))  # type: ignore[arg-type]
        for a, b in entry.busy
    ]


def opens(*components: str, **how: object) -> list[str]:
    """Local times of hours."""
    return [
        f"{datetime.fromtimestamp(a, BERLIN):%m-%d %H:%M}/{(b - a) // 60}"
        for entry in expand(ics(*components), question(**how))  # type: ignore[arg-type]
        for a, b in entry.opens
    ]


SPRING = "20270321T100000", "20270321T103000"
MORNING = "20261124T100000", "20261124T110000"


@pytest.mark.parametrize(
    ("component", "found"),
    [
        (event(), ["11-24 10:00/90"]),
        (event("e", "20261124T090000Z", "20261124T100000Z"), ["11-24 10:00/60"]),
        (event("e", "20261124T090000", "20261124T100000", zone=""), ["11-24 09:00/60"]),
        (event("e", "20261124T090000", "20261124T100000", zone="America/New_York"), ["11-24 15:00/60"]),
        (event("e", *SPRING, "RRULE:FREQ=WEEKLY;COUNT=2"), ["03-21 10:00/30", "03-28 10:00/30"]),
        (event("e", "20270328T013000", "20270328T033000"), ["03-28 01:30/60"]),
        (day_event("e", "20270328", "20270329"), ["03-28 00:00/1380"]),
        (day_event("e", "20261231", "20270102"), ["12-31 00:00/2880"]),
        (event("e", "20261231T233000", "20270101T003000"), ["12-31 23:30/60"]),
        (event("e", "20261124T100000", "20261124T110000", "TRANSP:TRANSPARENT"), []),
        (event("e", "20261124T100000", "20261124T110000", "STATUS:CANCELLED"), []),
        (event("e", "20261124T100000", "20261124T110000", "STATUS:TENTATIVE"), ["11-24 10:00/60"]),
        (event("e", "20261124T100000", "20261124T100000"), []),
        (event("e", "20261124T110000", "20261124T100000"), ["11-24 10:00/60"]),
        (event("e", *MORNING, "EXDATE;TZID=Europe/Berlin:20261124T100000"), []),
        (day_event("e", "20261124", "20261124"), ["11-24 00:00/1440"]),
    ],
)
def test_an_entry_makes_busy(component: str, found: list[str]) -> None:
    """Zones, days, changes of the clocks, the year's end, what does not count."""
    assert busy(component) == found


def test_the_leap_day_comes_every_four_years() -> None:
    """And never on another date."""
    yearly = event("e", "20240229T100000", "20240229T110000", "RRULE:FREQ=YEARLY")
    assert busy(yearly, first="2027-01-01", last="2027-12-31") == []
    assert busy(yearly, first="2028-01-01", last="2028-12-31") == ["02-29 10:00/60"]


def test_instances_are_moved_cancelled_and_left_out() -> None:
    """Of a series, as its owner wants it."""
    series = event(
        "e",
        "20261124T100000",
        "20261124T110000",
        "RRULE:FREQ=DAILY;COUNT=5",
        "EXDATE;TZID=Europe/Berlin:20261125T100000",
    )
    moved = event("e", "20261126T150000", "20261126T160000", "RECURRENCE-ID;TZID=Europe/Berlin:20261126T100000")
    gone = event(
        "e",
        "20261127T100000",
        "20261127T110000",
        "RECURRENCE-ID;TZID=Europe/Berlin:20261127T100000",
        "STATUS:CANCELLED",
    )
    assert busy(series, moved, gone) == ["11-24 10:00/60", "11-26 15:00/60", "11-28 10:00/60"]


def test_a_time_zone_of_the_whole_calendar_counts() -> None:
    """X-WR-TIMEZONE, as web calendars write it."""
    assert busy(event(zone=""), extra="X-WR-TIMEZONE:America/New_York\r\n") == ["11-24 16:00/90"]


def zone(name: str, offset: str) -> str:
    """A VTIMEZONE that knows one offset."""
    told = f"TZOFFSETFROM:{offset}\r\nTZOFFSETTO:{offset}\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
    return f"BEGIN:VTIMEZONE\r\nTZID:{name}\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\n{told}"


def test_a_name_of_a_zone_is_each_calendars_own() -> None:
    """Outlook calls every zone that it does not know the same."""
    own = event("e", *MORNING, zone="Customized Time Zone")
    assert busy(zone("Customized Time Zone", "+0500"), own) == ["11-24 06:00/60"]
    assert busy(zone("Customized Time Zone", "-0300"), own) == ["11-24 14:00/60"]
    assert busy(own) == ["11-24 10:00/60"], "and where it says nothing, it is the clerk's"


@pytest.mark.parametrize("change", [lambda entry: entry, lambda entry: entry.replace("UID:e\r\n", "")])
def test_several_calendars_in_one_file_add_up(change: Callable[[str], str]) -> None:
    """Also under one UID, or under none."""
    first, second = event("e", *MORNING), event("e", "20261125T100000", "20261125T110000")
    file = ics(change(first)) + ics(change(second))
    (entry,) = expand(file, question())
    assert [datetime.fromtimestamp(begins, BERLIN).day for begins, _ in entry.busy] == [24, 25]


def test_what_is_understood_counts_beside_what_is_not() -> None:
    """Under one UID, too."""
    (entry,) = expand(ics(event("e", *MORNING)) + ics(event("e", "morgen", "abend")), question())
    assert (len(entry.busy), entry.problem is None) == (1, False)


@pytest.mark.parametrize(
    ("component", "goes_on"),
    [
        (event("e", *MORNING), False),
        (event("e", "20270901T100000", "20270901T110000"), True),
        (event("e", "20270531T220000", "20270601T020000"), True),
        (event("e", *MORNING, "RRULE:FREQ=WEEKLY"), True),
        (day_event("e", "20270601", "20270602"), True),
    ],
)
def test_what_comes_later_is_known_to_come(component: str, goes_on: bool) -> None:
    """So that it is read again in time."""
    (entry,) = expand(ics(component), question())
    assert entry.lasting is goes_on


def test_a_flood_of_small_entries_is_too_much_together() -> None:
    """Each of them would be little enough."""
    many = [event(f"e{n}", *MORNING, "RRULE:FREQ=DAILY;COUNT=40") for n in range(30)]
    with pytest.raises(Unreadable, match="too many"):
        expand(ics(*many), question(most=1000))


def test_free_busy_without_entries() -> None:
    """What somebody publishes who shows nothing else."""
    told = (
        "BEGIN:VFREEBUSY\r\nUID:f\r\nDTSTAMP:20261101T000000Z\r\n"
        "FREEBUSY:20261124T090000Z/PT1H,20261124T120000Z/20261124T123000Z\r\n"
        "FREEBUSY;FBTYPE=BUSY-TENTATIVE:20261125T090000Z/PT1H\r\n"
        "FREEBUSY;FBTYPE=FREE:20261126T090000Z/PT1H\r\nEND:VFREEBUSY\r\n"
    )
    assert busy(told) == ["11-24 10:00/60", "11-24 13:00/30", "11-25 10:00/60"]


def test_an_invitation_that_was_declined_does_not_count() -> None:
    """Of the clerk's own address."""
    no = event("e", "20261124T100000", "20261124T110000", "ATTENDEE;PARTSTAT=DECLINED:mailto:K@Example.org")
    assert busy(no, mail="k@example.org") == []
    assert busy(no, mail="other@example.org") == busy(no) == ["11-24 10:00/60"]


def test_entries_of_a_category_open_hours() -> None:
    """Also every week; others make busy."""
    hours = event("h", "20261124T080000", "20261124T120000", "CATEGORIES:Privat,TERMINE", "RRULE:FREQ=WEEKLY;COUNT=2")
    assert opens(hours, event(), opens="Termine") == ["11-24 08:00/240", "12-01 08:00/240"]
    assert busy(hours, event(), opens="Termine") == ["11-24 10:00/90"]
    assert opens(hours, event(), opens="*") == ["11-24 08:00/240", "12-01 08:00/240", "11-24 10:00/90"]


def test_availability_opens_hours() -> None:
    """VAVAILABILITY, where a program writes it."""
    told = (
        "BEGIN:VAVAILABILITY\r\nUID:a\r\nDTSTAMP:20261101T000000Z\r\n"
        "BEGIN:AVAILABLE\r\nUID:b\r\nDTSTAMP:20261101T000000Z\r\nDTSTART;TZID=Europe/Berlin:20261124T080000\r\n"
        "DTEND;TZID=Europe/Berlin:20261124T120000\r\nRRULE:FREQ=WEEKLY;COUNT=2\r\nEND:AVAILABLE\r\nEND:VAVAILABILITY\r\n"
    )
    assert opens(told) == ["11-24 08:00/240", "12-01 08:00/240"]


def available(uid: str, *lines: str, hours: str = "") -> str:
    """A VAVAILABILITY; `hours` of every day from Monday 23 November on, as "08-12"."""
    slot = ""
    if hours:
        first, last = hours.split("-")
        times = f"DTSTART;TZID=Europe/Berlin:20261123T{first}0000", f"DTEND;TZID=Europe/Berlin:20261123T{last}0000"
        lines_of_slot = "BEGIN:AVAILABLE", f"UID:{uid}-1", *times, "RRULE:FREQ=DAILY;COUNT=4", "END:AVAILABLE"
        slot = "\r\n".join((*lines_of_slot, ""))
    head = "\r\n".join(("BEGIN:VAVAILABILITY", f"UID:{uid}", "DTSTAMP:20261101T000000Z", *lines, ""))
    return f"{head}{slot}END:VAVAILABILITY\r\n"


TUESDAY_TO_WEDNESDAY = "DTSTART:20261123T230000Z", "DTEND:20261125T230000Z"


def test_availability_counts_from_its_beginning_to_its_end() -> None:
    """Though what is in it goes on for ever."""
    assert opens(available("a", *TUESDAY_TO_WEDNESDAY, hours="08-12")) == ["11-24 08:00/240", "11-25 08:00/240"]
    lasting_a_day = "DTSTART:20261123T230000Z", "DURATION:P1D"
    assert opens(available("a", *lasting_a_day, hours="08-12")) == ["11-24 08:00/240"]


def test_of_several_availabilities_the_more_important_is_right() -> None:
    """Also where it opens nothing, as on holiday."""
    usual = available("usual", hours="08-12")
    holiday = available("holiday", *TUESDAY_TO_WEDNESDAY, "PRIORITY:1")
    special = available("special", *TUESDAY_TO_WEDNESDAY, "PRIORITY:5", hours="13-15")
    assert opens(usual, special) == ["11-23 08:00/240", "11-24 13:00/120", "11-25 13:00/120", "11-26 08:00/240"]
    assert opens(usual, special, holiday) == ["11-23 08:00/240", "11-26 08:00/240"]


@pytest.mark.parametrize("text", [b"", b"x", b"BEGIN:VEVENT\r\nEND:VEVENT\r\n", b"BEGIN:VCALENDAR\r\n"])
def test_what_is_no_calendar_is_not_read(text: bytes) -> None:
    """So that nobody takes it for an empty one."""
    with pytest.raises(Unreadable):
        expand(text, question())


def test_a_window_ends_what_never_ends() -> None:
    """Exactly at its edge."""
    endless = event("e", "20200101T220000", "20200102T020000", "RRULE:FREQ=DAILY")
    found = busy(endless, first="2026-11-24", last="2026-11-26")
    assert found == ["11-24 00:00/120", "11-24 22:00/240", "11-25 22:00/120"]
