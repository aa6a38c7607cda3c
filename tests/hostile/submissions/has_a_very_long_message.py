# Tries: to fill the report, the gradebook and the memory with one message.
# Earns: Descent 0, average 2
# Without protection: nothing to compare
class Descent:
    def __init__(self, *_, **__):
        raise ValueError("long " * 10_000_000)
