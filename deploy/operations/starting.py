"""Groups of commands of which one may be left out: `foyer replay booking` is `foyer replay start booking`."""

from typing import Any

from typer.core import TyperGroup

HELP = ("--help",)


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
