"""GET /api/messages: what was sent, when, with what result; nobody's name or address."""

import pytest

pytestmark = pytest.mark.server


def test_messages_of_an_appointment(letterbox, mail_server):
    """In the order in which they became due."""
    letterbox.confirm()
    letterbox.sender.send_due()
    letterbox.wait(60)
    letterbox.hear("booking.AppointmentMoveDeclined")
    letterbox.wait(60)
    letterbox.hear("booking.AppointmentCancelled", attempt=2)
    assert [(m["kind"], m["attempt"], m["status"]) for m in letterbox.messages()] == [
        ("confirmation", 1, "sent"),
        ("move_declined", 2, "dropped"),
        ("cancelled", 2, "due"),
    ]


def test_an_unknown_appointment(letterbox):
    """Nothing was sent, and that is the answer."""
    assert letterbox.messages("nobody") == []


@pytest.mark.parametrize("query", ["", "?appointment=", "?appointment=" + "x" * 101, "?appointment=a%0Ab"])
def test_bad_questions(letterbox, query):
    """422 as problem+json, with the field."""
    response = letterbox.http.get(f"/api/messages{query}")
    assert response.status_code == 422
    assert response.content_type == "application/problem+json"
    assert response.json["errors"][0]["field"] == "appointment"


def test_nobody_is_shown(letterbox, mail_server):
    """Neither where it went well nor where it did not."""
    mail_server.at_rcpt["a1@example.org"] = "550 5.1.1 <a1@example.org> Ada Größe unknown"
    letterbox.confirm()
    letterbox.sender.send_due()
    answer = letterbox.http.get("/api/messages?appointment=a1").text
    assert "example.org" not in answer
    assert "Ada" not in answer


def test_the_description_of_the_call(letterbox):
    """OpenAPI, with the words for status and kind."""
    document = letterbox.http.get("/openapi.json").json
    assert "get" in document["paths"]["/api/messages"]
    assert "dropped" in str(document["components"]["schemas"])
