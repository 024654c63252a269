"""What the status of an answer means for us."""

from email.utils import parsedate_to_datetime
from time import time

from services.staff_calendar.calendars.port import Because, Trouble

LONGEST_WAIT = 6 * 3600.0
_MEANING: dict[int, Because] = {
    401: "not_signed_in",
    403: "forbidden",
    404: "not_found",
    409: "changed_meanwhile",
    410: "not_found",
    412: "changed_meanwhile",
    429: "too_many_requests",
    503: "too_many_requests",
}


def trouble(status: int, retry_after: str | None = None) -> Trouble:
    """The trouble behind an answer that is not the one we need."""
    return Trouble(_MEANING.get(status, "server_error"), f"status {status}", _seconds(retry_after))


def _seconds(retry_after: str | None) -> float:
    if not retry_after:
        return 0.0
    try:
        seconds = float(retry_after)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(retry_after).timestamp() - time()
        except ValueError:
            return 0.0
    return min(max(seconds, 0.0), LONGEST_WAIT)
