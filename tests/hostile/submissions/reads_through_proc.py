# Tries: to read the solution by way of /proc/self/root.
# Earns: Descent 0, average 2
# Without protection: escapes
from pathlib import Path

ON = {}


def steal():
    return Path("/proc/self/root" + ON["solution"]).read_text()
