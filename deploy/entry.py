"""Where `foyer` begins. To load the rest takes a moment, in which Ctrl-C is no error either."""

import sys

INTERRUPTED = 130


def main() -> None:
    """Entry point of the console script."""
    try:
        from deploy.cli import main as command_line
    except KeyboardInterrupt:
        print("Interrupted; nothing was changed.", file=sys.stderr)
        sys.exit(INTERRUPTED)
    command_line()
