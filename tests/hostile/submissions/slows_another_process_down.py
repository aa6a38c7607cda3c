# Tries: to lower the priority of another process.
# Earns: Descent 0, average 2
# Without protection: escapes
import os

ON = {}


def steal():
    os.setpriority(os.PRIO_PROCESS, ON["victim"], 1)
    return ON["token"]
