"""Which messages may gather for a moment: never one for whose effect a person waits at a page or at the entrance."""

from collections.abc import Callable

import pytest

from deploy.parts import SERVICES, service_class
from shared.definition import Definition
from shared.nameko_parts import Running

PROMPT = {
    "booking": ["RoomReserved", "RoomDeclined", "StaffReserved", "StaffDeclined", "RoomOpened", "ClerkBusy"],
    "rooms": ["AppointmentRequested", "AppointmentMoveRequested", "AppointmentCancelled", "AppointmentMoved"],
    "staff_calendar": ["AppointmentRequested", "AppointmentMoveRequested", "AppointmentCancelled", "GuestArrived"],
    "visitor_access": ["AppointmentCancelled", "GuestForgotten"],
}
NO_USE = "SomethingSaidByALaterVersion"


def definition(service: str) -> Definition:
    """As it runs."""
    app: Running = service_class(service).app
    return app.definition


@pytest.mark.parametrize(("service", "kind"), [(service, kind) for service, kinds in PROMPT.items() for kind in kinds])
def test_what_somebody_waits_for_does_not_wait(service: str, kind: str) -> None:
    """The guest for the place, others for one that is free again, a clerk for who has come."""
    assert not definition(service).can_wait(kind)


@pytest.mark.parametrize("service", SERVICES)
def test_what_leads_to_nothing_can_wait(service: str) -> None:
    """And so can a key: it comes right before what it opens."""
    can_wait: Callable[[str], bool] = definition(service).can_wait
    assert can_wait(NO_USE)
    assert can_wait("key")
