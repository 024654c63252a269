"""A toy's processes, as `deploy.run` runs those of the services.

    python -m tests.shared.processes publisher   carries the log of `toy` to the broker
    python -m tests.shared.processes service     hears `toy` and serves HTTP, as `counters`

Settings come from the environment; the tables must exist. TOY_PATIENCE: seconds that the service waits for clients;
TOY_FILES: how many file descriptors it may have.
"""

import os
import resource
import signal
import sys

COMMAND = (sys.executable, "-m", "tests.shared.processes")


def main(arguments: list[str]) -> int:
    """Run until SIGTERM."""
    if arguments == ["publisher"]:
        publish()
    else:
        serve()
    return 0


def load_publisher() -> None:
    """What it needs."""
    from shared import config, logs, publisher  # noqa: F401
    from tests.shared import toy  # noqa: F401


def publish() -> None:
    """The publisher of `toy`, whose ensemble is `toy` and `counters`."""
    from shared import config, logs, publisher
    from tests.shared import toy

    settings = config.load("toy")
    logs.configure(settings)
    publisher.run(toy.SPEAKER, [toy.SPEAKER, toy.COUNTERS], settings, lambda: None)


def load_service() -> None:
    """What it needs; sockets wait in turns from here on."""
    import eventlet

    eventlet.monkey_patch()
    import nameko.runners  # noqa: F401

    from tests.shared import counters  # noqa: F401


def serve() -> None:
    """The service `counters`."""
    load_service()
    import eventlet
    from nameko.constants import WEB_SERVER_CONFIG_KEY
    from nameko.runners import ServiceRunner

    from shared import config
    from shared.protocol import Protocol
    from tests.shared.counters import CountersService

    settings = config.load("counters")
    Protocol.patience = float(os.environ.get("TOY_PATIENCE", Protocol.patience))
    if files := os.environ.get("TOY_FILES"):
        resource.setrlimit(resource.RLIMIT_NOFILE, (int(files), int(files)))
    runner = ServiceRunner({WEB_SERVER_CONFIG_KEY: settings.http_address, "max_workers": 50})
    runner.add_service(CountersService)
    signal.signal(signal.SIGTERM, lambda *_: eventlet.spawn_n(runner.stop))
    runner.start()
    runner.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
