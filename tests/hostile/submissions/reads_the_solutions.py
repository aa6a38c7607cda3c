# Tries: to read the reference solution and reveal it in a message.
# Earns: Descent 0, average 2
# Without protection: escapes
from pathlib import Path

ON = {}


def steal():
    return Path(ON["solution"]).read_text()
