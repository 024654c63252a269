"""How an entry at the desk is told from its repetition."""

from hashlib import sha256

from services.visitor_access.events import Entry


def entry(key: str | None, *content: str) -> Entry | None:
    """The entry of a caller's key and of what was sent with it; None without a key."""
    return Entry(_digest(key), _digest(*content)) if key else None


def _digest(*texts: str) -> str:
    """Short, and enough to tell one from another."""
    return sha256(" ".join(texts).encode()).hexdigest()[:16]
