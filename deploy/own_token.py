"""The token with which `foyer` calls the services: whoever can read the ensemble's secret may what operations may."""

from datetime import UTC, datetime
from pathlib import Path

from environs import Env

from deploy.operations.action import signed_in
from shared import config
from shared.sessions import Sessions, begin

ROLES = ("operations",)


def own_token(home: Path | None = None) -> str:
    """A token made here and now; "" where there is no secret yet. The secret is FOYER_SECRET, or that of `home`.

    The account begins with a dot, as no account of a person can; its rest says who sits here.
    """
    folder = home or Path(Env().str("FOYER_HOME", "var"))
    if not (Env().str("FOYER_SECRET", "") or (folder / "keys" / "secret.key").exists()):
        return ""
    session = begin(f".{signed_in()}", ROLES, datetime.now(UTC), token=True)
    return Sessions(config.secret(folder.absolute())).sealed(session)
