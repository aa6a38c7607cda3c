"""Where things stand in a course: the folder that holds ``solutions/`` or ``assignments/``."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from autograder.model import AutograderError


@dataclass(frozen=True)
class Course:
    """A course folder. The paths are not promised to exist."""

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
        """The folder of an assignment's solution.

        Raises:
            AutograderError: there is none of that name.
        """
        known = self.assignments()
        if name in known:
            return self.solutions / name
        close = get_close_matches(name, known, n=1)
        meant = f" Did you mean {close[0]!r}?" if close else ""
        raise AutograderError(
            f"There is no assignment {name!r} in {self.solutions}.{meant} "
            f"It holds: {', '.join(known) or 'nothing'}."
        )

    def source(self, name: str) -> Path:
        """The folder that nbgrader knows as the assignment's source."""
        return self.root / "source" / name

    def release(self, name: str) -> Path:
        """The folder of an assignment as students get it."""
        return self.releases / name


def find_course(start: Path) -> Course:
    """The course that ``start`` is in: the nearest folder upwards with a ``solutions/`` folder.

    Raises:
        AutograderError: there is none.
    """
    start = start.resolve()
    for folder in (start, *start.parents):
        if (folder / "solutions").is_dir():
            return Course(folder)
    raise AutograderError(
        f"{start} is not in a course: neither it nor a folder above it has a solutions/ folder. "
        "Go to the course's folder, or name it with --course."
    )
