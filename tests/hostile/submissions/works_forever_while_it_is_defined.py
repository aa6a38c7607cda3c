# Tries: to hold the class up before any check has begun.
# Earns: Descent 0, average 0
# Without protection: nothing to compare
class Descent:
    while True:
        pass
