# Tries: to end by the signal that cannot be caught.
# Earns: Descent 0, average 2
# Without protection: nothing to compare
import os
import signal


class Descent:
    def __init__(self, *_, **__):
        os.kill(os.getpid(), signal.SIGKILL)
