"""What a process logs can be read by a machine, line by line, and says which service it is."""

import json
import os
import subprocess
import sys
from pathlib import Path

_SAYS = """
import contextvars, logging, structlog
from shared import config, logs
logs.configure(config.load("rooms"))
contextvars.Context().run(structlog.get_logger().info, "heard", type="RoomReserved")  # as in a green thread
structlog.get_logger().warning("odd", half="\\ud800", large=2**70, path=__import__("pathlib").Path("x"))
try:
    1 / 0
except ZeroDivisionError:
    logging.getLogger("nameko").exception("a library's own words\\nin two lines")
"""


def test_every_line_is_json_and_names_the_service(home: Path) -> None:
    """Our own lines from any thread, and those of the libraries with their stacks."""
    environment = os.environ | {"FOYER_HOME": str(home), "PYTHONPATH": "."}
    ran = subprocess.run([sys.executable, "-c", _SAYS], env=environment, capture_output=True, text=True, check=True)
    ours, odd, theirs = (json.loads(line) for line in ran.stderr.splitlines())
    assert (ours["message"], ours["type"], ours["service"]) == ("heard", "RoomReserved", "rooms")
    assert list(ours)[:3] == ["@timestamp", "log.level", "message"], "as ECS has it"
    assert (odd["log.level"], odd["half"], odd["large"]) == ("warning", "\ud800", 2**70), "nothing is lost"
    assert (theirs["message"], theirs["service"]) == ("a library's own words\nin two lines", "rooms")
    assert theirs["error"]["type"] == "ZeroDivisionError"
