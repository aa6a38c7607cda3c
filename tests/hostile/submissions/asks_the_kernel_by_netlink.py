# Tries: to ask the kernel about the network through a netlink socket.
# Earns: Descent 0, average 2
# Without protection: escapes
import socket

ON = {}


def steal():
    socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0).close()
    return ON["token"]
