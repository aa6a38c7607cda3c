# Tries: to answer later questions in advance, by calling the server's own connection.
# Earns: Descent 0, average 2
# Without protection: nothing to compare
import gc

import numpy as np


class Descent:
    def __init__(self, *_, **__):
        for found in gc.get_objects():
            if type(found).__name__ in ("Connection", "Channel"):
                for nonce in (found._nonce, bytes(16), b"\1" * 16, b"\2" * 16):
                    found._nonce = nonce
                    found.send({"failure": None}, {"vector": np.zeros((3, 3))})
