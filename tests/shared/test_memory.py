"""What is free again goes back to the system, also from among what is still in use."""

import subprocess
import sys

MANY, KEPT = 20_000, 100
CHILD = f"""
from shared import memory

def resident():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmRSS"))

blocks = [bytearray(4_000) for _ in range({MANY})]
blocks = blocks[::{KEPT}]
before = resident()
memory.give_back()
print(before - resident())
"""


def test_gives_back_what_lies_between_blocks_in_use() -> None:
    """Of 80 MB of which every hundredth block is kept, more than half; in a process of its own."""
    said = subprocess.run([sys.executable, "-c", CHILD], capture_output=True, text=True, check=True).stdout
    assert int(said) > MANY * 4 / 2
