# Tries: to start a second process.
# Earns: Descent 0, average 2
# Without protection: escapes
import os

ON = {}


def steal():
    if os.fork() == 0:
        os._exit(0)
    os.wait()
    return ON["token"]
