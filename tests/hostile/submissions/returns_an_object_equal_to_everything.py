# Tries: to return an object that is equal to every number, and whose difference to each is 0.
# Earns: Descent 3, average 0
# Without protection: fools
class AlwaysRight:
    def __eq__(self, other):
        return True

    def __sub__(self, other):
        return 0.0

    __rsub__ = __sub__
    __hash__ = None


def average(numbers):
    return AlwaysRight()
