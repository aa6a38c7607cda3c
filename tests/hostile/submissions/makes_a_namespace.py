# Tries: to become root in a namespace of its own.
# Earns: Descent 0, average 2
# Without protection: escapes
import ctypes
import os

ON = {}


def steal():
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(0x10000000):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return ON["token"]
