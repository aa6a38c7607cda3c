"""`autograder preview` writes what `build` would, computes nothing, and opens it if asked."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import nbformat
import pytest
from editing import change, downhill
from typer.testing import CliRunner, Result

from autograder.cli import app
from autograder.desks.release import build
from autograder.grading.oracle import Oracle
from autograder.grading.stored import FILE, read_release
from autograder.sources.assignment import Assignment

ROOT = Path(__file__).parents[2]
PROGRAM = Path(sys.executable).with_name("autograder")


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which temporary folders are made."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder


def preview(course: Path, *words: str) -> Result:
    return CliRunner().invoke(app, ["preview", *words, "--course", str(course)])


def test_it_is_the_release_without_the_arrays(
    course: Path, assignment: Assignment, oracle: Oracle, tmp_path: Path
) -> None:
    shown, released = tmp_path / "shown", tmp_path / "released"
    done = preview(course, "downhill", "--no-open", "--into", str(shown))
    assert done.exit_code == 0, done.output
    assert f"Preview: {shown / 'downhill.ipynb'}\n" in done.output
    build(assignment, released, lambda: oracle)
    names = {path.name for path in released.iterdir()} - {FILE}
    assert {path.name for path in shown.iterdir()} == names
    for name in names:
        assert (shown / name).read_bytes() == (released / name).read_bytes()
    stub = nbformat.read(shown / "downhill.ipynb", as_version=4)
    assert any("NotImplementedError" in cell.source for cell in stub.cells)
    assert not (course / "assignments").exists()


def test_modules_of_shared_come_with_it(course: Path, tmp_path: Path) -> None:
    shared = course / "solutions" / "_shared"
    shared.mkdir()
    (shared / "hills.py").write_text("HEIGHT = 3.0\n")
    (shared / "unused.py").write_text("DEPTH = 3.0\n")
    checks = downhill(course) / "checks.py"
    checks.write_text(f"from _shared.hills import HEIGHT\n{checks.read_text()}")
    done = preview(course, "downhill", "--no-open", "--into", str(tmp_path / "shown"))
    assert done.exit_code == 0, done.output
    modules = [path.name for path in (tmp_path / "shown" / "_shared").iterdir()]
    assert modules == ["hills.py"]


def test_check_cells_work_if_the_released_arrays_are_up_to_date(
    course: Path, assignment: Assignment, oracle: Oracle, tmp_path: Path
) -> None:
    build(assignment, course / "assignments" / "downhill", lambda: oracle)
    done = preview(course, "downhill", "--no-open", "--into", str(tmp_path / "fresh"))
    assert "check cells" not in done.output
    check_set, _ = read_release(tmp_path / "fresh")
    assert [exercise.name for exercise in check_set.exercises] == ["walk", "average"]

    change(downhill(course) / "downhill.py", "place - rate * gradient", "place - gradient * rate")
    change(downhill(course) / "misconceptions.toml", '"place - rate"', '"place - gradient"')
    change(downhill(course) / "misconceptions.toml", '"place = place - rate"', '"place = place -"')
    done = preview(course, "downhill", "--no-open", "--into", str(tmp_path / "stale"))
    assert done.exit_code == 0, done.output
    assert "`autograder build downhill` computes them" in done.output
    assert not (tmp_path / "stale" / FILE).exists()


def test_a_temporary_folder_that_was_not_opened_stays(course: Path, temporary: Path) -> None:
    done = preview(course, "downhill", "--no-open")
    (folder,) = temporary.iterdir()
    assert folder.name.startswith("autograder-preview-downhill-")
    assert f"Preview: {folder / 'downhill.ipynb'}\n" in done.output
    assert (folder / "checks.py").is_file()


@pytest.mark.parametrize("broken", ["checks.py", "downhill.py", "misconceptions.toml"])
def test_a_broken_assignment_leaves_no_folder_behind(
    broken: str, course: Path, temporary: Path
) -> None:
    (downhill(course) / broken).unlink()
    done = subprocess.run(
        [PROGRAM, "preview", "downhill", "--course", course], capture_output=True, text=True
    )
    assert done.returncode == 2
    assert broken in done.stderr
    assert list(temporary.iterdir()) == []


def test_a_folder_with_files_in_it_is_refused(course: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "downhill.ipynb").write_text("work")
    done = preview(course, "downhill", "--no-open", "--into", str(tmp_path / "mine"))
    assert done.exit_code == 1
    assert "is not empty. Choose a new or empty folder with --into." in str(done.exception)
    assert (tmp_path / "mine" / "downhill.ipynb").read_text() == "work"


@pytest.mark.slow
@pytest.mark.skipif(find_spec("jupyterlab") is None, reason="JupyterLab is not installed")
def test_the_preview_stays_if_jupyterlab_cannot_start(
    course: Path, tmp_path: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "jupyter_server_config.json").write_text('{"ServerApp": {"port": "no number"}}')
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path))
    command = [str(PROGRAM), "preview", "downhill", "--course", str(course)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "JupyterLab ended with status 1; the preview stays where it is." in done.stdout
    (folder,) = temporary.glob("autograder-preview-*")
    assert (folder / "downhill.ipynb").is_file()


@pytest.fixture
def lab(course: Path, tmp_path: Path, temporary: Path) -> Iterator[subprocess.Popen[str]]:
    """The command, which has started a JupyterLab without a browser."""
    settings = {"allow_root": True, "open_browser": False, "port": 0, "answer_yes": True}
    config = tmp_path / "jupyter"
    config.mkdir()
    (config / "jupyter_server_config.json").write_text(json.dumps({"ServerApp": settings}))
    places = {
        "JUPYTER_CONFIG_DIR": config,
        "JUPYTER_RUNTIME_DIR": config / "runtime",
        "JUPYTER_DATA_DIR": config / "data",
        "JUPYTERLAB_WORKSPACES_DIR": config / "workspaces",
    }
    with subprocess.Popen(
        [PROGRAM, "preview", "downhill", "--course", course],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, **{name: str(place) for name, place in places.items()}},
        start_new_session=True,  # so that the test can press Ctrl-C, which all of it gets
    ) as command:
        yield command
        if command.poll() is None:
            os.killpg(command.pid, signal.SIGKILL)


@pytest.mark.slow
@pytest.mark.skipif(find_spec("jupyterlab") is None, reason="JupyterLab is not installed")
def test_jupyterlab_opens_the_notebook_and_the_folder_is_removed_with_it(
    lab: subprocess.Popen[str], temporary: Path
) -> None:
    assert lab.stdout
    said = []
    for line in lab.stdout:
        said.append(line)
        if "Use Control-C to stop this server" in line:
            break
    else:
        raise AssertionError("".join(said))
    assert said[0].startswith(f"Preview: {temporary}")
    folder = Path(said[0].removeprefix("Preview: ").strip()).parent
    assert (folder / "downhill.ipynb").is_file()
    assert f"Serving notebooks from local directory: {folder}" in "".join(said)
    os.killpg(lab.pid, signal.SIGINT)
    rest = lab.communicate(timeout=60)[0]
    assert lab.returncode == 0, rest
    assert "Removed the preview. --into FOLDER keeps it." in rest
    assert not folder.exists()
