# Tries: to attach to another process as a debugger does.
# Earns: Descent 0, average 2
# Without protection: escapes
import ctypes
import os

ON = {}


def steal():
    libc = ctypes.CDLL(None, use_errno=True)
    seize, detach = 0x4206, 17
    if libc.ptrace(seize, ON["victim"], 0, 0):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    libc.ptrace(detach, ON["victim"], 0, 0)
    return ON["token"]
