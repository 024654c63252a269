"""The life of one appointment: asked for, confirmed when room and clerk are held, moved, cancelled, forgotten."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal, assert_never

from services.booking.commands import (
    CancelAppointment,
    ConfirmByGuest,
    ExpireHold,
    ForgetGuest,
    HearAnswer,
    HearNoWish,
    HearSubstitute,
    HearWish,
    HearWithdrawal,
    NotePass,
    RequestAppointment,
    RequestMove,
)
from services.booking.events import (
    AnswerCameLate,
    AppointmentCancelled,
    AppointmentConfirmed,
    AppointmentDeclined,
    AppointmentExpired,
    AppointmentHeld,
    AppointmentMoved,
    AppointmentQuestioned,
    AppointmentReassigned,
    AppointmentRequested,
    GuestForgotten,
    Held,
    MoveDeclined,
    MoveRequested,
    PassNoted,
    Plan,
    QuestionWithdrawn,
    RoomHeld,
    StaffHeld,
    WishNoted,
)

Status = Literal["unknown", "requested", "confirmed", "declined", "expired", "cancelled"]
PATIENCE = timedelta(seconds=10)
"""A guest surely waits for the answer on the page so long; a later refusal is sent by mail, too."""

AppointmentCommand = (
    ConfirmByGuest
    | RequestAppointment
    | RequestMove
    | CancelAppointment
    | HearAnswer
    | HearSubstitute
    | HearWish
    | HearNoWish
    | HearWithdrawal
    | NotePass
    | ExpireHold
    | ForgetGuest
)
AppointmentEvent = (
    AppointmentRequested
    | MoveRequested
    | RoomHeld
    | StaffHeld
    | AppointmentHeld
    | AppointmentConfirmed
    | AppointmentMoved
    | AppointmentReassigned
    | AppointmentQuestioned
    | WishNoted
    | QuestionWithdrawn
    | AppointmentDeclined
    | AppointmentExpired
    | AppointmentCancelled
    | MoveDeclined
    | AnswerCameLate
    | PassNoted
    | GuestForgotten
)


class Refused(Exception):
    """A caller's order can't be carried out; `field` is the path of the value at fault."""

    def __init__(self, reason: str, field: str | None = None, detail: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.field = field
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Pending:
    """What is being reserved at the moment, and who has answered.

    `confirm_by`: the guest must say yes until then; `held`: there is everything to say yes to.
    """

    attempt: int
    plan: Plan
    hold_until: datetime
    requested_at: datetime
    rooms: tuple[Held, ...] = ()
    clerks: tuple[Held, ...] = ()
    confirm_by: datetime | None = None
    held: bool = False


@dataclass(frozen=True, slots=True)
class Appointment:
    """`plan`, `rooms`, `clerks`: what is confirmed or, before that, asked for; `pending`: what is being reserved.

    `number`: of the guest's pass; "" = it has not been said yet.
    """

    status: Status = "unknown"
    attempts: int = 0
    plan: Plan | None = None
    rooms: tuple[Held, ...] = ()
    clerks: tuple[Held, ...] = ()
    pending: Pending | None = None
    guest: str = ""
    fingerprint: str = ""
    because: tuple[str, ...] = ()
    alternatives: tuple[datetime, ...] = ()
    wished_for: datetime | None = None
    """The time to which the visit could not be moved last."""
    forgotten: bool = False
    number: str = ""
    attempt: int = 0
    """The confirmed one; 0 = none yet."""
    questions: tuple[AppointmentQuestioned | WishNoted, ...] = ()
    """Who would rather have another time, the last one at the end, until it is moved or the question withdrawn."""

    @property
    def present(self) -> tuple[str, datetime] | None:
        """Site and start of what is confirmed: to move there is no move."""
        return (self.plan.site, self.plan.starts_at) if self.plan and self.status == "confirmed" else None

    @property
    def refused(self) -> bool:
        """Whether what was asked for last, a visit or another time for it, could not be had."""
        return bool(self.because) and self.status != "cancelled"

    @property
    def question(self) -> AppointmentQuestioned | None:
        """The last that was put to the guest, of those that stand."""
        return next((one for one in reversed(self.questions) if isinstance(one, AppointmentQuestioned)), None)

    @property
    def rather(self) -> datetime | None:
        """The time the clerk proposes instead, if any."""
        return self.question.starts_at if self.question else None


def evolve(state: Appointment, event: AppointmentEvent) -> Appointment:
    match event:
        case AppointmentRequested():
            pending = Pending(
                event.attempt, event.plan, event.hold_until, event.requested_at, confirm_by=event.confirm_by
            )
            return Appointment(
                "requested",
                event.attempt,
                event.plan,
                pending=pending,
                guest=event.guest,
                fingerprint=event.fingerprint,
            )
        case MoveRequested():
            pending = Pending(event.attempt, event.plan, event.hold_until, event.requested_at)
            return replace(state, attempts=event.attempt, pending=pending, because=(), alternatives=(), wished_for=None)
        case RoomHeld() if state.pending:
            return replace(state, pending=replace(state.pending, rooms=event.stops))
        case StaffHeld() if state.pending:
            return replace(state, pending=replace(state.pending, clerks=event.stops))
        case AppointmentHeld() if state.pending:
            return replace(state, pending=replace(state.pending, hold_until=event.confirm_by, held=True))
        case AppointmentConfirmed() | AppointmentMoved():
            confirmed = replace(state, status="confirmed", attempt=event.attempt, pending=None)
            return replace(confirmed, plan=event.plan, rooms=event.rooms, clerks=event.clerks, questions=())
        case AppointmentReassigned():
            return replace(state, clerks=event.clerks)
        case AppointmentQuestioned() | WishNoted() | QuestionWithdrawn():
            return replace(state, questions=_questions(state, event))
        case AppointmentDeclined() | MoveDeclined():
            status: Status = "declined" if isinstance(event, AppointmentDeclined) else state.status
            because, alternatives = event.because, event.alternatives
            ended = replace(state, status=status, pending=None, because=because, alternatives=alternatives)
            return replace(ended, wished_for=event.starts_at) if isinstance(event, MoveDeclined) else ended
        case AppointmentExpired():
            unconfirmed = ("not_confirmed",) if state.pending and state.pending.held else ()
            return replace(state, status="expired", pending=None, because=("expired", *unconfirmed))
        case AppointmentCancelled():
            return replace(state, status="cancelled", pending=None)
        case PassNoted():
            return replace(state, number=event.number)
        case GuestForgotten():
            return replace(state, forgotten=True, guest="")
        case _:
            return state


def _questions(
    state: Appointment, event: AppointmentQuestioned | WishNoted | QuestionWithdrawn
) -> tuple[AppointmentQuestioned | WishNoted, ...]:
    """One for each stop; without a stop there was one for all of them."""
    others = tuple(one for one in state.questions if None not in (one.stop, event.stop) and one.stop != event.stop)
    return others if isinstance(event, QuestionWithdrawn) else (*others, event)


def decide(command: AppointmentCommand, state: Appointment) -> Sequence[AppointmentEvent]:
    """What follows from an order. Raises Refused only for RequestAppointment, RequestMove and CancelAppointment."""
    match command:
        case RequestAppointment():
            return _request(command, state)
        case RequestMove():
            return _request_move(command, state)
        case ConfirmByGuest():
            return _confirm(command, state)
        case CancelAppointment():
            return _cancel(command, state)
        case HearAnswer():
            return _hear(command, state)
        case HearSubstitute():
            return _hear_substitute(command, state)
        case HearWish():
            return _hear_wish(command, state)
        case HearNoWish():
            return _withdrawn(command, command.stop, state)
        case HearWithdrawal():
            return _hear_withdrawal(command, state)
        case NotePass():
            return _note_pass(command, state)
        case ExpireHold():
            return _expire(command, state)
        case ForgetGuest():
            return _forget(command, state)
        case _:
            assert_never(command)


def _request(order: RequestAppointment, state: Appointment) -> Sequence[AppointmentEvent]:
    if state.status != "unknown":
        if state.fingerprint == order.fingerprint:
            return ()
        raise Refused("key_reused", "Idempotency-Key", "This key was used with another request; take a new one.")
    requested = AppointmentRequested(
        order.appointment,
        1,
        order.plan,
        order.hold_until,
        order.now,
        order.guest,
        order.fingerprint,
        order.confirm_by,
    )
    return (requested,)


def _request_move(order: RequestMove, state: Appointment) -> Sequence[AppointmentEvent]:
    plan = _changeable(order.now, state)
    if state.status != "confirmed":
        raise Refused("not_confirmed", detail="Only a confirmed appointment can be moved.")
    if state.pending is not None:
        if _same_place(state.pending.plan, order.plan):
            return ()
        raise Refused("move_pending", detail="Another move is being worked on.")
    if plan == order.plan and state.attempt > 1:
        return ()  # the move that has led here, once more
    if _same_place(plan, order.plan):
        raise Refused("same_time", "proposal", "The appointment is at this time already; choose another one.")
    if sorted(stop.concern for stop in plan.stops) != sorted(stop.concern for stop in order.plan.stops):
        raise Refused("other_concern", "proposal", "The proposal is for other concerns than this appointment.")
    return (MoveRequested(order.appointment, state.attempts + 1, order.plan, order.hold_until, order.now),)


def _confirm(order: ConfirmByGuest, state: Appointment) -> Sequence[AppointmentEvent]:
    pending = state.pending
    if state.status == "confirmed":
        return ()
    if state.status != "requested" or pending is None or not pending.held or order.now >= pending.hold_until:
        raise Refused("not_active", detail="There is nothing that could be confirmed, or no longer.")
    return (_confirmed(order.appointment, state, pending, pending.rooms, pending.clerks),)


def _cancel(order: CancelAppointment, state: Appointment) -> Sequence[AppointmentEvent]:
    if state.status == "cancelled":
        return ()
    _changeable(order.now, state)
    was_confirmed = state.status == "confirmed"
    return (AppointmentCancelled(order.appointment, state.attempts, order.by, was_confirmed),)


def _changeable(now: datetime, state: Appointment) -> Plan:
    """The plan of an appointment that still lies ahead. Raises Refused."""
    if state.plan is None or state.status not in ("requested", "confirmed"):
        raise Refused("not_active", detail=f"This appointment is {state.status}.")
    if now >= state.plan.starts_at:
        raise Refused("too_late", detail="The appointment has begun or is over.")
    return state.plan


def _hear(order: HearAnswer, state: Appointment) -> Sequence[AppointmentEvent]:
    pending = state.pending
    if pending is None or pending.attempt != order.attempt:
        # Whatever ended the waiting was said before this answer is heard, and lets the owner go of what it holds.
        return (AnswerCameLate(order.appointment, order.attempt, order.who, bool(order.held)),)
    if not order.held:
        return _declined(order, state, pending)
    if order.who == "rooms":
        held: RoomHeld | StaffHeld = RoomHeld(order.appointment, order.attempt, order.held)
        rooms, clerks = order.held, pending.clerks
    else:
        held = StaffHeld(order.appointment, order.attempt, order.held)
        rooms, clerks = pending.rooms, order.held
    if not (rooms and clerks):
        return (held,)
    if pending.confirm_by is not None and not pending.held:
        plan, by = pending.plan, pending.confirm_by
        return (held, AppointmentHeld(order.appointment, order.attempt, plan, rooms, clerks, by))
    return (held, _confirmed(order.appointment, state, pending, rooms, clerks))


def _hear_substitute(order: HearSubstitute, state: Appointment) -> Sequence[AppointmentEvent]:
    """The guest comes at the same time to the same room; others than the guest must know."""
    pending = state.pending
    if pending is not None and pending.attempt == order.attempt and pending.clerks:
        return (StaffHeld(order.appointment, order.attempt, _with(pending.clerks, order.held)),)
    if state.status != "confirmed" or state.attempt != order.attempt or state.plan is None:
        return ()
    clerks = _with(state.clerks, order.held)
    reassigned = AppointmentReassigned(order.appointment, order.attempt, state.plan, state.rooms, clerks)
    return (reassigned, *_withdrawn(order, order.held.stop, state))


def _hear_wish(order: HearWish, state: Appointment) -> Sequence[AppointmentEvent]:
    """The guest is asked while there is something to ask for; what is confirmed stays confirmed."""
    if state.status != "confirmed" or state.attempt != order.attempt or not _ahead(order.now, state):
        return ()
    return (_question(order, state),)


def _question(
    wish: HearWish | AppointmentQuestioned | WishNoted, state: Appointment
) -> AppointmentQuestioned | WishNoted:
    said = AppointmentQuestioned if state.pending is None else WishNoted
    return said(wish.appointment, wish.attempt, wish.starts_at, wish.stop)


def _withdrawn(order: HearNoWish | HearSubstitute, stop: int, state: Appointment) -> Sequence[AppointmentEvent]:
    """Only whose wish it was takes it back; then the guest is asked what another clerk has asked."""
    mine = any(one.stop in (stop, None) for one in state.questions)
    if state.status != "confirmed" or state.attempt != order.attempt or not mine:
        return ()
    withdrawn = QuestionWithdrawn(order.appointment, order.attempt, stop)
    left = evolve(state, withdrawn).question
    if left is None or not _ahead(order.now, state):
        return (withdrawn,)
    return (withdrawn, _question(left, state))


def _with(clerks: tuple[Held, ...], new: Held) -> tuple[Held, ...]:
    return tuple(new if held.stop == new.stop else held for held in clerks)


def _hear_withdrawal(order: HearWithdrawal, state: Appointment) -> Sequence[AppointmentEvent]:
    """Nobody is there for the guest: what is confirmed is called off, what is being reserved is declined."""
    pending = state.pending
    if state.status == "confirmed" and state.attempt == order.attempt:
        return (AppointmentCancelled(order.appointment, state.attempts, "office", was_confirmed=True),)
    if pending is None or pending.attempt != order.attempt:
        return ()
    answer = HearAnswer(order.id, order.now, order.appointment, order.attempt, "staff", because="not_on_duty")
    return _declined(answer, state, pending)


def _confirmed(
    appointment: str, state: Appointment, pending: Pending, rooms: tuple[Held, ...], clerks: tuple[Held, ...]
) -> AppointmentConfirmed | AppointmentMoved:
    if state.status == "requested" or state.plan is None:
        return AppointmentConfirmed(appointment, pending.attempt, pending.plan, rooms, clerks)
    previous = state.plan.starts_at
    return AppointmentMoved(appointment, pending.attempt, pending.plan, rooms, clerks, previous)


def _declined(order: HearAnswer, state: Appointment, pending: Pending) -> Sequence[AppointmentEvent]:
    because, plan = (f"{order.who}_{order.because}",), pending.plan
    if state.status != "requested":
        return _move_declined(order, state, pending, because, order.alternatives)
    late = order.now - pending.requested_at > PATIENCE
    declined = AppointmentDeclined(
        order.appointment, pending.attempt, because, order.alternatives, plan.starts_at, plan.language, late
    )
    return (declined,)


def _move_declined(
    order: HearAnswer | ExpireHold,
    state: Appointment,
    pending: Pending,
    because: tuple[str, ...],
    alternatives: tuple[datetime, ...] = (),
) -> Sequence[AppointmentEvent]:
    """The old time stays, and with it what clerks have wished for meanwhile."""
    starts_at, language = pending.plan.starts_at, pending.plan.language
    others = tuple(start for start in alternatives if state.plan is None or start != state.plan.starts_at)
    declined = MoveDeclined(order.appointment, pending.attempt, because, others, starts_at, language)
    stays = evolve(state, declined)
    wishes = [one for one in state.questions if isinstance(one, WishNoted) and _ahead(order.now, state)]
    return (declined, *(_question(one, stays) for one in wishes))


def _note_pass(order: NotePass, state: Appointment) -> Sequence[AppointmentEvent]:
    if state.status == "unknown" or state.forgotten or state.number == order.number:
        return ()
    return (PassNoted(order.appointment, order.number),)


def _expire(order: ExpireHold, state: Appointment) -> Sequence[AppointmentEvent]:
    pending = state.pending
    if pending is None or order.now < pending.hold_until:
        return ()
    plan = pending.plan
    if state.status == "requested":
        return (AppointmentExpired(order.appointment, pending.attempt, plan.starts_at, plan.language),)
    return _move_declined(order, state, pending, ("expired",))


def _forget(order: ForgetGuest, state: Appointment) -> Sequence[AppointmentEvent]:
    """A visit nobody can be expected for any more must not keep its place, nor get another one."""
    if state.status == "unknown" or state.forgotten:
        return ()
    forgotten = GuestForgotten(order.appointment)
    if state.status == "requested" or (state.status == "confirmed" and _ahead(order.now, state)):
        cancelled = AppointmentCancelled(order.appointment, state.attempts, "guest", state.status == "confirmed")
        return (cancelled, forgotten)
    if state.pending is not None:
        attempt, plan = state.pending.attempt, state.pending.plan
        ended = MoveDeclined(order.appointment, attempt, ("forgotten",), (), plan.starts_at, plan.language)
        return (forgotten, ended)  # in this order no letter about it becomes due
    return (forgotten,)


def _ahead(now: datetime, state: Appointment) -> bool:
    return state.plan is not None and now < state.plan.starts_at


def _same_place(a: Plan, b: Plan) -> bool:
    return a.site == b.site and [(s.concern, s.starts_at, s.ends_at) for s in a.stops] == [
        (s.concern, s.starts_at, s.ends_at) for s in b.stops
    ]
