"""The fixtures of the faults."""

from tests.faults.conftest import broker_node, town_hall

__all__ = ["broker_node", "town_hall"]
