"""The folder of one running ensemble (`var/` of the current folder, or FOYER_HOME), and the settings it runs with.

`foyer up` writes the settings down, so that every later command in another shell means the same ensemble.
"""

import json
import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.entry import INTERRUPTED
from deploy.parts import SERVICES, place

PREFIX = "FOYER_"
HTTP_DEFAULTS = {f"FOYER_HTTP_{service.upper()}": place(service).http_default for service in SERVICES}
# A path longer than this cannot be a Unix socket.
_LONGEST_SOCKET_PATH = 100


class CannotDo(Exception):
    """What was asked cannot be done; the message is a sentence for the person who asked."""

    status = 1
    """Exit status of the command."""


class BadInput(CannotDo):
    """What was asked makes no sense, or needs something that is not there; the message says what would be right."""

    status = 2


class Interrupted(CannotDo):
    """Ctrl-C, where something was done already; the message says what, and how to go on."""

    status = INTERRUPTED


class NotOurs(CannotDo):
    """What has to be read or written here is for another user only."""

    def __init__(self, path: Path) -> None:
        folder = next(one for one in path.parents if os.access(one, os.F_OK))
        super().__init__(f"The folder {folder} belongs to {_owner(folder)}: run this command as that user.")


def _owner(folder: Path) -> str:
    try:
        return folder.owner()
    except KeyError:
        return f"the user with the number {folder.stat().st_uid}"


def called() -> str:
    """What one types to call this program here: its name, or the path by which it was called, or is by `make`."""
    if shutil.which("foyer"):
        return "foyer"
    return sys.argv[0] if Path(sys.argv[0]).name == "foyer" else ".venv/bin/foyer"


@dataclass(frozen=True, slots=True)
class Home:
    """Paths below the folder of one ensemble."""

    root: Path

    @classmethod
    def here(cls) -> "Home":
        """The one that this command means. Raises CannotDo where its path is too long for sockets."""
        home = cls(Path(os.environ.get("FOYER_HOME") or "var").absolute())
        if len(str(home.socket)) > _LONGEST_SOCKET_PATH:
            raise CannotDo(f"The path {home.root} is too long for sockets: set FOYER_HOME to a shorter one.")
        return home

    @property
    def run(self) -> Path:
        return self.root / "run"

    @property
    def log(self) -> Path:
        return self.root / "log"

    @property
    def socket(self) -> Path:
        return self.run / "supervisor.sock"

    @property
    def supervisor_url(self) -> str:
        return f"unix://{self.socket}"

    @property
    def supervisor_pid(self) -> Path:
        """The file with its process id."""
        return self.run / "supervisor.pid"

    @property
    def _settings(self) -> Path:
        return self.run / "settings.json"

    def make(self) -> None:
        """Create the folders; what lies in them is for this user only. Raises NotOurs."""
        for folder in (self.root, self.run, self.log):
            try:
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            except PermissionError:
                raise NotOurs(folder) from None

    def save(self, settings: Mapping[str, str]) -> None:
        """Write the settings down; they may hold passwords, so only this user may read them."""
        self._settings.touch(mode=0o600)
        self._settings.write_text(json.dumps(dict(settings), indent=1))

    def saved(self) -> dict[str, str]:
        """The settings of the last `foyer up`; empty where there was none. Raises NotOurs."""
        try:
            settings: dict[str, str] = json.loads(self._settings.read_text())
        except FileNotFoundError:
            return {}
        except PermissionError:
            raise NotOurs(self._settings) from None
        return settings


def own_settings() -> dict[str, str]:
    """What the environment says about Foyer."""
    return {name: value for name, value in os.environ.items() if name.startswith(PREFIX)}


def mean_the_running_ensemble() -> None:
    """Let this process use the settings of the last `foyer up`, except where its environment says something else."""
    from shared import config  # loads SQLAlchemy, which `foyer --help` does without

    config.drop_empty()
    home = Home.here()
    for name, value in {**HTTP_DEFAULTS, **home.saved(), "FOYER_HOME": str(home.root)}.items():
        os.environ.setdefault(name, value)
