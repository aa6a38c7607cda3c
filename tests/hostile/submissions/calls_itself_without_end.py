# Tries: to overflow the stack in Python, and in C.
# Earns: Descent 0, average 2
# Without protection: nothing to compare
import sys


class Descent:
    def __init__(self, *_, **__):
        sys.setrecursionlimit(1 << 30)
        self.again()

    def again(self):
        return [*map(lambda _: self.again(), [0])]
