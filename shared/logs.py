"""structlog: JSON lines with ECS field names, or lines for a terminal where one looks on."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import ecs_logging
import structlog

from shared.config import Settings


def configure(settings: Settings) -> None:
    """Set up logging of this process once."""
    pretty = settings.log_format == "console" or (settings.log_format == "auto" and sys.stderr.isatty())
    renderer: Any = structlog.dev.ConsoleRenderer() if pretty else ecs_logging.StructlogFormatter()
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


def _of(service: str) -> structlog.typing.Processor:
    # Not a context variable: green threads begin with an empty context.
    def add(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        return {**event, "service": service}

    return add
