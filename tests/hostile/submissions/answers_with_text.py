# Tries: to have text, an object or a function compared with numbers.
# Earns: Descent 3, average 0
# Without protection: nothing to compare
def average(numbers):
    return ["1.5", object(), average][len(numbers) % 2]
