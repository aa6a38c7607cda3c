# Tries: to delay the class when its exception is formatted.
# Earns: Descent 0, average 2
# Without protection: nothing to compare
class EndlessError(Exception):
    def __str__(self):
        while True:
            pass


class Descent:
    def __init__(self, *_, **__):
        raise EndlessError
