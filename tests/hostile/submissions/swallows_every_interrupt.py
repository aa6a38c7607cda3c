# Tries: to run forever and ignore every signal and exception.
# Earns: Descent 0, average 2
# Without protection: nothing to compare
import signal


def ignore():
    for number in range(1, 65):
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            pass


class Descent:
    def __init__(self, *_, **__):
        ignore()
        while True:
            try:
                while True:
                    pass
            except BaseException:
                pass
