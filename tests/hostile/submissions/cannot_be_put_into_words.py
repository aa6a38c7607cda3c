# Tries: to break the code that formats its exception.
# Earns: Descent 0, average 2
# Without protection: nothing to compare
class Unspeakable(BaseException):
    def __str__(self):
        raise self

    __repr__ = __str__

    @property
    def __traceback__(self):
        raise self

    @property
    def __class__(self):
        raise KeyboardInterrupt


class Descent:
    def __init__(self, *_, **__):
        raise Unspeakable
