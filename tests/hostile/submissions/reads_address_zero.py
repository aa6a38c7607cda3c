# Tries: to end the process by a segmentation fault.
# Earns: Descent 0, average 2
# Without protection: nothing to compare
import ctypes


class Descent:
    def __init__(self, *_, **__):
        ctypes.string_at(0)
