"""Where rooms stands in the ensemble."""

from shared.topology import Place

PLACE = Place(
    name="rooms",
    http_default="127.0.0.1:8002",
    hears=("booking",),
    stories=("reservation",),
)
