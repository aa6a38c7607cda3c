# Tries: to spoil a neighbour's file, so that the neighbour loses points.
# Earns: Descent 0, average 2
# Without protection: escapes
ON = {}


def steal():
    with open(ON["neighbour"], "a") as file:
        file.write(f"\n# {ON['token']}\n")
    return ON["token"]
