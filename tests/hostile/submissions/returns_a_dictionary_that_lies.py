# Tries: to make the probe return a mapping whose arrays change when read twice.
# Earns: Descent 3, average 0
# Without protection: nothing to compare
import sys


class Changing(dict):
    def items(self):
        return iter([("middle", 1.0), ("middle", 2.0), ("expected", 3.0)])


def average(numbers):
    frame = sys._getframe(1)
    frame.f_globals["__builtins__"]["dict"] = Changing
    return Changing(middle=1.0)
