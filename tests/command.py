"""`foyer ...` as an operator types it, but in this process: a second less for each."""

import io
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import partial
from typing import Any
from unittest.mock import patch

import structlog

from deploy.cli import main


@dataclass(frozen=True)
class Ran:
    """How a command ended, and what it printed."""

    returncode: int
    stdout: str
    stderr: str


def _configure(configure: Callable[..., None], **how: Any) -> None:
    configure(**how | {"cache_logger_on_first_use": False})


def foyer(env: Mapping[str, str], *words: str, given: bytes = b"") -> Ran:
    """Run it with these settings and input; nobody sits at the terminal, which is 200 columns wide.

    What it makes of the environment ends with it, so that no later test takes that for its own settings.
    """
    printed, err = io.BytesIO(), io.StringIO()
    out = io.TextIOWrapper(printed, write_through=True)
    status: Any = 0
    with (
        patch.dict(os.environ, {**env, "COLUMNS": "200"}),
        patch.object(sys, "argv", ["foyer", *words]),
        patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO(given))),
        redirect_stdout(out),
        redirect_stderr(err),
        # A logger that is kept from its first use on would go on writing into this command's output.
        patch("structlog.configure", partial(_configure, structlog.configure)),
    ):
        logs = structlog.get_config()
        try:
            main()
        except SystemExit as end:
            status = end.code
        finally:
            structlog.configure(**logs)
    return Ran(status or 0, printed.getvalue().decode(errors="replace"), err.getvalue())
