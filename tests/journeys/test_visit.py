"""The whole visit, as the guest, the entrance and the mailbox see it."""

from email.message import EmailMessage
from typing import Any
from uuid import uuid4

from tests.journeys.town import HOUSING_BENEFIT, ID_CARD, MOVED_HERE, QUESTION
from tests.journeys.town_hall import TownHall


def test_from_the_request_to_the_departure(town_hall: TownHall) -> None:
    """Asked, confirmed, written to, expected, arrived, left."""
    proposal = town_hall.proposals(QUESTION, days=0)[-1]
    body = town_hall.body(proposal)
    answer = town_hall.ask(body)
    assert answer.status_code == 202
    said = answer.json()
    assert answer.headers["Location"] == f"/api/appointments/{said['appointment']}"
    assert said["status"] == "requested"

    booked = town_hall.as_booked(body, answer)
    visit = town_hall.decided(booked)
    assert visit["status"] == "confirmed"
    assert visit["starts_at"] == proposal["starts_at"]
    assert (visit["stops"][0]["room"], visit["stops"][0]["clerk"]) == ("Raum 3", "F. Ruhmann")

    mail = town_hall.mail(booked)
    text = part(mail, "text/plain")
    expected = town_hall.on_the_list(booked, town_hall.today)
    assert expected is not None
    assert (expected["name"], expected["status"]) == (body["guest"]["name"], "registered")
    for told in (body["guest"]["name"], "Raum 3", "Unterlagen für Auskunft", expected["pass"], booked.token):
        assert told in text
    calendar = part(mail, "text/calendar")
    assert "METHOD:REQUEST" in calendar
    assert proposal["starts_at"][:16].replace("-", "").replace(":", "") in calendar
    assert part(mail, "image/png").startswith(b"\x89PNG")
    [sent] = town_hall.calls.get("notifications", "/api/messages", {"appointment": booked.appointment})["messages"]
    assert (sent["kind"], sent["status"]) == ("confirmation", "sent")

    for entry, status in (("arrival", "arrived"), ("departure", "left")):
        entered = town_hall.operate("POST", "visitor_access", f"/api/visits/{expected['pass']}/{entry}", json={})
        assert (entered.status_code, entered.json()["status"]) == (200, status)
    shown = town_hall.on_the_list(booked, town_hall.today)
    assert shown is not None
    assert shown["left_at"] >= shown["arrived_at"]


def test_two_concerns_are_one_visit(town_hall: TownHall) -> None:
    """One after the other, each with a room and a clerk; one mail with the papers for both."""
    proposal = town_hall.proposals(ID_CARD, MOVED_HERE, days=2)[0]
    booked = town_hall.confirmed(proposal)
    visit = town_hall.seen(booked)
    first, second = visit["stops"]
    assert (first["concern"], second["concern"]) == (ID_CARD, MOVED_HERE)
    assert first["ends_at"] <= second["starts_at"]
    held = [where for who, where in town_hall.held(town_hall.day(2)) if who == booked.appointment]
    assert {where[0] for where in held} == {"r", "c"}
    text = part(town_hall.mail(booked), "text/plain")
    assert "Unterlagen für Personalausweis" in text
    assert "Unterlagen für Anmeldung" in text
    [_] = town_hall.mails(booked)


def test_a_family_needs_longer(town_hall: TownHall) -> None:
    """Ten minutes for one, fifteen for two; and a room with seats enough."""
    proposal = town_hall.proposals(ID_CARD, days=2, party_size=2)[0]
    assert proposal["minutes"] == 15
    booked = town_hall.confirmed(proposal, party_size=2)
    town_hall.wait(lambda: town_hall.on_the_list(booked, town_hall.day(2)), "on the list")
    listed = town_hall.on_the_list(booked, town_hall.day(2))
    assert listed is not None
    assert listed["party_size"] == 2


def test_an_english_guest_gets_an_english_mail(town_hall: TownHall) -> None:
    """In all its parts."""
    booked = town_hall.confirmed(town_hall.proposals(ID_CARD, days=2)[-1], language="en")
    mail = town_hall.mail(booked)
    assert mail["Content-Language"] == "en"
    assert "Papers for Identity card" in part(mail, "text/plain")
    assert "SUMMARY:Identity card" in part(mail, "text/calendar")


def test_the_surname_decides_who_is_responsible(town_hall: TownHall) -> None:
    """Ms Größe belongs to the clerk for A to K, Mr Özil to the one for L to Z; without a surname nobody can say."""
    for surname, clerk in (("Größe", "c-4"), ("Özil", "c-5")):
        proposal = town_hall.proposals(HOUSING_BENEFIT, days=3, surname=surname)[0]
        booked = town_hall.confirmed(proposal, name=f"A. {surname} {uuid4().hex[:6]}")
        assert town_hall.holders(booked, town_hall.day(3)) == {"r-4", clerk}
    answer = town_hall.call("GET", "booking", f"/api/proposals?concern={HOUSING_BENEFIT}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "surname"


def test_the_same_key_and_body_lead_to_the_same_appointment(town_hall: TownHall) -> None:
    """However often, also after it is confirmed; the same key with another body is refused."""
    body, key = town_hall.body(town_hall.proposals(ID_CARD, days=2)[0]), uuid4().hex
    first = town_hall.ask(body, key)
    booked = town_hall.as_booked(body, first)
    again = [town_hall.ask(body, key) for _ in range(3)]
    assert town_hall.decided(booked)["status"] == "confirmed"
    again.append(town_hall.ask(body, key))
    assert [(answer.status_code, answer.json()) for answer in again] == [(202, first.json())] * 4
    other = town_hall.ask(body | {"language": "en"}, key)
    assert other.status_code == 422
    assert other.json()["errors"][0]["field"] == "Idempotency-Key"
    town_hall.mail(booked)
    town_hall.wait_at_rest()
    [_] = town_hall.mails(booked)


def part(mail: EmailMessage, kind: str) -> Any:
    """The content of the first part of that type."""
    return next(found.get_content() for found in mail.walk() if found.get_content_type() == kind)
