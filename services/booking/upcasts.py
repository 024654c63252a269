"""Old stored versions of booking's events, lifted to new ones. None so far."""

from collections.abc import Mapping

from shared.codec import Upcast

UPCASTS: Mapping[tuple[str, int], Upcast] = {}
