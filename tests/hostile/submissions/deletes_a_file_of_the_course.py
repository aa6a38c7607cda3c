# Tries: to delete a file in the course's folder.
# Earns: Descent 0, average 2
# Without protection: escapes
import os

ON = {}


def steal():
    os.rename(ON["deleted"], ON["deleted"] + ".away")
    os.rename(ON["deleted"] + ".away", ON["deleted"])
    return ON["token"]
