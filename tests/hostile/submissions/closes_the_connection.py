# Tries: to close every descriptor it has.
# Earns: Descent 0, average 2
# Without protection: nothing to compare
import os


class Descent:
    def __init__(self, *_, **__):
        os.closerange(0, 1000)
