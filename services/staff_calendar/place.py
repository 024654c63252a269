"""Where staff_calendar stands in the ensemble."""

from shared.topology import Place

PLACE = Place(
    name="staff_calendar",
    http_default="127.0.0.1:8003",
    hears=("booking", "visitor_access"),
    reads_keys=("booking",),
    stories=("reservation",),
)
