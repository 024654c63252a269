"""What the five services say, found in their contracts: message types with their schemas."""

from dataclasses import dataclass
from functools import cache
from importlib import import_module

from marshmallow import Schema

from deploy.parts import SERVICES


@dataclass(frozen=True, slots=True)
class Saying:
    """One type of message. `schema` dumps its data."""

    service: str
    type: str
    version: int
    schema: Schema

    @property
    def full_type(self) -> str:
        """The CloudEvents type."""
        return f"foyer.{self.service}.{self.type}.v{self.version}"


@cache
def sayings() -> tuple[Saying, ...]:
    """All message types, service by service, in the order of the contracts."""
    return tuple(saying for service in SERVICES for saying in _of(service))


def _of(service: str) -> list[Saying]:
    # Each contract keeps beside the schema what its `say` needs: a name where it differs, a version.
    found = []
    for event, how in import_module(f"services.{service}.contracts").SAYS.items():
        parts = how if isinstance(how, tuple) else (how,)
        name = parts[0] if isinstance(parts[0], str) else event.__name__
        version = next((part for part in parts if isinstance(part, int)), 1)
        schema = next(part for part in parts if isinstance(part, Schema))
        found.append(Saying(service, name, version, schema))
    return found


def types(*services: str) -> list[str]:
    """The names of all message types of these services."""
    return sorted({saying.type for saying in sayings() if saying.service in services})
