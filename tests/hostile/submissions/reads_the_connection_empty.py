# Tries: to read the grader's next questions before the server does.
# Earns: Descent 0, average 2
# Without protection: nothing to compare
import os


class Descent:
    def __init__(self, *_, **__):
        while True:
            try:
                os.read(3, 65536)
            except BlockingIOError:
                pass
