# Tries: to end the process at once, as if it had succeeded.
# Earns: Descent 0, average 2
# Without protection: nothing to compare
import os


class Descent:
    def __init__(self, *_, **__):
        os._exit(0)
