# Tries: to delay the class when an object is deleted.
# Earns: Descent 0, average 2
# Without protection: nothing to compare
class Descent:
    def __init__(self, *_, **__):
        raise ValueError("and now the object goes")

    def __del__(self):
        while True:
            pass
