"""A file is replaced whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.atomic import atomic_replacement, atomic_write


def test_a_file_is_written_and_replaced(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    atomic_write(path, "old")
    path.chmod(0o444)  # as nbgrader leaves its files
    atomic_write(path, "new: é \ud800")
    assert path.read_text(encoding="utf-8") == "new: é ?"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, error: BaseException
) -> None:
    path = tmp_path / "page.html"
    atomic_write(path, "old")

    def fail() -> None:
        with atomic_replacement(path) as replacement:
            replacement.write_text("half of the n")
            assert path.read_text() == "old"
            raise error

    with pytest.raises(type(error)):
        fail()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_what_a_killed_process_left_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    with pytest.raises(KeyboardInterrupt), atomic_replacement(path) as replacement:
        raise KeyboardInterrupt
    replacement.write_text("left by a kill")
    replacement.chmod(0o444)
    atomic_write(path, "new")
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_a_missing_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        atomic_write(tmp_path / "missing" / "page.html", "new")
