# Tries: to raise what Ctrl-C raises.
# Earns: Descent 0, average 2
# Without protection: nothing to compare
class Descent:
    def __init__(self, *_, **__):
        raise KeyboardInterrupt
