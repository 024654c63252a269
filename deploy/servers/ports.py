"""Ports on loopback that nobody uses."""

import random
import socket

# Below the range from which the kernel takes ports for outgoing connections, so that a server can come back to its port
# after a crash; and away from 25672 and 35672 to 35682, which RabbitMQ's own tools take while they run.
_RANGE = range(17000, 25000)
_share = (0, 1)
_left: list[int] = []
"""Still to be drawn: what was drawn before may be waiting for its server to start."""


def port_is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether a server could listen there now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """A port on loopback that is free now; drawn at random, and by this process again only when all were drawn."""
    for _ in _RANGE:
        if not _left:
            number, of = _share
            _left.extend(port for port in random.sample(_RANGE, len(_RANGE)) if port % of == number)
        if port_is_free(port := _left.pop()):
            return port
    raise OSError("no free port on 127.0.0.1 between 17000 and 25000")


def draw_apart(number: int, of: int) -> None:
    """Draw only from the `number`th (from 0) of `of` shares: processes that do so never draw the same."""
    global _share
    _share = number, of
    _left.clear()
