# Tries: to delay the class before any check begins.
# Earns: Descent 0, average 2
# Without protection: nothing to compare
class Descent:
    while True:
        pass
