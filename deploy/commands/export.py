"""`foyer export`: a service's log as one file, for backup, for moving it, or without personal data."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, BinaryIO

import typer
from sqlalchemy.exc import SQLAlchemyError

from deploy.home import BadInput
from deploy.logfiles.export import export as write
from deploy.operations.running import reason, service_app

Output = Annotated[Path | None, typer.Option("--output", "-o", help="The file; standard output if left out")]
Without = Annotated[
    bool, typer.Option("--without-personal-data", help="No keys and nothing sealed: nobody can be named from it")
]
Plain = Annotated[bool, typer.Option("--plain", help="Not compressed")]


def export(
    service: Annotated[str, typer.Argument(help="The service")] = "",
    guest: Annotated[str, typer.Option("--guest", help="All that is held about the guest of this appointment")] = "",
    output: Output = None,
    without_personal_data: Without = False,
    plain: Plain = False,
) -> None:
    """Write a service's log and what stands beside it, as JSON lines, compressed with Zstandard. The service may run.

    Read tables are not in it: `foyer import` works them out. With --guest: what all services hold about one person, as
    readable JSON, for her.
    """
    if guest:
        from deploy.person.held import hand_out

        hand_out(guest, service, output)
        return
    if not service:
        raise BadInput("Name the service whose log is wanted, or an appointment with --guest.")
    with service_app(service) as app, _sentence(service):
        personal = not without_personal_data
        if output is None:
            if sys.stdout.isatty():
                raise BadInput("Say where to: `foyer export SERVICE > log.jsonl.zst`, or --output FILE.")
            write(app.engine, app.definition, sys.stdout.buffer, personal=personal, plain=plain)
            sys.stdout.buffer.flush()
            return
        with _whole(output) as out:
            count = write(app.engine, app.definition, out, personal=personal, plain=plain)
        typer.echo(f"{count:,} events of {service} in {output}.", err=True)


@contextmanager
def _sentence(service: str) -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        raise BadInput(f"{service}'s database can't be read: {reason(error)}. See `foyer status`.") from None


class _whole:
    """A file that is there when it is complete, and not before."""

    def __init__(self, path: Path) -> None:
        self._path, self._draft = path, path.with_name(path.name + ".part")

    def __enter__(self) -> BinaryIO:
        try:
            self._file = self._draft.open("wb")
        except OSError as error:
            raise BadInput(f"{self._path} can't be written: {error.strerror}.") from None
        self._draft.chmod(0o600)
        return self._file

    def __exit__(self, kind: object, _error: object, _trace: object) -> None:
        self._file.close()
        if kind is None:
            self._draft.rename(self._path)
        else:
            self._draft.unlink()
