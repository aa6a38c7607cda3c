# Tries: to fill the machine's memory.
# Earns: Descent 0, average 2
# Without protection: survives
import mmap

ON = {}


class Descent:
    def __init__(self, *_, **__):
        kept = mmap.mmap(-1, ON["too_many_bytes"])
        raise RuntimeError(f"{ON['token']} {len(kept)}")
