# Tries: to send a signal to its parent process.
# Earns: Descent 0, average 2
# Without protection: escapes
import os

ON = {}


def steal():
    os.kill(os.getppid(), 0)  # only a question: without protection its success would end the test
    return ON["token"]
