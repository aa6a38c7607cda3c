# Tries: to stop the clock, so that no time limit is ever reached.
# Earns: Descent 0, average 2
# Without protection: nothing to compare
import time


def still(*_):
    return 0.0


class Descent:
    def __init__(self, *_, **__):
        for name in ("time", "monotonic", "perf_counter", "process_time", "clock_gettime"):
            setattr(time, name, still)
        while True:
            time.sleep(0.01)
