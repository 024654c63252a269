"""Old stored versions lifted to new ones. There are none yet."""

from collections.abc import Callable, Mapping
from typing import Any

UPCASTS: Mapping[tuple[str, int], Callable[[dict[str, Any]], dict[str, Any]]] = {}
