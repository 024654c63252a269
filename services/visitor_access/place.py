"""Where visitor_access stands in the ensemble."""

from shared.topology import Place

PLACE = Place(
    name="visitor_access",
    http_default="127.0.0.1:8004",
    hears=("booking",),
    reads_keys=("booking",),
    stories=("visit",),
)
