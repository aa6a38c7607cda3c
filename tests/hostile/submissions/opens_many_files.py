# Tries: to use up the file descriptors of the machine.
# Earns: Descent 0, average 2
# Without protection: survives
ON = {}


class Descent:
    def __init__(self, *_, **__):
        kept = [open("/dev/null") for _ in range(ON["too_many_handles"])]
        raise RuntimeError(f"{ON['token']} {len(kept)}")
