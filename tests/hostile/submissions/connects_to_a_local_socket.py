# Tries: to talk to a service of this machine (a database, a container engine) by its socket file.
# Earns: Descent 0, average 2
# Without protection: escapes
import socket

ON = {}


def steal():
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(ON["unix"])
    return ON["token"]
