"""Tables of ratios for the terminal."""

from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table

console = Console(highlight=False, soft_wrap=True)


@dataclass
class Report:
    """One table: what was measured, how much, beside what."""

    title: str
    rows: list[tuple[str, str, str, str]] = field(default_factory=list)

    def add(self, what: str, figure: str, ratio: float | None = None, goal: str = "") -> None:
        """A line of it; `ratio` is that to the line which it is compared with."""
        self.rows.append((what, figure, "" if ratio is None else f"{ratio:.0%}", goal))

    def show(self) -> None:
        """Print it."""
        table = Table(title=self.title, title_justify="left", title_style="bold", box=None, header_style="dim")
        table.add_column("")
        for name in ("", "ratio", "goal"):
            table.add_column(name, justify="right")
        for row in self.rows:
            table.add_row(*row)
        console.print(table)
        console.print()


def rate(value: float, unit: str = "events/s") -> str:
    """A rate as people read it."""
    return f"{value:,.0f} {unit}"
