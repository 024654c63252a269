"""Read the head of a mail as strictly as RFC 5322 and RFC 2047 have it; Python's own reader forgives too much."""

import re
from base64 import b64decode
from quopri import decodestring

_WORD = re.compile(r"=\?utf-8\?([qb])\?([!->@-~]+)\?=")
_IN_PHRASES = re.compile(r"[A-Za-z0-9!*+/=_-]+")
_ATOM = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+")


def fields(raw: bytes) -> dict[str, str]:
    """What stands in the head, unfolded, by name; no line is empty or longer than it may be."""
    head = raw.partition(b"\r\n\r\n")[0].decode()
    for line in head.split("\r\n"):
        assert line.strip()
        assert not line.endswith(": ")
        assert len(line) <= (76 if "=?" in line else 998)
    unfolded = re.sub(r"\r\n(?=[ \t])", "", head).split("\r\n")
    return {name: value for name, _, value in (line.partition(": ") for line in unfolded)}


def text(value: str) -> str:
    """The text of an unstructured field: blanks between two encoded-words do not count, all others do."""
    said, before = "", False
    for blank, word in re.findall(r"([ \t]*)([^ \t]+|$)", value):
        encoded = "=?" in word
        said += ("" if before and encoded else blank) + (_decoded(word) if encoded else word)
        before = encoded
    return said


def mailbox(value: str) -> tuple[str, str]:
    """Name and address: the name in quotes, or atoms and encoded-words."""
    found = re.fullmatch(r"(.+?)[ \t]+<([^<>\s]+)>", value)
    assert found, value
    name, address = found.groups()
    if name.startswith('"'):
        assert re.fullmatch(r'"([^"\\]|\\.)*"', name)
        return re.sub(r"\\(.)", r"\1", name[1:-1]), address
    for word in name.split():
        assert _IN_PHRASES.fullmatch(word.split("?")[3]) if "=?" in word else _ATOM.fullmatch(word)
    return text(re.sub(r"[ \t]+", " ", name)), address


def _decoded(word: str) -> str:
    found = _WORD.fullmatch(word)
    assert found, word
    assert len(word) <= 75
    octets = found[2].encode()
    return (decodestring(octets, header=True) if found[1] == "q" else b64decode(octets, validate=True)).decode()
