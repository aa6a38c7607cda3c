# Tries: to claim through its metaclass to be of any class.
# Earns: Descent 0, average 2
# Without protection: nothing to compare
class Meta(type):
    def __instancecheck__(cls, instance):
        return True

    def __subclasscheck__(cls, other):
        raise RuntimeError("not to be asked")

    def __getattribute__(cls, name):
        raise KeyboardInterrupt

    def __eq__(cls, other):
        return True

    def __hash__(cls):
        raise SystemExit

    @property
    def __mro__(cls):
        raise SystemExit


class Descent(metaclass=Meta):
    pass
