# Tries: to read the solution through a link in its own folder.
# Earns: Descent 0, average 2
# Without protection: escapes
import os
from pathlib import Path

ON = {}


def steal():
    os.symlink(ON["solution"], "innocent.txt")
    return Path("innocent.txt").read_text()
