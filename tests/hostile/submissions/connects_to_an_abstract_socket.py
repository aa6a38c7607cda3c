# Tries: to talk to a service by a socket without a file.
# Earns: Descent 0, average 2
# Without protection: escapes
import socket

ON = {}


def steal():
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect("\0" + ON["abstract"])
    return ON["token"]
