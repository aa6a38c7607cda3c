"""Pictures of what a student types, in a terminal."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from two_users import User

from scripts.screens.album import Album
from scripts.screens.student import ROOT, Work, predict
from scripts.screens.terminal import Terminal

OPTIMIZERS = "assignments/optimizers"

SOLVED = Work("optimizers", "Momentum"), Work("optimizers", "Adam")
MISTAKEN = Work("optimizers", "Adam", "no_bias_correction")


def photograph_commands(home: Path, album: Album) -> None:
    """Check a mistaken Adam, then watch it while it is corrected."""
    environment, folder = User("student", home).environment(), home / "assignments"

    def terminal(command: str) -> Terminal:
        return Terminal([sys.executable, "-m", *command.split()], home, environment)

    shutil.copytree(ROOT / "assignments", folder)
    predict(folder / "optimizers" / "optimizers.ipynb")
    SOLVED[0].save(folder)
    MISTAKEN.save(folder)
    command = f"autograder check {OPTIMIZERS} --only Adam"
    with terminal(command) as check:
        check.ends()
        drawn = check.picture(command, "check")
        album.svg("check", drawn, check.text, "Looks like: no bias correction.")
    command = f"autograder watch {OPTIMIZERS}"
    with terminal(command) as watch:
        watch.says("quit")  # the keys: it waits
        SOLVED[1].save(folder)
        watch.says("holds now")
        watch.says("quit")
        drawn = watch.picture(command, "watch")
        album.svg("watch", drawn, watch.text, "holds now")
        watch.press("q")
        watch.ends()
