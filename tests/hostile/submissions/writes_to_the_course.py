# Tries: to leave a file in the course's folder.
# Earns: Descent 0, average 2
# Without protection: escapes
from pathlib import Path

ON = {}


def steal():
    Path(ON["loot"]).write_text(ON["token"])
    return "written"
