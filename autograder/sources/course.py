"""Where everything is in a course: the folder that contains ``solutions/``."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from autograder.model import AutograderError


@dataclass(frozen=True)
class Course:
    """A course folder. Its subfolders need not exist."""

    root: Path

    @property
    def solutions(self) -> Path:
        return self.root / "solutions"

    @property
    def releases(self) -> Path:
        return self.root / "assignments"

    def assignments(self) -> tuple[str, ...]:
        """Names of the assignments that have a solution folder, sorted."""
        return tuple(
            sorted(
                folder.name
                for folder in self.solutions.iterdir()
                if folder.is_dir() and not folder.name.startswith((".", "_"))
            )
        )

    def solution(self, name: str) -> Path:
        """The solution folder of an assignment.

        Raises:
            AutograderError: there is no assignment of that name.
        """
        known = self.assignments()
        if name in known:
            return self.solutions / name
        close = get_close_matches(name, known, n=1)
        suggestion = f" Did you mean {close[0]!r}?" if close else ""
        raise AutograderError(
            f"There is no assignment {name!r} in {self.solutions}.{suggestion} "
            f"Available: {', '.join(known) or 'none'}."
        )

    def source(self, name: str) -> Path:
        """The folder that nbgrader calls the source of an assignment."""
        return self.root / "source" / name

    def release(self, name: str) -> Path:
        """The folder of an assignment as students get it."""
        return self.releases / name


def find_course(start: Path) -> Course:
    """The course that ``start`` is in: the nearest folder, going up, with a ``solutions/`` folder.

    Raises:
        AutograderError: there is none.
    """
    start = start.resolve()
    for folder in (start, *start.parents):
        if (folder / "solutions").is_dir():
            return Course(folder)
    raise AutograderError(
        f"{start} is not in a course: neither it nor a parent folder has a solutions/ folder. "
        "Run the command in the course folder, or pass --course."
    )
