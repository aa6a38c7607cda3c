"""Make the pictures in docs/pictures/, each from a real run: none is drawn or edited by hand.

    uv run python scripts/screenshots.py                     # docs/pictures/
    uv run python scripts/screenshots.py --output FOLDER     # only to see that all can be made

Notebooks run in JupyterLab, commands in a terminal, and a class is graded and reported on; a
browser shows the rest. Students make known mistakes of the course. A picture is refused if it is
blank, too large, without the words that it is shown for, or if it names a folder of this machine;
and so is a page with an error in the browser's console.

It needs Chromium, and two to three minutes of processor time. What `watch` prints has its times in
it: keep the pictures of a machine that does nothing else.
"""

from __future__ import annotations

import argparse
import socket
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

# The tests have the browser, JupyterLab's servers, and what students do to their notebooks.
sys.path.append(str(Path(__file__).parents[1] / "tests"))

from chromium import PROGRAM, chromium

from scripts.screens.album import Album
from scripts.screens.class_pages import grade_a_class, photograph_pages
from scripts.screens.commands import photograph_commands
from scripts.screens.notebooks import photograph_notebooks

ROOT = Path(__file__).parents[1]

PICTURES = ROOT / "docs" / "pictures"


def make(folder: Path) -> Album:
    """Make every picture.

    Raises:
        RuntimeError: a picture is refused, or a command fails.
    """
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name,
        ThreadPoolExecutor() as pool,
        chromium() as browser,
    ):
        scratch = Path(name).resolve()
        private = (str(scratch), str(ROOT), f"{Path.home()}/", socket.gethostname())
        album = Album(folder, private)
        graded = pool.submit(grade_a_class, scratch / "class")
        typed = pool.submit(photograph_commands, scratch / "terminal", album)
        photograph_notebooks(browser, scratch / "notebooks", album)
        graded.result()
        photograph_pages(browser, scratch / "class", album)
        typed.result()
    return album


def main() -> None:
    """Make the pictures, or say why not."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--output", type=Path, default=PICTURES, help="default: docs/pictures/")
    folder = parser.parse_args().output
    if not PROGRAM:
        raise SystemExit("Chromium is not installed. On Debian: apt-get install chromium")
    folder.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    try:
        album = make(folder)
    except RuntimeError as refused:
        raise SystemExit(str(refused)) from None
    for name, size in sorted(album.made.items()):
        print(f"{size:8,}  {name}")
    print(f"{len(album.made)} pictures in {time.monotonic() - began:.0f} s")
    if faults := album.faults(PICTURES, [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]):
        raise SystemExit("\n".join(faults))


if __name__ == "__main__":
    main()
