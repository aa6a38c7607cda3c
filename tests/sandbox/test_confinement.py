"""What a child can still read."""

from __future__ import annotations

from pathlib import Path

from autograder.sandbox import confinement


def test_only_code_of_the_repository_is_readable() -> None:
    repository = Path(__file__).parents[2]
    readable = [path.resolve() for path in confinement.readable_paths()]
    for private in ("solutions", "tests", "assignments", ".git", "README.md"):
        assert not any((repository / private).is_relative_to(path) for path in readable)
    assert Path.home() not in readable
    assert Path("/") not in readable
