# Tries: to be something else than what is called for.
# Earns: Descent 0, average 0
# Without protection: nothing to compare
Descent = 42
average = {"middle": 1.5}
