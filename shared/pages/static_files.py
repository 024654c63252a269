"""Files that every page needs: compressed once, under an address that changes with the content.

Only what is compressed is kept in memory. KERN alone would else take a megabyte of each service, and browsers ask for a
file once: it is read again, or unpacked, for who asks.
"""

import gzip
import os
from dataclasses import dataclass
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
MISSING = "pages lack KERN's {name}: run `make setup` or set FOYER_KERN, and start again"
FOREVER = "public, max-age=31536000, immutable"
KINDS = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".woff2": "font/woff2",
}
COMPRESSIBLE = (".css", ".js", ".svg")


class Packed:
    """A file that is smaller with gzip."""

    def __init__(self, content: bytes) -> None:
        self.packed = gzip.compress(content, 9, mtime=0)

    def content(self) -> bytes:
        """As it is for who can't unpack it."""
        return gzip.decompress(self.packed)


@dataclass(frozen=True, slots=True)
class Plain:
    """A file that gzip makes no smaller."""

    path: Path

    def content(self) -> bytes:
        """As it lies on the disk; the system keeps what is asked for often."""
        return self.path.read_bytes()


File = Packed | Plain


class StaticFiles:
    """What a service serves below `/static/{service}/`: its own files, those of the kit, and KERN's.

    `/static/rooms/kern-1a2b3c4d/kern.min.css`: group, content of the whole group, path in it.
    """

    def __init__(self, service: str, own: Path) -> None:
        self._base = f"/static/{service}"
        folders = {"kern": Path(os.environ.get("FOYER_KERN") or KERN), "pages": SHARED, "own": own}
        self._files: dict[str, dict[str, File]] = {}
        self._version: dict[str, str] = {}
        for group, folder in folders.items():
            self._files[group], digest = {}, sha256()
            for name in _names(group, folder):
                content = self._content(folder / name)
                digest.update(name.encode() + b"\0" + content)
                self._files[group][name] = Packed(content) if name.endswith(COMPRESSIBLE) else Plain(folder / name)
            self._version[group] = digest.hexdigest()[:12]

    def _content(self, path: Path) -> bytes:
        """What that file says; a stylesheet that uses KERN's fonts (`kern:fonts/...`), with their addresses."""
        content = path.read_bytes()
        if b"kern:fonts/" in content:
            content = content.replace(b"kern:", f"{self._base}/kern-{self._version['kern']}/".encode())
        return content

    @property
    def rule(self) -> str:
        """The pattern of their addresses."""
        return f"{self._base}/<group>/<path:name>"

    @property
    def notes(self) -> list[str]:
        """What pages lack here, and what to do about it."""
        missing = [name for name in KERN_FILES if name not in self._files["kern"]]
        return [MISSING.format(name=missing[0])] if missing else []

    def url(self, path: str) -> str:
        """The address of `own/x.css`, `pages/x.css` or `kern/x.css`. Raises KeyError where there is no such file.

        KERN comes from elsewhere: where its files are missing nothing is at their addresses, and pages lack a style.
        """
        group, _, name = path.partition("/")
        if name not in (KERN_FILES if group == "kern" else self._files[group]):
            raise KeyError(f"there is no static file {path}")
        return f"{self._base}/{group}-{self._version[group]}/{name}"

    def response(self, request: Request, group: str, name: str) -> Response:
        """The file, to be kept forever where the address is of this content. Raises NotFound."""
        wanted, _, version = group.rpartition("-")
        file = self._files.get(wanted, {}).get(name)
        if file is None:
            raise NotFound
        packed = isinstance(file, Packed) and request.accept_encodings.best_match(["gzip"]) is not None
        headers = {
            "Cache-Control": FOREVER if version == self._version[wanted] else "no-cache",
            "Vary": "Accept-Encoding",
            **({"Content-Encoding": "gzip"} if packed else {}),
        }
        body = file.packed if isinstance(file, Packed) and packed else file.content()
        return Response(body, headers=headers, content_type=KINDS.get(Path(name).suffix, "application/octet-stream"))


def _names(group: str, folder: Path) -> list[str]:
    if group == "kern":
        return [name for name in KERN_FILES if (folder / name).is_file()]
    return [str(path.relative_to(folder)) for path in sorted(folder.rglob("*")) if path.is_file()]
