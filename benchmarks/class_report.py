"""The class report at several sizes: seconds to write, bytes, and milliseconds to open in Chromium.

    uv run python benchmarks/class_report.py results.json
    uv run python benchmarks/class_report.py results.json --sizes 40 2000 --keep pages

The students are drawn from those of a results file, exercise by exercise. Decimal fractions in
messages are made different for each, as they are in a class where all write their own code. Opening
ends with the page's load event, which comes after the table is drawn: the least, the median and the
most of several times, each in a new browser context.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import shutil
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import msgspec
from playwright.sync_api import Browser, sync_playwright

from autograder.reports.class_page import class_page
from autograder.reports.class_report import class_report
from autograder.reports.class_results import ClassResults

OPENED = "performance.getEntriesByType('navigation')[0].loadEventEnd"


def resampled(content: dict[str, Any], size: int) -> dict[str, Any]:
    """A class of this size, with the exercises of students of the class, drawn independently."""
    rng = random.Random(0)

    def other_digits(_: re.Match[str]) -> str:
        return f"{rng.uniform(-9, 9):.6g}"

    students = []
    for number in range(size):
        of = len(content["students"][0]["exercises"])
        drawn = [rng.choice(content["students"])["exercises"][place] for place in range(of)]
        exercises = json.loads(json.dumps(drawn))
        for check in (check for exercise in exercises for check in exercise["checks"]):
            check["message"] = re.sub(r"\d+\.\d+", other_digits, check["message"])
        score = sum(exercise["score"] for exercise in exercises)
        first = content["students"][0]
        new = {"student": f"student{number:04d}", "score": score, "exercises": exercises}
        students.append({**first, **new, "gradebook": None})
    return {**content, "students": students, "not_submitted": []}


def links(results: ClassResults) -> list[str]:
    """Addresses as long as those of real feedback pages."""
    name = results.assignment
    return [f"./../feedback/{each.student}/{name}/{name}.html" for each in results.students]


def opening(browser: Browser, page: Path, times: int) -> list[float]:
    """Milliseconds until the load event, one for each time."""
    found = []
    for _ in range(times):
        context = browser.new_context()
        tab = context.new_page()
        tab.goto(page.as_uri())
        found.append(float(tab.evaluate(OPENED)))
        context.close()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("results", type=Path)
    parser.add_argument("--sizes", type=int, nargs="+", default=[40, 2_000])
    parser.add_argument("--times", type=int, default=7)
    parser.add_argument("--keep", type=Path, help="a folder for the pages")
    options = parser.parse_args()
    folder = options.keep or Path(tempfile.mkdtemp())
    folder.mkdir(exist_ok=True)
    content = json.loads(options.results.read_bytes())
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        for size in options.sizes:
            results = msgspec.convert(resampled(content, size), ClassResults)
            start = time.perf_counter()
            text = class_page(class_report(results), links(results), graded="today")
            seconds = time.perf_counter() - start
            page = (folder / f"{size}.html").absolute()
            page.write_text(text, encoding="utf-8")
            opened = opening(browser, page, options.times)
            spread = f"{min(opened):.0f}/{statistics.median(opened):.0f}/{max(opened):.0f}"
            print(
                f"{size} students: written in {seconds:.1f} s, {len(text.encode()):,} bytes, "
                f"opened in {spread} ms"
            )
        browser.close()


if __name__ == "__main__":
    main()
