"""`foyer`: one command for everything an operator does. Each command is a module in `deploy/commands`."""

import errno
import importlib
import importlib.util
import os
import sys

import typer
from environs import EnvError
from rich.console import Console

from deploy.entry import INTERRUPTED
from deploy.home import BadInput, CannotDo, mean_the_running_ensemble
from deploy.operations.starting import OneSentence
from deploy.quiet import hush

# name -> module; a module offers a function of its own name, or a typer app called `app` for a group.
COMMANDS = {
    "up": "deploy.commands.up",
    "down": "deploy.commands.down",
    "status": "deploy.commands.status",
    "demo": "deploy.commands.demo",
    "catalogue": "deploy.commands.catalogue",
    "explain": "deploy.commands.explain",
    "show": "deploy.commands.show",
    "tail": "deploy.commands.tail",
    "streams": "deploy.commands.streams",
    "replay": "deploy.commands.replay",
    "rebuild": "deploy.commands.rebuild",
    "parked": "deploy.commands.parked",
    "verify": "deploy.commands.verify",
    "forget": "deploy.commands.forget",
    "export": "deploy.commands.export",
    "import": "deploy.commands.import_",
    "audit": "deploy.commands.audit",
    "calendars": "deploy.commands.calendars",
    "account": "deploy.commands.account",
}
# These are started before or without an ensemble, and decide on its settings themselves.
_OWN_SETTINGS = {"up", "down", "status"}


def main() -> None:
    """Carry out the command that stands in `sys.argv`."""
    wanted = next((word for word in sys.argv[1:] if not word.startswith("-")), "")
    try:
        hush()
        if wanted and wanted not in _OWN_SETTINGS:
            mean_the_running_ensemble()
        build(wanted)(prog_name="foyer")
    except (CannotDo, EnvError) as error:
        Console(stderr=True).print(str(error), style="bold red", highlight=False, markup=False, soft_wrap=True)
        sys.exit(getattr(error, "status", BadInput.status))
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        _say_full()
        sys.exit(CannotDo.status)
    except KeyboardInterrupt:  # while the command was being loaded
        _say_interrupted()
        sys.exit(INTERRUPTED)
    except SystemExit as end:
        # Typer ends so where a command has not caught Ctrl-C: those that change something do, and say how to go on.
        if end.code == INTERRUPTED and isinstance(getattr(end.__context__, "__cause__", None), KeyboardInterrupt):
            _say_interrupted()
        raise


def _say_full() -> None:
    """Where output goes to, or where something is stored. What is not printed yet is let go: Python would try again."""
    Console(stderr=True).print("No space is left where this is to be written.", highlight=False)
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _say_interrupted() -> None:
    Console(stderr=True).print("Interrupted; nothing was changed.", highlight=False)


def build(wanted: str = "") -> typer.Typer:
    """The command line. Only the module of the wanted command is loaded, so that each starts quickly."""
    app = typer.Typer(
        cls=OneSentence, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=_HELP
    )
    # With a callback typer keeps the name of a command, even of a single one.
    app.callback()(_foyer)
    for name, module in COMMANDS.items() if wanted not in COMMANDS else [(wanted, COMMANDS[wanted])]:
        if importlib.util.find_spec(module) is None:
            continue
        loaded = importlib.import_module(module)
        group = getattr(loaded, "app", None)
        if isinstance(group, typer.Typer):
            app.add_typer(group, name=name)
        else:
            app.command(name)(getattr(loaded, module.rpartition(".")[2]))
    return app


_HELP = "One visit to the town hall, end to end: appointment, clerk, room, entrance and letter."


def _foyer() -> None:
    pass


if __name__ == "__main__":
    main()
