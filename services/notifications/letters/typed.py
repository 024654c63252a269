"""Text that somebody typed, made safe for the place where it is to stand."""

import unicodedata

_RIGHT_TO_LEFT = frozenset({"R", "AL", "RLE", "RLO", "RLI", "LRE", "LRO", "LRI", "FSI"})
_ISOLATE, _END_OF_ISOLATE = "\u2068", "\u2069"


def line(text: str) -> str:
    """One line: control characters and line ends become spaces, all else stays as typed."""
    return "".join(" " if unicodedata.category(c) in {"Cc", "Zl", "Zp"} else c for c in text).strip()


def isolated(text: str) -> str:
    """In plain text: what runs from right to left, or turns the direction, does not reach its surroundings."""
    turns = any(unicodedata.bidirectional(c) in _RIGHT_TO_LEFT for c in text)
    return f"{_ISOLATE}{text}{_END_OF_ISOLATE}" if turns else text
