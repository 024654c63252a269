"""The pages of the mail sink, on which whoever tries Foyer reads what guests are sent."""

import smtplib
from collections.abc import Callable
from email.message import EmailMessage

import pytest
from playwright.sync_api import Page

from deploy.servers import MailSink
from tests.browser.tabs import Lend


@pytest.mark.parametrize("width", [320, 390])
def test_nothing_is_wider_than_a_telephone(
    lend: Lend, fits: Callable[[Page], None], smtp_sink: MailSink, width: int
) -> None:
    """The list, and a mail with words that nothing divides."""
    mail = EmailMessage()
    mail["From"], mail["To"] = "termine@stadt.example", "maximiliane.mustermann-schmidt@postfach.stadt.example"
    mail["Subject"] = "Ihr Termin am Dienstag, 24. November 2026 um 9:00 Uhr ist bestätigt"
    mail["Date"] = "Sun, 22 Nov 2026 10:00:00 +0100"
    mail["Message-ID"] = f"<{'0192f0c1-7c1e-7a3b-9c4d-' * 4}@stadt.example>"
    mail.set_content(f"https://stadt.example/{'x' * 100}")
    mail.add_attachment(b"-", "image", "png", filename=f"{'besuchsnummer-' * 6}.png")
    with smtplib.SMTP("127.0.0.1", smtp_sink.port) as server:
        server.send_message(mail)
    page = lend(width=width)
    page.goto(smtp_sink.page)
    fits(page)
    page.get_by_role("link", name="Ihr Termin").click()
    fits(page)
    assert "width=device-width" in page.content()
