"""`foyer down`: stop everything that `foyer up` started."""

import typer
from rich.console import Console

from deploy.home import Home, called
from deploy.supervision import Supervisor


def down() -> None:
    """Stop services, publishers, mail sink and our own broker; what is stored stays."""
    console = Console()
    home = Home.here()
    supervisor = Supervisor(home)
    if not supervisor.running():
        console.print("Nothing of Foyer runs here.")
        return
    with console.status("Stopping: what is under way is finished first"):
        supervisor.shut_down()
    console.print(
        f"Foyer is down. What it stored is in {home.root}, and `{called()} up` goes on from there.", soft_wrap=True
    )


if __name__ == "__main__":
    typer.run(down)
