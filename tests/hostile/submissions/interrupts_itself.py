# Tries: to raise KeyboardInterrupt, as Ctrl-C does.
# Earns: Descent 0, average 2
# Without protection: nothing to compare
class Descent:
    def __init__(self, *_, **__):
        raise KeyboardInterrupt
