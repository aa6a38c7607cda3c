# Tries: to open a socket of any family and kind that the kernel knows.
# Earns: Descent 0, average 2
# Without protection: escapes
import contextlib
import socket

ON = {}


def steal():
    for family in range(46):
        for kind in range(1, 7):
            with contextlib.suppress(OSError), socket.socket(family, kind):
                return ON["token"]
    raise OSError("none of them")
