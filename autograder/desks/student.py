"""A student's self-check of files: the checks of the release, with its public seed."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from difflib import get_close_matches
from functools import cache
from pathlib import Path

from autograder.desks.backend import ignored_backend
from autograder.desks.released import release_notebook
from autograder.desks.released_course import (
    is_release,
    release_named,
    releases_in,
    releases_near,
)
from autograder.desks.remembered import remember
from autograder.desks.self_check import NOTHING_RAN, Release, Show, Silent, Work, read
from autograder.desks.stubs import stored_stubs
from autograder.grading.libraries import need_libraries
from autograder.grading.observe import SERVICE, probing_sandbox
from autograder.grading.stored import FILE
from autograder.model import AutograderError
from autograder.reports.results import results, write
from autograder.sandbox.interface import Sandbox
from autograder.sandbox.plain import PlainSandbox
from autograder.sources.checks import CHECKS, PROBES
from autograder.sources.submitted_files import nobodys
from autograder.verdicts import ExerciseReport, Report

HAS_FORK = sys.platform == "linux"
"""On other platforms, a process that has imported TensorFlow cannot be forked."""

NOT_CONFINED = "Not confined here: code runs with your permissions. Check only files you trust."


def check_paths(
    paths: Sequence[Path],
    only: frozenset[str],
    *,
    one_assignment: bool = False,
    show: Show | None = None,
    keep: bool = False,
) -> Iterator[tuple[Path, Report]]:
    """Check notebooks, modules and folders of these.

    Args:
        only: names of exercises; empty for all.
        one_assignment: refuse files of several assignments, which a results file cannot hold.
        show: is told of everything as soon as it is known.
        keep: remember what was found, for `autograder status`.

    Raises:
        AutograderError: a path does not exist, or no release belongs to it.
    """
    show = show or Silent()
    found = _found([file for path in paths for file in files_in(path)], only)
    names = sorted({release.check_set.name for _, release in found})
    if one_assignment and len(names) > 1:
        raise AutograderError(
            f"A results file is about one assignment, but these files belong to "
            f"{', '.join(names)}. Check them one at a time, or omit --json."
        )
    with ExitStack() as stack:

        @cache
        def sandbox() -> Sandbox:
            show.doing("Starting Keras")
            return stack.enter_context(self_check_sandbox(show.say))

        for line in (*ignored_backend(), *_several(found)):
            show.say(line)
        for file, release in found:
            work = Work(file, release)
            report = _checked(work, sandbox, show)
            if keep:
                _remember(work, report, show)
            yield file, report


def _found(files: Sequence[Path], only: frozenset[str]) -> list[tuple[Path, Release]]:
    """Each file with its release; of several assignments, those that have one of the exercises.

    Raises:
        AutograderError: no release belongs to a file, or none has one of the exercises.
    """
    folders = {file: release_of(file) for file in files}
    if not only or len(set(folders.values())) == 1:
        return [(file, read(folder, only)) for file, folder in folders.items()]
    names = {folder: stored_stubs(folder).keys() & only for folder in folders.values()}
    if only - set().union(*names.values()):
        # Stubs are not all that an assignment may have; but reading its checks may take seconds.
        has = {folder: read(folder).check_set.exercises for folder in names}
        names = {folder: {each.name for each in found} & only for folder, found in has.items()}
        known = sorted({each.name for found in has.values() for each in found})
        if unknown := sorted(only - set(known)):
            alike = {name.lower(): name for name in known}
            close = get_close_matches(unknown[0].lower(), alike, n=1)
            suggestion = f" Did you mean {alike[close[0]]!r}?" if close else ""
            raise AutograderError(f"None of these assignments has {unknown[0]!r}.{suggestion}")
    wanted = {file: frozenset(names[folder]) for file, folder in folders.items()}
    return [(file, read(folders[file], here)) for file, here in wanted.items() if here]


def _several(found: Sequence[tuple[Path, Release]]) -> Iterator[str]:
    """A line for each release that has several of the files."""
    for folder in dict.fromkeys(release.folder for _, release in found):
        files = [file for file, release in found if release.folder == folder]
        if len(files) > 1:
            usual = release_notebook(folder).name
            names = ", ".join(file.name for file in files)
            yield f"{len(files)} files of one assignment: {names}. Submit one, as {usual}."


def _remember(work: Work, report: Report, show: Show) -> None:
    try:
        remember(work.file, report.exercises, work.code)
    except OSError as error:
        why = f"{work.file.absolute().parent} cannot be written ({error.strerror})"
        show.say(f"`autograder status` will not know of this check: {why}.")


def _checked(work: Work, sandbox: Callable[[], Sandbox], show: Show) -> Report:
    level, reports, now = NOTHING_RAN, list[ExerciseReport](), ""

    def started() -> Sandbox:
        nonlocal level
        level = sandbox().level
        show.doing(now)  # its start took time, too, and said so
        return sandbox()

    show.begins(work.file, work.remarks)
    for number, exercise in enumerate(work.exercises, 1):
        now = f"Checking {exercise} ({number} of {len(work.exercises)})"
        show.doing(now)
        judged, used = work.judge(exercise, started, show.decided), work.uses(exercise)
        wrong = [r.name for r in reports if r.name in used and r.score < r.max_score]
        reports.append(judged)
        if not show.judged(judged, work.beside(exercise), wrong):
            break
    report = work.report(reports, level)
    show.ends(report, work.release.later(report))
    return report


@contextmanager
def self_check_sandbox(say: Callable[[str], None]) -> Iterator[Sandbox]:
    """The strongest sandbox that this system has; one that protects nothing where there is none.

    A student's own work needs no confinement, but the file may be somebody else's.

    Args:
        say: called with one line if code is not confined.

    Raises:
        AutograderError: a library is missing or of another version; or nothing runs here.
    """
    need_libraries()  # before what is suppressed below
    with ExitStack() as stack:
        sandbox: Sandbox | None = None
        if HAS_FORK:
            with suppress(AutograderError):  # it cannot confine; anything else fails again below
                sandbox = stack.enter_context(probing_sandbox())
        if sandbox is None:
            say(NOT_CONFINED)
            if HAS_FORK:
                sandbox = stack.enter_context(probing_sandbox(confined=False))
            else:
                sandbox = stack.enter_context(closing(PlainSandbox(SERVICE)))
        yield sandbox


def write_results(path: Path, reports: Sequence[Report]) -> None:
    """Write a results file with the reports of one assignment.

    Args:
        reports: at least one.

    Raises:
        AutograderError: the file cannot be written.
    """
    first = reports[0]
    write(path, results(first.assignment, first.seed, first.sandbox, reports))


def release_of(file: Path) -> Path:
    """The release that a file belongs to: its own folder, or the course's release of its name.

    Raises:
        AutograderError: there is none.
    """
    file = file.resolve()
    candidates = [file.parent]
    for folder in file.parents:
        candidates += [folder / "assignments" / name for name in (file.stem, file.parent.name)]
    for candidate in candidates:
        if (candidate / FILE).is_file() and (candidate / CHECKS).is_file():
            return candidate
    raise AutograderError(
        f"No checks found for {file}. Put it in its assignment's folder, next to {CHECKS}, "
        f"{PROBES} and {FILE}, or in a course that has assignments/{file.stem}/."
    )


def files_in(path: Path) -> list[Path]:
    """The notebooks, or else the modules, that a path means.

    A folder without notebooks may be a course, whose assignments it means, and a path that does not
    exist the name of one of them.

    Raises:
        AutograderError: there are none.
    """
    if path.is_file():
        if path.suffix not in (".ipynb", ".py"):
            raise AutograderError(
                f"{path} is neither a notebook nor a module. Expected a .ipynb or .py file."
            )
        return [path]
    if not path.is_dir():
        path = _named(path)
    found = _by_students(path, "*.ipynb")
    if not found and not is_release(path):
        # A course, or its folder of assignments.
        releases = releases_in(path / "assignments") or releases_in(path)
        found = [work for folder in releases for work in _by_students(folder, "*.ipynb")]
    if not found:
        modules = _by_students(path, "*.py")
        found = [file for file in modules if file.name not in (CHECKS, PROBES)]
    if not found:
        raise AutograderError(
            f"Nothing to check in {path.resolve()}: it has no notebook (.ipynb) and no module "
            "(.py). Name a file, or run the command in your assignment's folder."
        )
    return found


def _named(path: Path) -> Path:
    """The folder of an assignment that a path which does not exist names (``optimizers``).

    Raises:
        AutograderError: there is none.
    """
    in_course = False
    if len(path.parts) == 1 and not path.suffix:
        with suppress(AutograderError):
            in_course = bool(releases_near(Path.cwd()))
    if in_course:
        return release_named(path.name, Path.cwd())
    raise AutograderError(f"{path} does not exist.")


def _by_students(folder: Path, pattern: str) -> list[Path]:
    return sorted(path for path in folder.glob(pattern) if not nobodys(path.name))
