"""Where booking stands in the ensemble."""

from shared.topology import Place

PLACE = Place(
    name="booking",
    http_default="127.0.0.1:8001",
    hears=("rooms", "staff_calendar", "visitor_access"),
    shares_keys=True,
    stories=("appointment",),
)
