"""Files that every page needs, from memory: compressed once, under an address that changes with the content."""

import gzip
import mimetypes
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Request, Response

SHARED = Path(__file__).parent / "static"
KERN = Path(__file__).parents[2] / "node_modules" / "@kern-ux" / "native" / "dist"
KERN_FILES = (
    "kern.min.css",
    "fonts/fira-sans/FiraSans-Regular.woff2",
    "fonts/fira-sans/FiraSans-Medium.woff2",
    "fonts/fira-sans/FiraSans-SemiBold.woff2",
    "fonts/fira-sans/FiraSans-Bold.woff2",
)
FOREVER = "public, max-age=31536000, immutable"
COMPRESSIBLE = ("text/", "application/javascript", "image/svg+xml", "application/json", "application/manifest+json")


@dataclass(frozen=True, slots=True)
class File:
    """`packed`: the same with gzip; None where that gains nothing."""

    content: bytes
    packed: bytes | None
    kind: str


class StaticFiles:
    """What a service serves below `/static/{service}/`: its own files, those of the kit, and KERN's.

    `/static/rooms/kern-1a2b3c4d/kern.min.css`: group, content of the whole group, path in it.
    """

    def __init__(self, service: str, own: Path) -> None:
        self._base = f"/static/{service}"
        folders = {"kern": Path(os.environ.get("FOYER_KERN") or KERN), "pages": SHARED, "own": own}
        self._files: dict[str, Mapping[str, File]] = {}
        self._version: dict[str, str] = {}
        for group, folder in folders.items():
            self._files[group] = {name: self._here(file) for name, file in _read(group, folder).items()}
            self._version[group] = _version(self._files[group])

    def _here(self, file: File) -> File:
        """A stylesheet that uses KERN's fonts (`kern:fonts/...`), with their addresses."""
        if b"kern:fonts/" not in file.content:
            return file
        return _made(file.content.replace(b"kern:", f"{self._base}/kern-{self._version['kern']}/".encode()), file.kind)

    @property
    def rule(self) -> str:
        """The pattern of their addresses."""
        return f"{self._base}/<group>/<path:name>"

    def url(self, path: str) -> str:
        """The address of `own/x.css`, `pages/x.css` or `kern/x.css`. Raises KeyError where there is no such file."""
        group, _, name = path.partition("/")
        if name not in self._files[group]:
            raise KeyError(f"there is no static file {path}")
        return f"{self._base}/{group}-{self._version[group]}/{name}"

    def response(self, request: Request, group: str, name: str) -> Response:
        """The file, to be kept forever where the address is of this content. Raises NotFound."""
        wanted, _, version = group.rpartition("-")
        file = self._files.get(wanted, {}).get(name)
        if file is None:
            raise NotFound
        packed = file.packed is not None and request.accept_encodings.best_match(["gzip"]) is not None
        headers = {
            "Cache-Control": FOREVER if version == self._version[wanted] else "no-cache",
            "Vary": "Accept-Encoding",
            **({"Content-Encoding": "gzip"} if packed else {}),
        }
        return Response((file.packed if packed else file.content) or b"", headers=headers, content_type=file.kind)


def _read(group: str, folder: Path) -> Mapping[str, File]:
    names = KERN_FILES if group == "kern" else _names(folder)
    return {name: _file(folder / name) for name in names if (folder / name).is_file()}


def _names(folder: Path) -> list[str]:
    return [str(path.relative_to(folder)) for path in sorted(folder.rglob("*")) if path.is_file()]


@cache
def _file(path: Path) -> File:
    content = path.read_bytes()
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    if kind.startswith("text/"):
        kind += "; charset=utf-8"
    return _made(content, kind)


def _made(content: bytes, kind: str) -> File:
    packed = gzip.compress(content, 9, mtime=0) if kind.startswith(COMPRESSIBLE) else None
    return File(content, packed, kind)


def _version(files: Mapping[str, File]) -> str:
    digest = sha256()
    for name, file in files.items():
        digest.update(name.encode() + b"\0" + file.content)
    return digest.hexdigest()[:12]
