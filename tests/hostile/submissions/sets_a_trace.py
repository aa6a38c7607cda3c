# Tries: to change the variables of the comparison with a trace function.
# Earns: Descent 3, average 0
# Without protection: fools
import sys


def watch(frame, event, argument):
    if frame.f_code.co_name == "assert_same":
        found, expected = frame.f_locals["found"], frame.f_locals["expected"]
        found.clear()
        found.update(expected)
    return None


def average(numbers):
    sys.setprofile(watch)
    return -1.0
