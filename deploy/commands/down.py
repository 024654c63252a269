"""`foyer down`: stop everything that `foyer up` started."""

import typer
from rich.console import Console

from deploy.home import Home, Interrupted, called
from deploy.orphans import end_orphans, orphans
from deploy.supervision import Supervisor


def down() -> None:
    """Stop services, publishers, mail sink and our own broker; what is stored stays."""
    console = Console()
    home = Home.here()
    supervisor = Supervisor(home)
    running = supervisor.running()
    if not running and not orphans(home):
        console.print("Nothing of Foyer runs here.")
        return
    foyer = called()
    try:
        with console.status("Stopping: what is under way is finished first"):
            supervisor.shut_down() if running else end_orphans(home)
    except KeyboardInterrupt:
        raise Interrupted(
            f"Interrupted: some of it is stopped. `{foyer} down` stops the rest, `{foyer} up` starts it again."
        ) from None
    console.print(
        f"Foyer is down. What it stored is in {home.root}, and `{foyer} up` goes on from there.", soft_wrap=True
    )


if __name__ == "__main__":
    typer.run(down)
