"""Where notifications stands in the ensemble."""

from shared.topology import Place

PLACE = Place(
    name="notifications",
    http_default="127.0.0.1:8005",
    hears=("booking", "visitor_access"),
    reads_keys=("booking",),
    stories=("letter",),
)
