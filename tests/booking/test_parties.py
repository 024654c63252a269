"""A room for several parties is several places in booking's index, whatever order the facts come in."""

from dataclasses import replace
from itertools import permutations

from services.booking import contracts, feed
from services.booking.commands import Note
from services.booking.events import AppointmentRequested, Held, RoomHeld
from services.booking.proposals.index import Index
from services.booking.service import DEFINITION, Booking
from tests.booking.facts import HOLD_UNTIL, NINE, NOW, TOWN, plan, requested

ROOM, HOURS, CLERK = TOWN[1], TOWN[4], TOWN[2]
HALL = replace(ROOM, parties=2, seats=9)  # type: ignore[call-overload]


def _index(*facts: object) -> Index:
    index = Index()
    for fact in facts:
        feed.learn(index, fact)  # type: ignore[arg-type]
    return index


def test_the_order_of_facts_does_not_matter():
    """Defined, enlarged, opened, taken: the same places are open and taken."""
    held = RoomHeld("a1", 1, (Held(1, "r-102", "Raum 102", NINE, plan().stops[0].blocked_until, lane=2),))
    contents = []
    for facts in permutations((HALL, HOURS, held)):
        index = _index(*facts)
        contents.append((index.contents(), {name: room.seats for name, room in index.rooms.items()}))
    assert all(one == contents[0] for one in contents)
    assert contents[0][1] == {"r-102": 4, "r-102/2": 4}
    assert ("room", "r-102/2") in contents[0][0]


def test_a_room_for_fewer_parties_than_before_has_no_place_for_the_others():
    """What they hold stays held."""
    index = _index(HALL, HOURS, ROOM)
    assert {name: room.seats for name, room in index.rooms.items()} == {"r-102": 5, "r-102/2": 0}


def test_a_restart_knows_the_same_places(booking: Booking):
    """From the read tables."""
    for fact in (HALL, HOURS, CLERK):
        booking.handle(Note("c", NOW, fact))
    again = Booking(DEFINITION, booking.settings, clock=lambda: NOW)
    again.started()
    assert again.reads.index.contents() == booking.reads.index.contents()
    assert again.reads.index.rooms == booking.reads.index.rooms
    again.engine.dispose()


def test_outsiders_hear_of_the_room_only():
    """Which lane is for its owner to say."""
    asked = replace(plan(), stops=(replace(plan().stops[0], room="r-102/2"),))
    said = contracts.say(AppointmentRequested("a1", 1, asked, HOLD_UNTIL, NOW, requested().guest, "f"))
    assert said is not None
    assert said.data["stops"][0]["room"] == "r-102"
