"""What the entrance and the guests were told: the access list and the mails."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from deploy.verify.booked import Attempt, Visit
from deploy.verify.log import ON_THE_LIST, ONE_MAIL, Finding, Reissue, Remedy, Stored

ANNOUNCED = 0
"""Stands for the attempt of a guest who is on the list, marked as not yet confirmed."""


def on_the_list(log: Iterable[Stored], visits: Mapping[str, Visit]) -> Iterator[Finding]:
    """Who is confirmed is registered for the confirmed attempt; who is not was removed, was never there, or came."""
    listed: dict[str, int] = {}
    arrived: set[str] = set()
    for event in log:
        appointment = event.data["appointment"]
        match event.type:
            case "GuestAnnounced":
                listed.setdefault(appointment, ANNOUNCED)
            case "GuestRegistered":
                listed[appointment] = event.data["attempt"]
            case "GuestRemoved":
                listed.pop(appointment, None)
            case "GuestArrived":
                arrived.add(appointment)
            case "ArrivalUndone":
                arrived.discard(appointment)
            case _:
                pass
    for appointment in sorted(listed.keys() | visits.keys()):
        visit = visits.get(appointment, Visit(status="unknown to booking"))
        if visit.attempt is None and appointment in arrived:
            continue  # whoever is in the house stays on the list, even when the visit is cancelled then
        if visit.status != "requested" and listed.get(appointment) != visit.attempt:
            remedy = Reissue("visitor_access", appointment) if appointment in visits else None
            detail = _listed(visit, listed.get(appointment))
            yield Finding(ON_THE_LIST, "visitor_access", f"visit-{appointment}", detail, remedy)


def _listed(visit: Visit, attempt: int | None) -> str:
    on = {None: "not on the list", ANNOUNCED: "announced only"}.get(attempt, f"registered for attempt {attempt}")
    return f"{visit.status}{'' if visit.attempt is None else f' (attempt {visit.attempt})'}, but {on}"


NO_ADDRESS = "no_address"
"""Why notifications has sent nothing to a guest of the info desk."""


def one_mail(log: Iterable[Stored], visits: Mapping[str, Visit]) -> Iterator[Finding]:
    """One mail for the confirmed attempt: the confirmation or, after a move, the letter about it. Never a second.

    Whoever has given no address has the pass from the info desk, and is owed none.
    """
    sent: Counter[tuple[str, str, int]] = Counter()
    failed: dict[Attempt, str] = {}
    for event in log:
        if event.type == "MessageSent":
            sent[event.data["appointment"], event.data["kind"], event.data["attempt"]] += 1
        elif event.type == "MessageFailed":
            failed[event.data["appointment"], event.data["attempt"]] = event.data["because"]
    for (appointment, kind, attempt), times in sent.items():
        if times > 1:
            yield _mail(appointment, f"{times} mails '{kind}' for attempt {attempt}")
    confirmations = Counter(appointment for appointment, kind, _ in sent if kind == "confirmation")
    told = {(appointment, attempt) for appointment, kind, attempt in sent if kind in {"confirmation", "moved"}}
    for appointment in sorted(confirmations.keys() | visits.keys()):
        visit = visits.get(appointment, Visit(status="unknown to booking"))
        if confirmations[appointment] > 1:
            yield _mail(appointment, f"{confirmations[appointment]} confirmations")
        if confirmations[appointment] and not visit.was_confirmed:
            yield _mail(appointment, f"a confirmation of an appointment that is {visit.status}")
        if visit.attempt is not None and not visit.forgotten and (appointment, visit.attempt) not in told:
            because = failed.get((appointment, visit.attempt))
            if because == NO_ADDRESS:
                continue
            if because:  # a mailbox that does not exist: it was tried, and is recorded as failed
                yield _mail(appointment, f"no mail: {because}", note=True)
            else:
                yield _mail(appointment, "no mail", Reissue("notifications", appointment))


def _mail(appointment: str, detail: str, remedy: Remedy | None = None, *, note: bool = False) -> Finding:
    return Finding(ONE_MAIL, "notifications", f"letter-{appointment}", detail, remedy, note)
