"""Series as people's programs write them: what RFC 5545 says of each, worked out by hand."""

import pytest

from tests.calendars.desk import day_event, event, ics
from tests.calendars.test_expand import busy, found_in, zone

MORNING = "20261124T100000", "20261124T110000"
"""Tuesday."""
HERE = "TZID=Europe/Berlin"
DAILY = event("e", *MORNING, "RRULE:FREQ=DAILY;COUNT=4")


def series(rule: str, *lines: str) -> str:
    """That repeats from Tuesday morning on."""
    return event("e", *MORNING, f"RRULE:{rule}", *lines)


@pytest.mark.parametrize(
    ("component", "days"),
    [
        (series("FREQ=DAILY;COUNT=3", f"EXDATE;{HERE}:20261125T100000"), ["11-24", "11-26"]),
        (series("FREQ=DAILY;COUNT=3", "EXDATE:20261125T090000Z"), ["11-24", "11-26"]),
        (series("FREQ=DAILY;COUNT=3", "EXDATE;TZID=America/New_York:20261125T040000"), ["11-24", "11-26"]),
        (series("FREQ=DAILY;COUNT=3", "EXDATE;VALUE=DATE:20261125"), ["11-24", "11-26"]),
        (series("FREQ=DAILY;COUNT=3", f"EXDATE;{HERE}:20261125T123000"), ["11-24", "11-25", "11-26"]),
        (series("FREQ=DAILY;COUNT=3", f"EXDATE;{HERE}:20261124T100000,20261126T100000"), ["11-25"]),
        (series("FREQ=DAILY;UNTIL=20261126T090000Z"), ["11-24", "11-25", "11-26"]),
        (series("FREQ=DAILY;UNTIL=20261126T085959Z"), ["11-24", "11-25"]),
        (series("FREQ=DAILY;UNTIL=20261126T100000"), ["11-24", "11-25", "11-26"]),
        (series("FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO"), ["11-24", "11-29", "12-08", "12-13"]),
        (series("FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU"), ["11-24", "12-06", "12-08", "12-20"]),
        (series("FREQ=MONTHLY;BYDAY=-1TU;COUNT=3"), ["11-24", "12-29", "01-26"]),
        (series("FREQ=MONTHLY;BYMONTHDAY=-7;COUNT=3"), ["11-24", "12-25", "01-25"]),
        (series("FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=-2;COUNT=3"), ["11-24", "12-28", "01-25"]),
        (event("e", *MORNING, f"RDATE;{HERE}:20261201T100000,20261201T100000"), ["11-24", "12-01"]),
    ],
)
def test_a_series_comes_on_its_days(component: str, days: list[str]) -> None:
    """Left out by a date or a moment in any zone, ended, counted, every other week, from the end of the month."""
    assert busy(component) == [f"{day} 10:00/60" for day in days]


def test_a_series_changes_from_one_instance_on() -> None:
    """THISANDFUTURE: later, and shorter."""
    changed = event(
        "e", "20261126T150000", "20261126T153000", f"RECURRENCE-ID;RANGE=THISANDFUTURE;{HERE}:20261126T100000"
    )
    assert busy(DAILY, changed) == ["11-24 10:00/60", "11-25 10:00/60", "11-26 15:00/30", "11-27 15:00/30"]


@pytest.mark.parametrize(
    "line", ["TRANSP:TRANSPARENT", "STATUS:CANCELLED", "ATTENDEE;PARTSTAT=DECLINED:mailto:k@town.example"]
)
@pytest.mark.parametrize("which", [f"{HERE}:20261125T100000", "VALUE=DATE-TIME:20261125T090000Z"])
def test_one_instance_takes_no_time(line: str, which: str) -> None:
    """Free, cancelled or declined; named in whatever zone."""
    instance = event("e", "20261125T100000", "20261125T110000", f"RECURRENCE-ID;{which}", line)
    found = busy(DAILY, instance, mail="k@town.example")
    assert found == ["11-24 10:00/60", "11-26 10:00/60", "11-27 10:00/60"]


def test_one_instance_takes_time_of_a_series_that_does_not() -> None:
    """The other way round."""
    free = series("FREQ=DAILY;COUNT=4", "TRANSP:TRANSPARENT")
    instance = event(
        "e", "20261125T100000", "20261125T110000", f"RECURRENCE-ID;{HERE}:20261125T100000", "TRANSP:OPAQUE"
    )
    assert busy(free, instance) == ["11-25 10:00/60"]


def test_dates_with_periods_of_their_own() -> None:
    """RDATE;VALUE=PERIOD, by end and by length."""
    told = event("e", *MORNING, "RDATE;VALUE=PERIOD:20261126T100000Z/20261126T120000Z,20261127T100000Z/PT30M")
    assert busy(told) == ["11-24 10:00/60", "11-26 11:00/120", "11-27 11:00/30"]


