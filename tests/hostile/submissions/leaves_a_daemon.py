# Tries: to leave a process that outlives the grading.
# Earns: Descent 0, average 2
# Without protection: escapes
import os
import time

ON = {}


def steal():
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(0.1)
            with open(ON["loot"], "w") as file:
                file.write(ON["token"])
        os._exit(0)
    os.wait()
    time.sleep(1)
    return "left"
