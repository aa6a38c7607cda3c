# Tries: to leave a module where the grader's Python would import it.
# Earns: Descent 0, average 2
# Without protection: escapes
import sysconfig
from pathlib import Path

ON = {}


def steal():
    file = Path(sysconfig.get_path("purelib"), "hostile-and-not-imported.txt")
    file.write_text("here")
    file.unlink()
    return ON["token"]
