"""Groups of commands: of one a word may be left out (`foyer replay booking` is `foyer replay start booking`), and all
say in one sentence what is wrong with the words that were given.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from typer.core import TyperGroup
from typer.exceptions import TyperException

from deploy.home import BadInput

HELP = ("--help",)


class OneSentence(TyperGroup):
    """The whole command line. Raises BadInput where typer would print how the command is used, in a frame."""

    def make_context(self, *arguments: Any, **more: Any) -> Any:
        """Called by typer with all words."""
        with _one_sentence(self):
            return super().make_context(*arguments, **more)

    def invoke(self, context: Any) -> Any:
        """Called by typer; the words of a command are looked at here."""
        with _one_sentence(self):
            return super().invoke(context)


@contextmanager
def _one_sentence(whole: TyperGroup) -> Iterator[None]:
    try:
        yield
    except TyperException as error:
        said = getattr(error, "format_message", lambda: "")().replace("Value error, ", "")
        context = getattr(error, "ctx", None)
        if not said or "\n" in said or context is None:  # no arguments at all: the message is the whole help
            raise
        group = context.command if isinstance(context.command, TyperGroup) else whole
        there = f" There are {', '.join(group.commands)}." if said.startswith("No such command") else ""
        raise BadInput(f"{said.rstrip('.')}.{there} See `{context.command_path} --help`.") from None


class StartsByDefault(TyperGroup):
    """`start` may be left out."""

    default = "start"

    def parse_args(self, context: Any, arguments: list[str]) -> list[str]:
        """Called by click with what stands behind the name of the group."""
        if arguments and arguments[0] not in self.commands and arguments[0] not in HELP:
            arguments = [self.default, *arguments]
        return super().parse_args(context, arguments)


class ListsByDefault(StartsByDefault):
    """`list` may be left out, also when there is nothing else."""

    default = "list"

    def parse_args(self, context: Any, arguments: list[str]) -> list[str]:
        """Called by click with what stands behind the name of the group."""
        return super().parse_args(context, arguments or [self.default])
