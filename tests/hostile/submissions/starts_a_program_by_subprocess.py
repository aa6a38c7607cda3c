# Tries: to run a program with Python's own library.
# Earns: Descent 0, average 2
# Without protection: escapes
import subprocess

ON = {}


def steal():
    return subprocess.run(["echo", ON["token"]], stdout=subprocess.PIPE, text=True).stdout
