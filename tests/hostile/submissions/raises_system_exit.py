# Tries: to leave by sys.exit, which most handlers let through.
# Earns: Descent 0, average 2
# Without protection: nothing to compare
import sys


class Descent:
    def __init__(self, *_, **__):
        sys.exit(0)
