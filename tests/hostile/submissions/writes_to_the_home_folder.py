# Tries: to leave a file in the home folder that the password file names.
# Earns: Descent 0, average 2
# Without protection: escapes
import os
import pwd
from pathlib import Path

ON = {}


def steal():
    file = Path(pwd.getpwuid(os.getuid()).pw_dir, ".hostile")
    file.write_text("here")
    file.unlink()
    return ON["token"]
