"""What passwords cost."""

import subprocess
import sys

PROGRAM = """
import resource
import eventlet
eventlet.monkey_patch()
from services.booking.sign_in.passwords import hashed

def resident():
    return int(open("/proc/self/statm").read().split()[1]) * resource.getpagesize() // 2**20

before, guests = resident(), eventlet.GreenPool()
for n in range(12):
    guests.spawn(hashed, f"correct horse battery {n}")
guests.waitall()
print(resident() - before)
"""


def test_the_memory_of_a_hash_is_given_back() -> None:
    """Each takes 19 MiB; whoever tries many passwords must not make the service grow by that in every thread."""
    ask = [sys.executable, "-W", "ignore", "-c", PROGRAM]
    grown = int(subprocess.run(ask, stdout=subprocess.PIPE, text=True, check=True).stdout)
    assert grown < 19
