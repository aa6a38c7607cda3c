# Tries: to open an IPv6 socket.
# Earns: Descent 0, average 2
# Without protection: escapes
import socket

ON = {}


def steal():
    socket.socket(socket.AF_INET6, socket.SOCK_STREAM).close()
    return ON["token"]
