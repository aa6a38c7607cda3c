"""Draw docs/demo.svg, the picture at the top of the README: the class table of a real demo run.

    uv run python scripts/picture.py

The demo is graded in a temporary folder, which takes a minute or two. The picture shows the rows
named below, because the whole class would be too small to read.
"""

from __future__ import annotations

import io
import os
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

from autograder.desks.demo import run
from autograder.reports.class_table import class_table
from autograder.sources.course import find_course
from scripts.screens.terminal import drawing

PICTURE = Path(__file__).parents[1] / "docs" / "demo.svg"
WIDTH = 144
STUDENTS = (
    "all-right",
    "built-in",
    "edited-checks",
    "endless-loop",
    "forges-results",
    "half-done",
    "mistake-1",
    "mistake-4",
    "reads-solutions",
    "syntax-error",
    "two-mistakes",
)


def main() -> None:
    """Grade the demo's class and write the picture."""
    course = find_course(Path(__file__).parent)
    jobs = os.cpu_count() or 1
    with tempfile.TemporaryDirectory() as folder:
        into = Path(folder) / "course"
        graded = run(course, "", into, Console(highlight=False), jobs=jobs, confined=True)
    shown = [report for report in graded.reports if report.student in STUDENTS]
    canvas = Console(record=True, width=WIDTH, file=io.StringIO(), highlight=False)
    canvas.print(Text("$ uv run autograder demo", style="bold green"))
    canvas.print(class_table(shown, WIDTH))
    PICTURE.write_text(drawing(canvas, "demo"), encoding="utf-8")


if __name__ == "__main__":
    main()
