"""One module per kind of calendar; each fits `port.Calendar`."""

from services.staff_calendar.calendars.port import Calendar, Trouble
from services.staff_calendar.calendars.settings import CalendarSettings
from services.staff_calendar.calendars.transport import Pool
from services.staff_calendar.calendars.vault import Access


def make(kind: str, access: Access, settings: CalendarSettings, pool: Pool) -> Calendar:
    """The adapter of a kind of calendar. Raises Trouble for an address that can't be one."""
    match kind:
        case "caldav":
            # Loaded when the first one is connected: the package is large.
            from services.staff_calendar.calendars.adapters.caldav import CalDav

            return CalDav(access, settings.guard, settings.limits, pool)
        case "address":
            from services.staff_calendar.calendars.adapters.address import Address

            return Address(access, settings.guard, settings.limits, pool)
        case "mail":
            raise Trouble("cannot", "appointments are mailed there; there is nothing to read")
        case _:
            from services.staff_calendar.calendars.adapters.upload import Upload

            return Upload(None, settings.limits)
