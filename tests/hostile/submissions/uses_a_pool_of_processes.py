# Tries: to compute in other processes.
# Earns: Descent 0, average 2
# Without protection: escapes
import multiprocessing
import os

ON = {}


def steal():
    queue = multiprocessing.get_context("fork").SimpleQueue()
    pid = os.fork()
    if pid == 0:
        queue.put(ON["token"])
        os._exit(0)
    os.waitpid(pid, 0)
    return queue.get()
