"""Pictures of the pages about a class: feedback, report, similar submissions."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from disguise import disguised

from autograder.desks.demo_class import submit_class
from autograder.sources.assignment import read_assignment
from autograder.sources.course import Course
from scripts.screens.album import Album
from scripts.screens.browser import window

ROOT = Path(__file__).parents[2]

NAME = "fitting"
"""The assignment of the class: the cheapest to grade."""

AWAY = ("reads-solutions", "endless-loop")
"""Students of the demo who are not in the class: a message to the one names a folder of this
machine, and the other takes long."""


def grade_a_class(course: Path) -> None:
    """Submit the demo's class and a copyist, grade them, compare them, and report on them.

    Raises:
        RuntimeError: a command fails.
    """
    for folder in (f"solutions/{NAME}", "solutions/_shared", f"assignments/{NAME}"):
        shutil.copytree(ROOT / folder, course / folder)
    shutil.copy(ROOT / "nbgrader_config.py", course)
    submit_class(read_assignment(course / "solutions" / NAME), Course(course))
    for student in AWAY:
        shutil.rmtree(course / "submitted" / student)
    (original,) = (course / "submitted" / "other-style").rglob("*.py")
    copy = course / "submitted" / "copied" / NAME / original.name
    copy.parent.mkdir(parents=True)
    # A method is not renamed, so its calls must not be, either.
    text = disguised(original.read_text(encoding="utf-8")).replace("._mine_", "._")
    copy.write_text(text, encoding="utf-8")
    for command in ("grade", "similar", "report"):
        words = [sys.executable, "-m", "autograder", command, NAME]
        done = subprocess.run(words, cwd=course, capture_output=True, text=True, timeout=600)
        if done.returncode:
            raise RuntimeError(f"autograder {command} says\n{done.stdout}{done.stderr}")


def photograph_pages(browser: Any, course: Path, album: Album) -> None:
    """Open the pages about the class, and photograph them."""
    feedback = course / "feedback" / "mistake-1" / NAME / f"{NAME}.html"
    for scheme, suffix in (("light", ""), ("dark", "-dark")):
        with window(browser, 1100, color_scheme=scheme) as page:
            _photograph(page, feedback, f"feedback{suffix}", "Hint:", album)
            _photograph(
                page,
                course / "reports" / f"{NAME}.html",
                f"report{suffix}",
                "Needs a person",
                album,
            )
            matrix = page.locator("#matrix")
            album.png(f"matrix{suffix}", matrix.screenshot(), matrix.inner_text(), "mistake-1")
    with window(browser, 900) as page:
        _photograph(
            page,
            course / "reports" / f"{NAME}-similar.html",
            "similar",
            "copied and other-style",
            album,
        )


def _photograph(page: Any, file: Path, name: str, words: str, album: Album) -> None:
    page.goto(file.as_uri())
    album.png(name, page.screenshot(), page.locator("body").inner_text(), words)
