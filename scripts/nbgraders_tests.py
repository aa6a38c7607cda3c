"""Run nbgrader's own tests, which its wheel contains, under our configuration.

    uv run python scripts/nbgraders_tests.py -n 2       # all: 9 minutes on two idle cores
    uv run python scripts/nbgraders_tests.py --quick    # what CI runs
    uv run python scripts/nbgraders_tests.py --only feedback -n 2  # further options are pytest's

nbgraders_tests.toml beside this script lists every module of nbgrader's tests: what runs, and what
does not, and why. It also names single tests that do not apply, and why. They run all the same: one
that passes is reported, because then its entry is out of date. The script exits with 1 if a test
fails that is not named there, if the installed nbgrader has a module that is not listed, or if an
entry names no module or no test.

Our ``nbgrader_config.py`` is in a folder of ``JUPYTER_CONFIG_PATH``: it counts in every command
that a test starts, and what a test sets counts more. As in an existing course
(docs/instructors.md), the course's own settings are at its end: its id, and the folder of releases,
whose name the tests take for granted. SaveVerdicts is tested instead of nbgrader's SaveAutoGrades,
and the API, which the formgrader calls, with our configuration instead of an empty one.
"""

from __future__ import annotations

import argparse
import functools
import getpass
import os
import sys
import sysconfig
import tempfile
import tomllib
from pathlib import Path
from typing import Any

import nbgrader
import pytest
from traitlets.config.loader import PyFileConfigLoader

ROOT = Path(__file__).parents[1]
LIST_FILE = Path(__file__).with_suffix(".toml")
LIST = tomllib.loads(LIST_FILE.read_text(encoding="utf-8"))
TESTS = Path(nbgrader.__file__).parent / "tests"

OF_THE_COURSE = """
c.CourseDirectory.course_id = ""
c.CourseDirectory.release_directory = "release"
"""


def not_applicable() -> dict[str, str]:
    """By test, as ``<file>::<name>``, why it does not apply to our configuration."""
    return {test: group["why"] for group in LIST["not_applicable"] for test in group["tests"]}


def contradictions(tests: Path = TESTS) -> list[str]:
    """What is wrong with the list, in sentences: [] if each module of ``tests`` is in it once."""
    found = (*tests.rglob("test_*.py"), *tests.rglob("*.spec.ts"))
    modules = {path.relative_to(tests).as_posix() for path in found}
    listed = [*LIST["all"], *(name for group in LIST["not_run"] for name in group["modules"])]
    wrong = {
        "not listed; add it to `all`, or to a [[not_run]] with its reason": modules - set(listed),
        "not among nbgrader's tests": set(listed) - modules,
        "listed twice": {name for name in listed if listed.count(name) > 1},
    }
    return [f"{', '.join(sorted(names))}: {what}." for what, names in wrong.items() if names]


def pytest_configure() -> None:
    """Ask alembic once for its newest version."""
    import nbgrader.api

    # Every new gradebook starts a process for it, which takes seconds.
    nbgrader.api.get_alembic_version = functools.cache(nbgrader.api.get_alembic_version)


def use_ours(module: Any) -> None:
    """Put what is ours where a module of tests names nbgrader's."""
    if hasattr(module, "SaveAutoGrades"):
        from autograder.gradebook.preprocessors import SaveVerdicts

        module.SaveAutoGrades = SaveVerdicts
    if module.__name__.endswith("apps.test_api"):
        folder = os.environ["JUPYTER_CONFIG_PATH"]
        module.Config = lambda: PyFileConfigLoader("nbgrader_config.py", folder).load_config()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put in what is ours, and expect what does not apply to fail."""
    for module in {getattr(item, "module", None) for item in items}:
        use_ours(module)
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
    kinds = ("passed", "xfailed", "skipped")
    passed, expected, skipped = (len(terminalreporter.stats.get(kind, ())) for kind in kinds)
    failed = sum(len(terminalreporter.stats.get(kind, ())) for kind in ("failed", "error"))
    terminalreporter.write_line(
        f"nbgrader's tests: {passed + expected + failed} run, {passed} passed, "
        f"{expected} not applicable, {failed} failed; {skipped} skipped by nbgrader"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="only what CI runs")
    parser.add_argument(
        "--only", metavar="NAME", help='modules with this in their name, as "feedback"', default=""
    )
    options, for_pytest = parser.parse_known_args()
    if wrong := contradictions():
        sys.exit("\n".join([f"{LIST_FILE.name} does not fit the installed nbgrader:", *wrong]))
    tests = [test for test in LIST["quick" if options.quick else "all"] if options.only in test]
    if not tests:
        parser.error(f"no module of the list has {options.only!r} in its name")
    with tempfile.TemporaryDirectory() as folder:
        configuration = (ROOT / "nbgrader_config.py").read_text(encoding="utf-8")
        Path(folder, "nbgrader_config.py").write_text(configuration + OF_THE_COURSE)
        # Some tests read nbgrader's documents, from its repository's root.
        Path(folder, "nbgrader").mkdir()
        Path(folder, "nbgrader", "docs").symlink_to(TESTS.parent / "docs")
        os.environ["JUPYTER_CONFIG_PATH"] = folder
        os.environ["PATH"] = os.pathsep.join([sysconfig.get_path("scripts"), os.environ["PATH"]])
        # Containers often leave it unset; a test compares it with the account.
        os.environ.setdefault("USER", getpass.getuser())
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
