"""Whose mails these are."""

import pytest

from shared.sender import sender


@pytest.mark.parametrize(
    "address",
    [
        "Stadt <termine@stadt.example>",
        "<termine@stadt.example>",
        "termine",
        "termine@",
        "@stadt.example",
        "a b@stadt.example",
        "termine@stadt..example",
        "termine@stadt.example.",
        " termine@stadt.example",
        "termine@stadt.example ",
        "termine@stadt.example\n",
        "termine@stadt.example, amt@stadt.example",
        "termine@städt.example",
    ],
)
def test_what_is_no_bare_address_is_refused(monkeypatch, address):
    """With it no mail could be written; the sentence names the variable and shows what would be right."""
    monkeypatch.setenv("FOYER_MAIL_FROM", address)
    with pytest.raises(ValueError, match=r"^FOYER_MAIL_FROM must be .* like termine@stadt\.example$"):
        sender()


@pytest.mark.parametrize(
    "town", ["Stadt\nGütersloh", "Stadt\r\nBcc: a@example.org", "Stadt\a", "Stadt\u2028", "\udcfc"]
)
def test_a_town_is_one_line_of_text(monkeypatch, town):
    """Any other could not stand in the head of a mail."""
    monkeypatch.setenv("FOYER_TOWN", town)
    with pytest.raises(ValueError, match=r"^FOYER_TOWN must be one line of text, like "):
        sender()


@pytest.mark.parametrize(
    "address", ["termine@stadt.example", "Termine+x@Stadt.example", '"a b"@stadt.example', "a@mail"]
)
def test_the_sender_is_as_it_was_given(monkeypatch, address):
    """Its domain stands in what must not change."""
    monkeypatch.setenv("FOYER_MAIL_FROM", address)
    monkeypatch.setenv("FOYER_TOWN", "Stadt\u00a0Gütersloh, Bürgerbüro")
    assert (sender().display_name, sender().addr_spec) == ("Stadt\u00a0Gütersloh, Bürgerbüro", address)
