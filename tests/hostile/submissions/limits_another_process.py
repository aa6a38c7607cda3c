# Tries: to lower a limit of another process, so that it fails.
# Earns: Descent 0, average 2
# Without protection: escapes
import resource

ON = {}


def steal():
    resource.prlimit(ON["victim"], resource.RLIMIT_CORE, (0, 0))
    return ON["token"]
