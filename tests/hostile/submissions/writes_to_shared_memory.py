# Tries: to leave data in /dev/shm for another process.
# Earns: Descent 0, average 2
# Without protection: escapes
from multiprocessing.shared_memory import SharedMemory

ON = {}


def steal():
    memory = SharedMemory(create=True, size=64)
    memory.close()
    memory.unlink()
    return ON["token"]
