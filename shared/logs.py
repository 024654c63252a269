"""structlog: JSON lines with ECS field names, or lines for a terminal where one looks on."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import ecs_logging
import orjson
import structlog

from shared.config import Settings


def configure(settings: Settings) -> None:
    """Set up logging of this process once."""
    pretty = settings.log_format == "console" or (settings.log_format == "auto" and sys.stderr.isatty())
    renderer: Any = structlog.dev.ConsoleRenderer() if pretty else _Lines()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            _of(settings.service),
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="@timestamp" if not pretty else "timestamp"),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, settings.log_level)),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    plain = logging.Formatter("%(levelname)s %(name)s %(message)s")
    handler.setFormatter(plain if pretty else ecs_logging.StdlibFormatter(extra={"service": settings.service}))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])


class _Lines(ecs_logging.StructlogFormatter):
    """Half of the time of a line went into the standard library's encoder; there are twenty lines a visit."""

    def _json_dumps(self, value: dict[str, Any]) -> str:
        first = {"@timestamp": value["@timestamp"], "log.level": value["log"]["level"], "message": value["message"]}
        try:
            return orjson.dumps(first | {name: value[name] for name in value if name != "log"}, default=repr).decode()
        except TypeError:  # half a character, or a number of more than 64 bits
            return super()._json_dumps(value)


def _of(service: str) -> structlog.typing.Processor:
    # Not a context variable: green threads begin with an empty context.
    def add(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        return {**event, "service": service}

    return add
