"""What is said of a file that cannot be read where a student works on it."""

from __future__ import annotations

from pathlib import Path

from autograder.desks.own_file import read_own_file


def test_nobody_is_told_to_submit_a_file_that_they_check(notebook: Path) -> None:
    half = notebook.read_text(encoding="utf-8")[:200]
    notebook.write_text(half, encoding="utf-8")
    broken = read_own_file(notebook, {})
    assert "is not a valid notebook" in broken.unreadable
    assert broken.unreadable.endswith("Save it in Jupyter.")
    assert broken.remarks == (broken.unreadable,)
    notebook.unlink()
    assert read_own_file(notebook, {}).unreadable == f"{notebook.name} is gone. Save it again."
