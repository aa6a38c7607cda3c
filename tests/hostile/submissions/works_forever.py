# Tries: to delay the class with an endless loop.
# Earns: Descent 0, average 2
# Without protection: nothing to compare
class Descent:
    def __init__(self, *_, **__):
        while True:
            pass
