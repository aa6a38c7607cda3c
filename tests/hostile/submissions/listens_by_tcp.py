# Tries: to open a port for connections from outside.
# Earns: Descent 0, average 2
# Without protection: escapes
import socket

ON = {}


def steal():
    socket.create_server(("127.0.0.1", 0)).close()
    return ON["token"]
