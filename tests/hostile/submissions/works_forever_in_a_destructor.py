# Tries: to hold the class up when an object is removed.
# Earns: Descent 0, average 2
# Without protection: nothing to compare
class Descent:
    def __init__(self, *_, **__):
        raise ValueError("and now the object goes")

    def __del__(self):
        while True:
            pass
