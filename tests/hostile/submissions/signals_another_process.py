# Tries: to end another process of the same user.
# Earns: Descent 0, average 2
# Without protection: escapes
import os
import signal

ON = {}


def steal():
    os.kill(ON["victim"], signal.SIGUSR1)
    return ON["token"]
