# Tries: to start more threads than the machine can handle.
# Earns: Descent 0, average 2
# Without protection: nothing to compare
import threading


class Descent:
    def __init__(self, *_, **__):
        for _ in range(3000):
            threading.Thread(target=threading.Event().wait, daemon=True).start()
        threading.Event().wait()
