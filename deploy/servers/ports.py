"""Ports on loopback that nobody uses."""

import random
import socket

# Below the range from which the kernel takes ports for outgoing connections, so that a server can come back to its port
# after a crash; and away from 25672 and 35672 to 35682, which RabbitMQ's own tools take while they run.
_RANGE = range(17000, 25000)


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
    """A port on loopback that is free now, drawn at random so that two callers hardly ever draw the same."""
    for _ in range(200):
        port = random.choice(_RANGE)
        if port_is_free(port):
            return port
    raise OSError("no free port on 127.0.0.1 between 17000 and 25000")
