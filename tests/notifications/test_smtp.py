"""The address of the mail server as it is configured, and how we talk to it: sign in, encrypted, patient."""

import ssl
import subprocess
from pathlib import Path

import pytest

from services.notifications.letters.compose import compose
from services.notifications.letters.house import Guest
from services.notifications.sender import smtp
from services.notifications.sender.settings import house_of, sites_of
from services.notifications.sender.smtp import Connection, Refused, Server, Unreachable, server_of
from shared import config
from tests.notifications.facts import GUEST, HOUSE, NOW, letter
from tests.notifications.mail_server import MailServer

MAIL = compose(letter(), GUEST, HOUSE, "a1.confirmation.1", NOW)

pytestmark = pytest.mark.server


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://127.0.0.1:1025", Server("127.0.0.1", 1025, "none", "", "")),
        ("smtp://mail.example", Server("mail.example", 25, "none", "", "")),
        ("smtp://u%40x:p%2Fw@mail.example?starttls=1", Server("mail.example", 587, "starttls", "u@x", "p/w")),
        ("smtp://mail.example:25?starttls=0", Server("mail.example", 25, "none", "", "")),
        ("smtps://u:p@mail.example", Server("mail.example", 465, "implicit", "u", "p")),
        ("smtp://[::1]:25", Server("::1", 25, "none", "", "")),
    ],
)
def test_where_the_server_is(url, server):
    """FOYER_SMTP_URL."""
    assert server_of(url) == server


@pytest.mark.parametrize(
    "url", ["", "mail.example:25", "http://mail.example", "smtp://", "smtp://h:99999", "smtp://h:x"]
)
def test_what_is_no_address_of_a_server(url):
    """It is said at the start, not at the first mail."""
    with pytest.raises(ValueError, match=r"."):
        server_of(url)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for localhost, signed by itself."""
    subject = ("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost")
    keys = ("-keyout", str(tmp_path / "key.pem"), "-out", str(tmp_path / "cert.pem"))
    command = ("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *keys, *subject)
    subprocess.run(command, check=True, capture_output=True)
    return tmp_path


@pytest.fixture
def tls(certificate: Path) -> ssl.SSLContext:
    """The server's side."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    return context


def hand_over(server: Server, mail=MAIL):
    """One mail over one connection."""
    with Connection(server, HOUSE.sender) as connection:
        connection.hand_over(mail)


def test_encrypted_and_signed_in(certificate, tls, monkeypatch):
    """STARTTLS, then the password; not before."""
    monkeypatch.setattr(smtp, "CONNECT_SECONDS", 1)  # a wrong password leaves this server speechless
    server = MailServer()
    server.start(tls_context=tls, require_starttls=True, auth_required=True, authenticator=server.authenticate)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "cert.pem"))
    try:
        hand_over(server_of(f"smtp://foyer:p%40ss@localhost:{server.port}?starttls=1"))
        assert server.to == [GUEST.email]
        with pytest.raises(Unreachable):
            hand_over(server_of(f"smtp://foyer:wrong@localhost:{server.port}?starttls=1"))
        with pytest.raises(Unreachable):
            hand_over(server_of(f"smtp://foyer:p%40ss@localhost:{server.port}"))
    finally:
        server.stop()


def test_a_certificate_that_nobody_vouches_for(tls):
    """No mail and no password goes to a server that may be another."""
    server = MailServer()
    server.start(tls_context=tls)
    try:
        with pytest.raises(Unreachable, match="SSLCertVerificationError"):
            hand_over(server_of(f"smtp://localhost:{server.port}?starttls=1"))
        assert server.to == []
    finally:
        server.stop()


@pytest.mark.parametrize("address", ["foyer:pässwort@127.0.0.1", "mail..example"])
def test_what_cannot_be_said_in_ascii_is_said_as_unreachable(mail_server, address):
    """A password or a name that no server can be told holds letters up; it breaks no round."""
    mail_server.stop()
    mail_server.start(auth_require_tls=False, authenticator=mail_server.authenticate)
    with pytest.raises(Unreachable, match="Unicode"):
        hand_over(server_of(f"smtp://{address}:{mail_server.port}"))


def test_smtputf8_is_asked_for(mail_server):
    """A server that can't do it refuses for good; the others get their mail."""
    mail_server.stop()
    mail_server.start(enable_SMTPUTF8=False)
    mail = compose(letter(), Guest("Jo", "jörg@example.org", "t"), HOUSE, "a1.confirmation.1", NOW)
    with pytest.raises(Refused) as refused:
        hand_over(server_of(mail_server.url), mail)
    assert (refused.value.because, refused.value.permanent) == ("address_not_supported", True)


def test_patience(mail_server):
    """RFC 5321 asks for ten minutes after the mail: giving up earlier would send it twice."""
    with Connection(server_of(mail_server.url), HOUSE.sender) as connection:
        sock = connection.open().sock
        assert sock is not None
        assert sock.gettimeout() == 600


@pytest.mark.parametrize(("name", "value"), [("MAIL_FROM", "Stadt <termine@stadt.example>"), ("TOWN", "Stadt\nX")])
def test_a_sender_that_cannot_be_right_is_said_at_the_start(monkeypatch, home, name, value):
    """By the name of the variable: later every letter would wait, and nobody know why."""
    monkeypatch.setenv("FOYER_HOME", str(home))
    monkeypatch.setenv(f"FOYER_{name}", value)
    with pytest.raises(ValueError, match=f"^FOYER_{name} must be "):
        house_of(config.load("notifications"))


def test_sites(tmp_path):
    """In either form, from the variable or a file."""
    one = '{"rathaus": {"name": {"de": "Rathaus", "en": "Town hall"}, "address": "Berliner Straße 70"}}'
    sites = sites_of(one)
    assert (sites["rathaus"].name.en, sites["rathaus"].address) == ("Town hall", "Berliner Straße 70")
    other = '{"a": {"name": "Treff", "address": {"street": "Weg 1", "postal_code": "33335", "city": "Gütersloh"}}}'
    file = tmp_path / "sites.json"
    file.write_text(other, encoding="utf-8")
    assert sites_of(str(file))["a"].address == "Weg 1, 33335 Gütersloh"
    assert sites_of('{"a": {"name": "Treff", "address": null}}')["a"].address == "", "as booking takes it"
    for bad in ("[]", "nowhere.json", '{"a": {}}', '{"a": 1}', "{"):
        with pytest.raises(ValueError, match="FOYER_SITES"):
            sites_of(bad)
