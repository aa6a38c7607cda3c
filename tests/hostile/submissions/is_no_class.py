# Tries: to be something other than the class that is expected.
# Earns: Descent 0, average 0
# Without protection: nothing to compare
Descent = 42
average = {"middle": 1.5}
