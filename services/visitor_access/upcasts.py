"""Old stored versions lifted to new ones. There are none yet."""

from collections.abc import Callable
from typing import Any

UPCASTS: dict[tuple[str, int], Callable[[dict[str, Any]], dict[str, Any]]] = {}
