"""Whatever booking's history is, and however often its messages come: the list agrees with a plain model."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.visitor_access import decider, reactions
from services.visitor_access.decider import Refused, Visit
from services.visitor_access.events import GuestRegistered, GuestRemoved
from tests.visitor_access.facts import PASS, SUNDAY, arrive, at, end_day, leave, undo
from tests.visitor_access.heard import message

DAYS = st.integers(23, 25)
Said = tuple[str, dict]


@st.composite
def histories(draw: st.DrawFn) -> list[Said]:
    """What booking may say about one appointment, in order."""
    said: list[Said] = [("AppointmentRequested", {"day": draw(DAYS)})]
    match draw(st.sampled_from(["pending", "Declined", "Expired", "Cancelled", "Confirmed", "Confirmed", "Confirmed"])):
        case "Confirmed":
            said += [("AppointmentConfirmed", {"day": said[0][1]["day"]})]
            said += draw(moves())
            said += draw(st.sampled_from([[], [("AppointmentCancelled", {})]]))
        case "Expired":
            said += [("AppointmentExpired", {})]
            said += draw(st.sampled_from([[], [("AppointmentDeclined", {"late": True})]]))
        case "Declined" | "Cancelled" as end:
            said += [(f"Appointment{end}", {})]
    if draw(st.booleans()):
        said.insert(draw(st.integers(1, len(said))), ("GuestForgotten", {}))
    return said


@st.composite
def moves(draw: st.DrawFn) -> list[Said]:
    said: list[Said] = []
    for attempt, moved in enumerate(draw(st.lists(st.booleans(), max_size=3)), start=2):
        place = {"attempt": attempt, "day": draw(DAYS)}
        said += [("AppointmentMoveRequested", place)]
        said += [("AppointmentMoved", place)] if moved else [("AppointmentMoveDeclined", {"attempt": attempt})]
    return said


@dataclass
class Model:
    """The list as a clerk would keep it on paper."""

    status: str = "unknown"
    attempt: int = 0
    forgotten: bool = False

    def hear(self, kind: str, data: dict) -> None:
        if kind == "AppointmentRequested":
            self.status, self.attempt = "announced", 1
        elif kind in ("AppointmentConfirmed", "AppointmentMoved"):
            self.status, self.attempt = "registered", data.get("attempt", 1)
        elif kind in ("AppointmentDeclined", "AppointmentExpired", "AppointmentCancelled"):
            self.status = "removed"
        elif kind == "GuestForgotten":
            self.forgotten = True


class Log:
    """Runs the decider as the shell does, in memory."""

    def __init__(self) -> None:
        self.states: dict = {}
        self.events: list = []

    def handle(self, command) -> None:
        while missing := decider.needs(command, self.states) - self.states.keys():
            self.states |= {stream: decider.initial(stream) for stream in missing}
        for event in decider.decide(command, self.states):
            stream = decider.stream_of(event)
            self.states[stream] = decider.evolve(self.states[stream], event)
            self.events.append(event)

    @property
    def visit(self) -> Visit:
        return self.states.get("visit-a1", Visit())


@given(histories(), st.data())
def test_the_list_agrees_with_the_model(history, data):
    """Duplicates of anything heard so far may come at any time."""
    log, model, heard = Log(), Model(), []
    for sequence, (kind, said) in enumerate(history):
        model.hear(kind, said)
        heard.append(message(kind, sequence, **said))
        again = data.draw(st.lists(st.sampled_from(heard), max_size=3)) if sequence else []
        for each in (heard[-1], *again):
            for command in reactions.react(each, SUNDAY):
                log.handle(command)
        assert (log.visit.status, log.visit.forgotten) == (model.status, model.forgotten)
        assert log.visit.plan is not None
        assert log.visit.plan.attempt == model.attempt
    assert {event.number for event in log.events if hasattr(event, "number")} == {PASS}


STEPS = st.lists(st.sampled_from(["hear", "hear", "arrive", "leave", "undo", "day_end", "later", "later"]), max_size=40)


@given(histories(), STEPS)
def test_whatever_the_desk_does_the_list_stays_sound(history, steps):
    """A removed guest is never registered, nobody in the house is removed, and nobody is left behind.

    Nor is anybody expected, or missed, whose appointment has ended.
    """
    log, now, waiting = Log(), at("06:00", 23), list(enumerate(history))
    for step in (*steps, *(["hear"] * len(history))):
        match step:
            case "hear" if waiting:
                sequence, (kind, said) = waiting.pop(0)
                before = log.visit.status
                for command in reactions.react(message(kind, sequence, **said), now):
                    log.handle(command)
                assert before not in ("arrived", "left") or log.visit.status != "removed"
            case "arrive" | "leave" | "undo":
                with suppress(Refused):
                    log.handle({"arrive": arrive, "leave": leave, "undo": undo}[step](now))
            case "day_end":
                log.handle(end_day(now))
            case "later":
                now = min(now + timedelta(hours=7), at("23:59", 25))
    log.handle(end_day(at("00:00", 26)))
    assert log.visit.status in ("announced", "left", "missed", "removed")
    assert log.visit.ended is None or log.visit.status in ("left", "removed")
    kinds = [type(event) for event in log.events]
    assert GuestRemoved not in kinds or GuestRegistered not in kinds[kinds.index(GuestRemoved) :]
