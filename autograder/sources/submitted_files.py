"""Find what a class submitted: the students' folders, and in each the file to grade."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from autograder.model import AutograderError
from autograder.sources.checks import CHECKS, PROBES
from autograder.sources.code_cells import checked_exercises
from autograder.sources.data_files import DATA
from autograder.sources.dependencies import apparent_scopes
from autograder.sources.magics import plain_python
from autograder.sources.parsing import UNPARSABLE, parsed
from autograder.sources.probes import SHARED
from autograder.sources.released_cells import NEVER, Released
from autograder.sources.stubs import stubs_of
from autograder.sources.submission import Submission, is_notebook, read_submission

_MOST_FILES = 20
"""How many notebooks or modules of one student are compared."""


def nobodys(name: str) -> bool:
    """Whether a file or folder is made by a system or an editor, and is no student's work.

    ``._optimizers.ipynb`` and ``__MACOSX`` come out of zip files made on a Mac, ``@eaDir`` off a
    network drive.
    """
    return name.startswith(".") or name in ("__MACOSX", "__pycache__", "@eaDir")


def submissions_in(folder: Path) -> tuple[str, ...]:
    """The students' ids: the folders in nbgrader's ``submitted/``, sorted.

    Raises:
        AutograderError: there is no such folder, or it has no student's folder.
    """
    if not folder.is_dir():
        raise AutograderError(
            f"{folder} does not exist. Collect the submissions there as "
            f"{folder.name}/<student>/<assignment>/<assignment>.ipynb, which is nbgrader's layout, "
            "or pass another folder with --submissions."
        )
    students = tuple(sorted(p.name for p in folder.iterdir() if p.is_dir() and not nobodys(p.name)))
    if not students:
        raise AutograderError(
            f"{folder} has no student folders. Expected "
            f"{folder.name}/<student>/<assignment>/<assignment>.ipynb."
        )
    return students


def find_submission(
    folder: Path,
    assignment: str,
    student: str,
    locked: dict[str, str] | None = None,
    released: Released = NEVER,
) -> Submission:
    """A student's submission in ``submitted/<student>/<assignment>/``, or one folder deeper.

    A notebook counts before a module, and the assignment's name before any other, unless nothing
    is written in it and something is in another. Remarks say which file is graded, and why.
    """
    if folder.is_symlink() or not folder.is_dir():
        return Submission(student, None, unreadable="Nothing was submitted for this assignment.")
    files = [
        *_ranked(folder, assignment, [p for p in _files(folder) if is_notebook(p)]),
        *_ranked(folder, assignment, [p for p in _files(folder) if p.suffix == ".py"]),
    ]
    if not files:
        names = ", ".join([p.name for p in _entries(folder) if not nobodys(p.name)][:5])
        content = f"the submitted folder has {names}" if names else "the submitted folder is empty"
        return Submission(
            student,
            None,
            unreadable=f"Expected {assignment}.ipynb (or {assignment}.py); {content}.",
        )
    if len(files) == 1:
        found = read_submission(files[0], student, locked, released)
        return replace(found, remarks=(*_named(folder, assignment, files[0]), *found.remarks))
    candidates = [
        _Candidate.of(place, read_submission(path, student, locked, released), locked or {})
        for place, path in enumerate(files[:_MOST_FILES])
    ]
    chosen = _chosen(candidates, assignment)
    remarks = _remarks(folder, assignment, chosen, candidates)
    return replace(chosen.found, remarks=(*remarks, *chosen.found.remarks))


@dataclass(frozen=True)
class _Candidate:
    """A file that may be the submission.

    Attributes:
        place: how early in the order that names give.
        written: how many exercises are written in it.
    """

    place: int
    found: Submission
    written: int

    @classmethod
    def of(cls, place: int, found: Submission, locked: dict[str, str]) -> _Candidate:
        return cls(place, found, _written(found, checked_exercises(locked)))

    @property
    def path(self) -> Path:
        assert self.found.path is not None
        return self.found.path


def _files(folder: Path) -> list[Path]:
    """Files and links that students may have made, in the folder; else one folder deeper."""

    def inside(place: Path) -> Iterator[Path]:
        for path in _entries(place):
            is_ours = path.suffix == ".py" and path.name in (CHECKS, PROBES)
            if not nobodys(path.name) and not is_ours and (path.is_file() or path.is_symlink()):
                yield path

    def is_work(path: Path) -> bool:
        return is_notebook(path) or path.suffix == ".py"

    here = [path for path in inside(folder) if is_work(path)]
    if any(is_notebook(path) for path in here):
        return here
    deeper = [
        path
        for each in _entries(folder)
        if each.is_dir() and not each.is_symlink() and not nobodys(each.name)
        if each.name not in (SHARED, DATA)  # of the release, and no work
        for path in inside(each)
        if is_work(path)
    ]
    return here + deeper


def _entries(folder: Path) -> list[Path]:
    """What a folder has, sorted; nothing if it cannot be opened."""
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def _ranked(folder: Path, assignment: str, files: Sequence[Path]) -> list[Path]:
    """The file with the assignment's name first, then those nearer to the folder's top."""

    def rank(path: Path) -> tuple[bool, int, str]:
        return path.stem != assignment, len(path.relative_to(folder).parts), path.name

    return sorted(files, key=rank)


def _chosen(candidates: Sequence[_Candidate], assignment: str) -> _Candidate:
    first = candidates[0]
    if first.written and first.path.stem == assignment:
        return first
    notebooks = [each for each in candidates if is_notebook(each.path)]
    modules = [each for each in candidates if not is_notebook(each.path)]
    for kind in (notebooks, modules):
        # The most written; of several, a copy's later name: "optimizers (2).ipynb".
        best = max(kind, key=lambda each: (each.written, each.place), default=None)
        if best and best.written:
            return best
    return first


def _remarks(
    folder: Path, assignment: str, chosen: _Candidate, candidates: Sequence[_Candidate]
) -> list[str]:
    name = chosen.path.relative_to(folder).as_posix()
    remarks = _named(folder, assignment, chosen.path)
    # A module beside a notebook is no rival: the same work, exported.
    rivals = [
        each
        for each in candidates
        if each is not chosen and (is_notebook(each.path) or not is_notebook(chosen.path))
    ]
    if not rivals:
        return remarks
    others = ", ".join(each.path.relative_to(folder).as_posix() for each in rivals[:3])
    others += f" and {len(rivals) - 3} more" if len(rivals) > 3 else ""
    if not chosen.written:
        why = "no written exercise was found in any of them"
    elif not any(each.written for each in rivals):
        why = "no written exercise was found in the other" + ("s" if len(rivals) > 1 else "")
    elif chosen.path.stem == assignment:
        why = "it has the expected name"
    elif chosen.written > max(each.written for each in rivals):
        why = f"it has the most exercises written ({chosen.written})"
    else:
        most = f"none has more exercises written ({chosen.written})"
        why = f"{most}, and of those with as many it comes last"
    remarks.append(f"{name} was graded, and not {others}, because {why}.")
    return remarks


def _named(folder: Path, assignment: str, path: Path) -> list[str]:
    """A remark on a file's name or place, if it is another than expected."""
    name = path.relative_to(folder).as_posix()
    expected = assignment + (".ipynb" if is_notebook(path) else ".py")
    return [f"The file is named {name}; expected {expected}."] if name != expected else []


def _written(found: Submission, exercises: Sequence[str]) -> int:
    """How many exercises are defined without a stub.

    Without names of exercises, any class or function counts.
    """
    state: dict[str, bool] = {}
    for cell in found.cells:
        try:
            body = parsed(plain_python(cell.text) if cell.magics else cell.text, cell.label).body
        except UNPARSABLE:
            # Work, though broken: what is in it cannot be told from a stub otherwise.
            scopes = apparent_scopes(cell.text)
            names = [name for name in exercises if name in scopes]
            state |= dict.fromkeys(names, "raise NotImplementedError" not in cell.text)
            continue
        for node in body:
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and (
                not exercises or node.name in exercises
            ):
                state[node.name] = next(stubs_of(node), None) is None
    return sum(state.values())
