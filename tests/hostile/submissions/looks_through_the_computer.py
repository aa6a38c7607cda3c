# Tries: to list the folders from the root down to the course.
# Earns: Descent 0, average 2
# Without protection: escapes
import os

ON = {}


def steal():
    return "".join(sorted(os.listdir(ON["listed"])))
