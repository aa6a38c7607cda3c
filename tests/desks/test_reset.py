"""The stub comes back to the byte, what was written is kept, and nothing odd is touched."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from student_work import write

from autograder.desks.reset import reset
from autograder.desks.stubs import STUBS
from autograder.model import AutograderError

MINE = "def walk(start, rate, gradients):\n    return start  # \N{SNOWMAN}\n"


def test_the_notebook_is_as_released_again_and_the_code_is_kept(notebook: Path) -> None:
    released = json.loads(notebook.read_text())
    for number in (1, 2):
        write(notebook, "walk", MINE)
        (done,) = reset(notebook, notebook.parent, ["walk"])
        assert done.backup == notebook.with_name(f"downhill-walk-before-reset-{number}.txt")
        assert done.backup.read_text(encoding="utf-8") == MINE
        now = json.loads(notebook.read_text())
        assert [normal(c) for c in now["cells"]] == [normal(c) for c in released["cells"]]


def normal(cell: dict[str, object]) -> dict[str, object]:
    source = cell["source"]
    return cell | {"source": "".join(source) if isinstance(source, list) else source}


def test_all_exercises_are_reset_if_none_is_named(notebook: Path) -> None:
    write(notebook, "walk", MINE)
    done = reset(notebook, notebook.parent, [])
    assert {each.exercise: each.backup is not None for each in done} == {
        "walk": True,
        "average": False,
    }


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
@pytest.mark.parametrize("answer", ["n", "y"])
def test_in_a_terminal_it_asks_before_all_are_reset(answer: str, notebook: Path) -> None:
    import pty

    write(notebook, "walk", MINE)
    before = notebook.read_bytes()
    ours, theirs = pty.openpty()
    os.write(ours, f"{answer}\n".encode())
    command = [sys.executable, "-m", "autograder", "reset", str(notebook)]
    done = subprocess.run(command, stdin=theirs, capture_output=True, text=True, timeout=60)
    os.close(ours)
    os.close(theirs)
    assert "Reset every exercise of downhill.ipynb?" in done.stdout
    assert (notebook.read_bytes() == before) == (answer == "n")
    assert ("walk: reset." in done.stdout) == (answer == "y")
    assert done.returncode == (1 if answer == "n" else 0)


def test_without_stubs_a_fresh_copy_serves(notebook: Path, tmp_path: Path) -> None:
    fresh = Path(shutil.copytree(notebook.parent, tmp_path / "fresh"))
    for folder in (notebook.parent, fresh):
        (folder / STUBS).unlink()
    write(notebook, "walk", MINE)
    before = notebook.read_bytes()
    with pytest.raises(AutograderError, match=r"has no stub of walk .*--from FOLDER"):
        reset(notebook, notebook.parent, ["walk"])
    assert notebook.read_bytes() == before
    (done,) = reset(notebook, notebook.parent, ["walk"], fresh)
    assert done.backup


@pytest.mark.parametrize("odd", ["cell twice", "no cell", "other version", "half saved", "link"])
def test_what_is_odd_is_refused_and_left_alone(odd: str, notebook: Path, tmp_path: Path) -> None:
    write(notebook, "walk", MINE)
    raw = json.loads(notebook.read_text())
    own = next(c for c in raw["cells"] if "".join(c["source"]) == MINE)
    if odd == "cell twice":
        raw["cells"].append(own)
    elif odd == "no cell":
        raw["cells"].remove(own)
    elif odd == "other version":
        own["metadata"]["nbgrader"]["checksum"] = "0" * 32
    text = json.dumps(raw)
    notebook.write_text(text[:-20] if odd == "half saved" else text)
    if odd == "link":
        notebook.rename(tmp_path / "elsewhere.ipynb")
        notebook.symlink_to(tmp_path / "elsewhere.ipynb")
    before, files = notebook.read_bytes(), sorted(notebook.parent.iterdir())
    with pytest.raises(AutograderError):
        reset(notebook, notebook.parent, ["walk"])
    assert (notebook.read_bytes(), sorted(notebook.parent.iterdir())) == (before, files)
    assert notebook.is_symlink() == (odd == "link")
