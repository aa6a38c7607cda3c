# Tries: to read the expected numbers of the course's release.
# Earns: Descent 0, average 2
# Without protection: escapes
from pathlib import Path

ON = {}


def steal():
    return Path(ON["expected"]).read_bytes()[-200:].decode(errors="replace")
