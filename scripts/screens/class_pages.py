"""Pictures of the pages about a class: a student's feedback, and the report."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from autograder.desks.demo_class import submit_class
from autograder.sources.assignment import read_assignment
from autograder.sources.course import Course
from scripts.screens.album import Album
from scripts.screens.browser import window

ROOT = Path(__file__).parents[2]

NAME = "fitting"
"""The assignment of the class: a small one, of plain functions and a callback."""

AWAY = ("reads-solutions", "endless-loop")
"""Students of the demo who are not in the class: a message to the one names a folder of this
machine, and the other takes long."""

SIZE = 900, 1000
"""Of the pages, in CSS pixels."""

LONG = ("Remarks", "Nothing to check")
"""What is folded before the report is photographed."""


def grade_a_class(course: Path) -> None:
    """Submit the demo's class, grade it, and report on it.

    Raises:
        RuntimeError: a command fails.
    """
    for folder in (f"solutions/{NAME}", "solutions/_shared", f"assignments/{NAME}"):
        shutil.copytree(ROOT / folder, course / folder)
    shutil.copy(ROOT / "nbgrader_config.py", course)
    submit_class(read_assignment(course / "solutions" / NAME), Course(course))
    for student in AWAY:
        shutil.rmtree(course / "submitted" / student)
    for command in ("grade", "report"):
        words = [sys.executable, "-m", "autograder", command, NAME]
        done = subprocess.run(words, cwd=course, capture_output=True, text=True, timeout=600)
        if done.returncode:
            raise RuntimeError(f"autograder {command} says\n{done.stdout}{done.stderr}")


def photograph_pages(browser: Any, course: Path, album: Album) -> None:
    """Open the pages about the class, and photograph them."""
    for scheme, suffix in (("light", ""), ("dark", "-dark")):
        with window(browser, SIZE, color_scheme=scheme) as page:
            page.goto((course / "feedback" / "mistake-2" / NAME / f"{NAME}.html").as_uri())
            # The code is a reference with a mistake, and students read the documents.
            page.locator("#part-2 summary", has_text="Your code").click()
            _photograph(page, "#part-2", f"feedback{suffix}", "Hint:", album)
            page.goto((course / "reports" / f"{NAME}.html").as_uri())
            for kind in LONG:
                page.locator("summary", has_text=kind).click()
            _photograph(page, "#scores", f"report{suffix}", "forges-results", album)


def _photograph(page: Any, last: str, name: str, words: str, album: Album) -> None:
    """Photograph a page from its top to the end of a part, which a selector names."""
    box = page.locator(last).first.bounding_box()
    clip = {"x": 0, "y": 0, "width": SIZE[0], "height": box["y"] + box["height"] + 6}
    picture = page.screenshot(clip=clip, full_page=True)
    album.png(name, picture, page.locator("body").inner_text(), words)
