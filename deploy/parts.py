"""The five services by name. Importing one loads its code, so each process imports only what it runs."""

from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from shared.topology import Place

if TYPE_CHECKING:
    from shared.definition import Definition

SERVICES = ("booking", "rooms", "staff_calendar", "visitor_access", "notifications")


def definition(service: str) -> "Definition":
    """What that service is. Raises KeyError for a name that is no service."""
    return cast("Definition", _module(service, "service").DEFINITION)


def place(service: str) -> Place:
    """Where that service stands in the ensemble; loads nothing else of it. Raises KeyError."""
    return cast(Place, _module(service, "place").PLACE)


def service_class(service: str) -> type[Any]:
    """The nameko class of that service. Raises KeyError for a name that is no service."""
    camel_case = "".join(word.capitalize() for word in service.split("_"))
    return cast(type[Any], getattr(_module(service, "service"), f"{camel_case}Service"))


def _module(service: str, name: str) -> Any:
    if service not in SERVICES:
        raise KeyError(f"no service is called {service!r}; there are {', '.join(SERVICES)}")
    return import_module(f"services.{service}.{name}")
