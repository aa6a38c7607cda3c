# Tries: to make the next definition fail by changing Python's built-in names.
# Earns: Descent 0, average 2
# Without protection: nothing to compare
import builtins


class Descent:
    for _name in ("len", "isinstance", "print", "range", "type", "super", "Exception", "open"):
        setattr(builtins, _name, None)
