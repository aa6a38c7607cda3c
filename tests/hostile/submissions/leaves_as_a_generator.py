# Tries: to raise the exception that ends a generator or a coroutine.
# Earns: Descent 0, average 0
# Without protection: nothing to compare
class Descent:
    def __init__(self, *_, **__):
        raise GeneratorExit


def average(numbers):
    raise StopIteration(numbers)
