"""Run nbgrader's own tests, which its wheel contains, under our configuration.

    uv run python scripts/nbgraders_tests.py            # preprocessors and commands: many minutes
    uv run python scripts/nbgraders_tests.py --quick    # what CI runs
    uv run python scripts/nbgraders_tests.py --only feedback -n 2  # further options are pytest's

nbgraders_tests.toml beside this script names the tests that do not apply, and why. They run all the
same: one that passes is reported, because then its entry is out of date. It exits with 1 if a test
fails that is not named there, or if an entry names no test.

Our ``nbgrader_config.py`` is in a folder of ``JUPYTER_CONFIG_PATH``: it counts in every command
that a test starts, and what a test sets counts more. As in an existing course
(docs/instructors.md), the course's own settings are at its end: its id, and the folder of releases,
whose name the tests take for granted. SaveVerdicts is tested instead of nbgrader's SaveAutoGrades.
"""

from __future__ import annotations

import argparse
import functools
import os
import sys
import sysconfig
import tempfile
import tomllib
from pathlib import Path
from typing import Any

import nbgrader
import pytest

ROOT = Path(__file__).parents[1]
LIST = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
TESTS = Path(nbgrader.__file__).parent / "tests"

OF_THE_COURSE = """
c.CourseDirectory.course_id = ""
c.CourseDirectory.release_directory = "release"
"""


def not_applicable() -> dict[str, str]:
    """By test, as ``<file>::<name>``, why it does not apply to our configuration."""
    return {test: group["why"] for group in LIST["not_applicable"] for test in group["tests"]}


def pytest_configure() -> None:
    """Put our step where a test names nbgrader's, and ask alembic once for its newest version."""
    import nbgrader.api
    from nbgrader.tests.preprocessors import test_saveautogrades

    from autograder.gradebook.preprocessors import SaveVerdicts

    test_saveautogrades.SaveAutoGrades = SaveVerdicts
    # Every new gradebook starts a process for it, which takes seconds.
    nbgrader.api.get_alembic_version = functools.cache(nbgrader.api.get_alembic_version)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Expect what does not apply to fail."""
    left = not_applicable()
    for item in items:
        if why := left.pop(f"{item.path.name}::{item.name}", None):
            item.add_marker(pytest.mark.xfail(reason=why, strict=True))
    in_part = {Path(each.partition("::")[0]).name for each in config.args if "::" in each}
    whole = {item.path.name for item in items} - in_part
    if gone := [test for test in left if test.partition("::")[0] in whole]:
        raise pytest.UsageError(f"Not among nbgrader's tests: {', '.join(gone)}")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say how many tests ran, passed, and do not apply."""
    count = {kind: len(terminalreporter.stats.get(kind, ())) for kind in ("passed", "xfailed")}
    failed = sum(len(terminalreporter.stats.get(kind, ())) for kind in ("failed", "error"))
    terminalreporter.write_line(
        f"nbgrader's tests: {count['passed'] + count['xfailed'] + failed} run, "
        f"{count['passed']} passed, {count['xfailed']} not applicable, {failed} failed"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="only what CI runs")
    parser.add_argument(
        "--only", metavar="NAME", help='modules with this in their name, as "feedback"', default=""
    )
    options, for_pytest = parser.parse_known_args()
    tests = [test for test in LIST["quick" if options.quick else "all"] if options.only in test]
    with tempfile.TemporaryDirectory() as folder:
        configuration = (ROOT / "nbgrader_config.py").read_text(encoding="utf-8")
        Path(folder, "nbgrader_config.py").write_text(configuration + OF_THE_COURSE)
        # Some tests read nbgrader's documents, from its repository's root.
        Path(folder, "nbgrader").mkdir()
        Path(folder, "nbgrader", "docs").symlink_to(TESTS.parent / "docs")
        os.environ["JUPYTER_CONFIG_PATH"] = folder
        os.environ["PATH"] = os.pathsep.join([sysconfig.get_path("scripts"), os.environ["PATH"]])
        os.chdir(folder)
        return pytest.main(
            [
                *("-p", Path(__file__).stem, "-p", "no:autograder", "-p", "no:cacheprovider"),
                *("-c", os.devnull, "--rootdir", str(TESTS), "-q", "-rfE"),
                *("-W", "ignore", *for_pytest),
                *(str(TESTS / test) for test in tests),
            ]
        )


if __name__ == "__main__":
    sys.exit(main())
