# Tries: to reach every process that it may with one signal.
# Earns: Descent 0, average 2
# Without protection: escapes
import os

ON = {}


def steal():
    os.kill(-1, 0)  # only a question, as above
    return ON["token"]
