# Tries: to send one signal to every process it can reach.
# Earns: Descent 0, average 2
# Without protection: escapes
import os

ON = {}


def steal():
    os.kill(-1, 0)  # only a question, as above
    return ON["token"]
