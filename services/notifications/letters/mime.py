"""The parts of a mail (RFC 2045), put together from finished texts.

EmailMessage.set_content would do it too, but parses every header of every part again: half of a letter's time.
"""

from base64 import encodebytes
from binascii import b2a_qp
from email.message import EmailMessage
from email.policy import compat32


def readable(subtype: str, text: str) -> EmailMessage:
    """A text that can be read in the source, too: quoted-printable."""
    return _part(f"text/{subtype}; charset=utf-8", "quoted-printable", b2a_qp(text.encode(), istext=True))


def packed(kind: str, content: bytes, **headers: str) -> EmailMessage:
    """Anything else: base64. In the names of headers, _ stands for -."""
    return _part(kind, "base64", encodebytes(content), **headers)


def together(subtype: str, *parts: EmailMessage) -> EmailMessage:
    """A multipart of these."""
    whole = EmailMessage(policy=compat32)
    whole["Content-Type"] = f"multipart/{subtype}"
    for part in parts:
        whole.attach(part)
    return whole


def _part(kind: str, encoding: str, encoded: bytes, **headers: str) -> EmailMessage:
    part = EmailMessage(policy=compat32)
    part["Content-Type"] = kind
    part["Content-Transfer-Encoding"] = encoding
    for name, value in headers.items():
        part[name.replace("_", "-")] = value
    part.set_payload(encoded.decode("ascii"))
    return part
