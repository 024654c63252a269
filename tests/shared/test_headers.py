"""Whatever is said in the head of a mail, a strict reader gets it as it was meant."""

from email.headerregistry import Address
from email.message import EmailMessage

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.headers import WIRE
from tests import heads

LINES = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=200)
ADDRESS = f"{'termine' * 9}@{'amt.' * 45}example"
EXAMPLES = (
    "Ihr Termin am Dienstag, 2. März 2027 um 09:00 Uhr",
    "Passt Ihnen eine andere Zeit? Ihr Termin am Dienstag, 2. März 2027 um 09:00 Uhr",
    " two  blanks  ",
    'Stadt "X" \\ (Amt)',
    "a =?utf-8?",
    "x" * 1200,
    "🎂" * 200,
)


def head(**said: object) -> dict[str, str]:
    """The head of a mail that says so, unfolded. In names, _ stands for -."""
    mail = EmailMessage(policy=WIRE)
    for name, value in said.items():
        mail[name.replace("_", "-")] = value
    return heads.fields(mail.as_bytes())


def every(test):
    """Let hypothesis take all examples, too."""
    for line in EXAMPLES:
        test = example(line)(test)
    return given(LINES)(test)


@every
def test_a_subject_is_read_as_it_was_meant(line):
    """No blank more, none less, no encoded-word too long, no empty line."""
    assert heads.text(head(Subject=line)["Subject"]) == line


@every
def test_a_name_is_read_as_it_was_meant(line):
    """Beside the address, which is never encoded."""
    name = Address(display_name=line, addr_spec="termine@stadt.example")
    assert heads.mailbox(head(From=name)["From"]) == (line, "termine@stadt.example")


@pytest.mark.parametrize("line", ["Your appointment on Tuesday, 2 March 2027 at 09:00", "Termin: Freitag, 7. Mai 2027"])
def test_what_needs_no_encoding_gets_none(line):
    """It can be read in the source, too."""
    assert head(Subject=line)["Subject"] == line


def test_what_no_line_may_show_is_encoded():
    """A bell in a name that somebody has pasted, say: RFC 5322 has no place for it."""
    said = head(Subject="to\x07wn", From=Address("to\x07wn", addr_spec="termine@stadt.example"))
    assert all(value.isprintable() for value in said.values())
    assert heads.text(said["Subject"]) == "to\x07wn"
    assert heads.mailbox(said["From"]) == ("to\x07wn", "termine@stadt.example")


def test_a_long_address_and_identifier_stay_on_their_line():
    """An encoded-word may not stand for them, and folded some programs lose them."""
    said = head(To=ADDRESS, Message_ID=f"<1.{ADDRESS}>", References=f"<2.{ADDRESS}>", Content_ID=f"<3.{ADDRESS}>")
    assert list(said.values())[:4] == [ADDRESS, f"<1.{ADDRESS}>", f"<2.{ADDRESS}>", f"<3.{ADDRESS}>"]
