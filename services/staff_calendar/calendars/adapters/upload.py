"""A calendar file that somebody handed in. It was read when it came; there is nobody to ask again."""

import hashlib
from collections.abc import Iterable, Iterator

from services.staff_calendar.calendars.adapters.address import NAME
from services.staff_calendar.calendars.port import Abilities, Changed, Changes, Collection, Resource, Trouble
from services.staff_calendar.calendars.settings import Limits


class Upload:
    """The file itself, for as long as it is being read; none of it is kept afterwards."""

    def __init__(self, ics: bytes | None, limits: Limits) -> None:
        if ics is not None and len(ics) > limits.bytes:
            raise Trouble("too_large", f"the file is larger than {limits.bytes // 1_000_000} MB")
        self._ics = ics

    def abilities(self) -> Abilities:
        """It can be read once."""
        return Abilities(reads=True, writes=False, steps=False)

    def collections(self) -> list[Collection]:
        """There is nothing behind a file."""
        raise Trouble("cannot", "an uploaded file has no other calendars")

    def changes(self, token: str | None) -> Changes:
        """The file, if it is a new one."""
        if self._ics is None:
            return Changes(token)
        digest = hashlib.sha256(self._ics).hexdigest()
        return Changes(digest) if digest == token else Changes(digest, (Changed(NAME, digest),), whole=True)

    def read(self, hrefs: Iterable[str]) -> Iterator[Resource]:
        """The file; after it was read once, it must be handed in again."""
        for href in hrefs:
            if self._ics is None:
                raise Trouble("cannot", "a file must be uploaded again to be read again")
            yield Resource(href, hashlib.sha256(self._ics).hexdigest(), self._ics)

    def put(self, href: str, ics: bytes, etag: str | None) -> str | None:
        """There is nobody to write to."""
        raise Trouble("cannot", "an uploaded file can only be read")

    def delete(self, href: str, etag: str | None) -> None:
        """There is nobody to write to."""
        raise Trouble("cannot", "an uploaded file can only be read")

    def href(self, name: str) -> str:
        """The file holds everything."""
        return NAME

    def close(self) -> None:
        """Nothing is open."""
