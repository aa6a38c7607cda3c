# Tries: to have an object of an unknown kind compared with numbers.
# Earns: Descent 3, average 0
# Without protection: nothing to compare
def average(numbers):
    return object()
