"""A log file read and checked."""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from io import BufferedReader, BytesIO
from typing import Any, BinaryIO

import orjson
import zstandard

from deploy.logfiles import tables

_MAGIC = b"\x28\xb5\x2f\xfd"


class BadFile(ValueError):
    """Not a log file, or a damaged one; the text says what is wrong."""


@dataclass(slots=True)
class LogFile:
    """A file that is being read. `done`: the lines read; `digest`: of those lines."""

    service: str
    personal: bool
    events: int
    done: int
    _lines: Iterator[bytes]
    _hash: Any

    @property
    def digest(self) -> str:
        """SHA-256 of the lines read so far."""
        return str(self._hash.hexdigest())

    def entries(self) -> Iterator[Any]:
        """What the lines say: a dict for a table that begins, a list for a row. Raises BadFile; also at the end, when
        the file is cut short or damaged.
        """
        for line in self._lines:
            entry = _parsed(line)
            if isinstance(entry, dict) and "sha256" in entry:
                self._check_end(entry)
                return
            self._hash.update(line)
            self.done += 1
            yield entry
        raise BadFile("the file is cut short: its last line is missing")

    def _check_end(self, entry: dict[str, Any]) -> None:
        if entry["sha256"] != self.digest or entry["lines"] != self.done:
            raise BadFile("the file is damaged: its lines are not those that were written")
        self.events = int(entry["events"])
        if next(self._lines, None) is not None:
            raise BadFile("something stands behind the end of the file")


def opened(stream: BinaryIO) -> LogFile:
    """A file, compressed or not, behind its first line. Raises BadFile."""
    lines = _lines(stream)
    first = next(lines, b"")
    said = _parsed(first) if first[:1] == b"{" else None
    if not isinstance(said, dict) or said.get("foyer") != "log":
        raise BadFile("this is not a log file; `foyer export SERVICE` writes one")
    if said.get("format") != tables.FORMAT:
        raise BadFile(f"format {said.get('format')} is not known here; this version reads format {tables.FORMAT}")
    return LogFile(str(said["service"]), bool(said["personal"]), 0, 1, lines, sha256(first))


def _lines(stream: BinaryIO) -> Iterator[bytes]:
    head = stream.read(len(_MAGIC))
    rest: Any = _Behind(head, stream)
    if head == _MAGIC:
        rest = zstandard.ZstdDecompressor().stream_reader(rest, read_across_frames=True)
    try:
        yield from BufferedReader(rest, 1 << 20)
    except (zstandard.ZstdError, OSError) as error:
        raise BadFile(f"the file can't be read: {error}") from None


class _Behind:
    """A stream with its first bytes put back."""

    closed = False

    def __init__(self, head: bytes, stream: BinaryIO) -> None:
        self._head, self._stream = BytesIO(head), stream

    def read(self, size: int = -1) -> bytes:
        return self._head.read(size) or self._stream.read(size)

    def readinto(self, buffer: Any) -> int:
        """For BufferedReader."""
        some = self.read(len(buffer))
        buffer[: len(some)] = some
        return len(some)

    def readable(self) -> bool:
        """For BufferedReader."""
        return True

    def seekable(self) -> bool:
        """For BufferedReader."""
        return False

    def close(self) -> None:
        """Whoever opened the stream closes it."""

    def flush(self) -> None:
        """For BufferedReader."""


def _parsed(line: bytes) -> Any:
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        raise BadFile("a line of the file is damaged or cut short") from None
