# Tries: to copy another student's submission, and run it as its own.
# Earns: Descent 0, average 2
# Without protection: escapes
from pathlib import Path

ON = {}


def steal():
    return Path(ON["neighbour"]).read_text()
