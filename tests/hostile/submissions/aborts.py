# Tries: to end the process by SIGABRT, as a failed assertion in C does.
# Earns: Descent 0, average 2
# Without protection: nothing to compare
import os


class Descent:
    def __init__(self, *_, **__):
        os.abort()