def lasting(start: str, *lines: str) -> str:
    """An event without DTEND."""
    return "\r\n".join(("BEGIN:VEVENT", "UID:e", f"DTSTART;{start}", *lines, "END:VEVENT", ""))


@pytest.mark.parametrize(
    ("component", "found"),
    [
        (lasting(f"{HERE}:20261124T100000", "DURATION:PT45M"), ["11-24 10:00/45"]),
        (lasting("VALUE=DATE:20270327", "DURATION:P2D"), ["03-27 00:00/2820"]),
        (lasting("VALUE=DATE:20270327"), ["03-27 00:00/1440"]),
        (lasting(f"{HERE}:20261124T100000"), []),
        (event("e", "20270327T220000", "20270328T220000"), ["03-27 22:00/1380"]),
        (day_event("e", "20270327", "20270329", "RRULE:FREQ=WEEKLY;COUNT=2"), ["03-27 00:00/2820", "04-03 00:00/2880"]),
    ],
)
def test_how_long_it_takes(component: str, found: list[str]) -> None:
    """By minutes, over a change of the clocks, by days, or not at all."""
    assert busy(component) == found


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("W. Europe Standard Time", ["11-24 10:00/60"]),
        ("Eastern Standard Time", ["11-24 16:00/60"]),
        ("/freeassociation.sourceforge.net/America/New_York", ["11-24 16:00/60"]),
        ('"(UTC+01:00) Amsterdam, Berlin, Bern, Rom, Stockholm, Wien"', ["11-24 10:00/60"]),
        ("Nowhere/Land", ["11-24 10:00/60"]),
    ],
)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_names_of_zones_that_programs_write(name: str, found: list[str]) -> None:
    """Outlook's and Evolution's; one that nobody knows is the clerk's."""
    assert busy(event("e", *MORNING, zone=name)) == found


@pytest.mark.parametrize("name", ["tzone://Microsoft/Custom", "(UTC+05:00) Irgendwo"])
def test_a_name_with_a_colon_needs_no_quotation_marks(name: str) -> None:
    """Though it should have them; also in a list of dates, and where the line is folded."""
    own = event(
        "e", *MORNING, "RRULE:FREQ=DAILY;COUNT=3", f"EXDATE;TZID={name}:20261125T100000,20261126T100000", zone=name
    )
    assert busy(zone(name, "+0500"), own) == ["11-24 06:00/60"]
    assert busy(zone(name, "+0500"), own.replace(name, f"{name[:9]}\r\n {name[9:]}")) == ["11-24 06:00/60"]


def test_a_zone_that_the_calendar_describes_itself() -> None:
    """Before or after the entries; its rules count, whatever it is called."""
    own = event("e", *MORNING, zone='"(UTC+05:00) Irgendwo, Anderswo"')
    described = zone("(UTC+05:00) Irgendwo, Anderswo", "+0500")
    assert busy(described, own) == busy(own, described) == ["11-24 06:00/60"]


PLAIN = ics(event("e", *MORNING))


@pytest.mark.parametrize(
    "file",
    [
        PLAIN,
        PLAIN.replace(b"\r\n", b"\n"),
        b"\xef\xbb\xbf" + PLAIN,
        b"\r\n" + PLAIN + b"\r\n\r\n",
        PLAIN.replace(b"Zahnarzt", "Zahnärztin".encode("latin-1")),
        PLAIN.replace(b"DTSTART;TZID=Europe/Berlin:2026", b"DTSTART;TZID=Europe/Be\r\n\trlin:20\r\n 26"),
        PLAIN.replace(b"Zahnarzt", b"Zahn\xc3\r\n \xa4rztin"),
        PLAIN.replace(b"END:VCALENDAR", b"BEGIN:VTODO\r\nUID:t\r\nDUE:20261125T100000Z\r\nEND:VTODO\r\nEND:VCALENDAR"),
        PLAIN.replace(
            b"END:VCALENDAR", b"BEGIN:VJOURNAL\r\nUID:j\r\nDTSTART:20261125T100000Z\r\nEND:VJOURNAL\r\nEND:VCALENDAR"
        ),
    ],
    ids=("plain", "LF", "BOM", "blank lines", "latin-1", "folded", "folded in a letter", "VTODO", "VJOURNAL"),
)
def test_how_a_file_is_written_does_not_matter(file: bytes) -> None:
    """Ends of lines, marks, folds, letters of another age; tasks and journals take no time."""
    assert found_in(file) == ["11-24 10:00/60"]
