"""The logs in `tests/golden`."""

from pathlib import Path


def golden(service: str) -> bytes:
    """The file of a service."""
    return (Path(__file__).parent / "golden" / f"{service}.jsonl.zst").read_bytes()
