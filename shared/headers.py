"""The heads of mails, written so that a strict reader (RFC 5322, RFC 2047) gets what was meant.

Python's own folding adds blanks beside encoded-words, begins fields with empty lines and encodes long identifiers.
"""

from email.header import Header
from email.headerregistry import Address
from email.policy import EmailPolicy
from typing import Any

LINE = 78
"""RFC 5322, 2.1.1: no more characters, where it can be helped."""
ENCODED = 76
"""RFC 2047, 2: in a line with an encoded-word."""


class Wire(EmailPolicy):
    """Mail as it goes over the wire."""

    def fold(self, name: str, value: Any) -> str:
        """A header as text."""
        return self._written(name, value) or super().fold(name, value)

    def fold_binary(self, name: str, value: Any) -> bytes:
        """A header as bytes."""
        return self._written(name, value).encode() or super().fold_binary(name, value)

    def _written(self, name: str, value: Any) -> str:
        """Empty for a field that holds no text of ours and can be left to Python."""
        match name:
            case "Subject":
                said = str(value) if _is_plain(name, str(value)) else self._encoded(name, str(value))
            case "From":
                said = self._mailbox(name, value.addresses[0])
            case "To" | "Message-ID" | "References" | "Content-ID":
                said = str(value)  # however long: encoded it is none, and folded some programs lose it
            case _:
                return ""
        return f"{name}: {said}{self.linesep}"

    def _mailbox(self, name: str, who: Address) -> str:
        if _is_plain(name, str(who)):
            return str(who)
        return f"{self._encoded(name, who.display_name)}{self.linesep} <{who.addr_spec}>"

    def _encoded(self, name: str, text: str) -> str:
        return Header(text, "utf-8", maxlinelen=ENCODED, header_name=name).encode(linesep=self.linesep)


WIRE = Wire(linesep="\r\n")


def _is_plain(name: str, text: str) -> bool:
    """Can it stand there as it is? Blanks are safe only one at a time and between words."""
    fits = len(f"{name}: {text}") <= LINE and text.isascii() and text.isprintable() and "=?" not in text
    return fits and text == " ".join(text.split())
