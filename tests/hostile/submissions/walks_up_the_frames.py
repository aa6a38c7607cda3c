# Tries: to find the expected numbers among the variables of its callers.
# Earns: Descent 3, average 0
# Without protection: fools
import sys


def average(numbers):
    frame = sys._getframe(1)
    while frame is not None:
        for variables in (frame.f_locals, frame.f_globals):
            expected = variables.get("expected")
            if isinstance(expected, dict) and "middle" in expected:
                return expected["middle"]
        frame = frame.f_back
    return -1.0
