# Tries: to write to the grader endlessly, and never to read.
# Earns: Descent 0, average 2
# Without protection: nothing to compare
import os


class Descent:
    def __init__(self, *_, **__):
        while True:
            try:
                os.write(3, b"\xff" * 65536)
            except BlockingIOError:
                pass
