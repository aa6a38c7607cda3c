# Tries: to open a socket of the newer internet protocol.
# Earns: Descent 0, average 2
# Without protection: escapes
import socket

ON = {}


def steal():
    socket.socket(socket.AF_INET6, socket.SOCK_STREAM).close()
    return ON["token"]
