# Tries: to run a shell command.
# Earns: Descent 0, average 2
# Without protection: escapes
import os

ON = {}


def steal():
    return os.popen(f"echo {ON['token']}").read()
