# Tries: to have itself, a function, compared with numbers.
# Earns: Descent 3, average 0
# Without protection: nothing to compare
def average(numbers):
    return average
