# Tries: to have the kernel send a signal to another process, as the owner of a file.
# Earns: Descent 0, average 2
# Without protection: escapes
import fcntl
import socket

ON = {}


def steal():
    one, other = socket.socketpair()
    with one, other:
        fcntl.fcntl(one, fcntl.F_SETOWN, ON["victim"])
        return ON["token"]
