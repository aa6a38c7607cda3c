# Tries: to create a file in memory and run it as a program.
# Earns: Descent 0, average 2
# Without protection: escapes
import os

ON = {}


def steal():
    os.close(os.memfd_create("program"))
    return ON["token"]
