# Tries: to fill the disk with one file.
# Earns: Descent 0, average 2
# Without protection: survives
ON = {}


class Descent:
    def __init__(self, *_, **__):
        with open("large", "wb") as file:
            for _ in range(ON["too_many_files_bytes"] // 1_000_000):
                file.write(bytes(1_000_000))
        raise RuntimeError(ON["token"])
