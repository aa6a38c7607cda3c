"""Every assignment in solutions/, proven by ``verify``; its release, opened as a student would."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from autograder.sources.assignment import read_assignment
from autograder.sources.views import solution_lines

ROOT = Path(__file__).parents[1]
ASSIGNMENTS = sorted(path.name for path in (ROOT / "solutions").iterdir() if path.is_dir())

pytestmark = pytest.mark.slow


def autograder(*words: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("autograder")
    return subprocess.run([program, *words], cwd=cwd, capture_output=True, text=True, timeout=900)


@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_verify_proves_the_assignment(name: str) -> None:
    done = autograder("verify", name, "--seeds", "3")
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]


def test_every_release_is_fresh() -> None:
    done = autograder("build", "--check")
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_a_release_holds_no_line_of_the_reference(name: str) -> None:
    answers = solution_lines(read_assignment(ROOT / "solutions" / name))
    assert len(answers) > 10
    for path in (ROOT / "assignments" / name).iterdir():
        content = path.read_bytes()
        assert b"site-packages" not in content
        assert b"zygote.py" not in content
        for line in answers:
            assert json.dumps(line)[1:-1].encode() not in content, (path.name, line)


def executed(notebook: Any, folder: Path) -> Any:
    client = NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(folder)}})
    client.execute()
    return notebook


def outputs(notebook: Any) -> list[Any]:
    return [output for cell in notebook.cells for output in cell.get("outputs", [])]


@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_the_untouched_notebook_runs_from_top_to_bottom(name: str) -> None:
    folder = ROOT / "assignments" / name
    notebook = executed(nbformat.read(folder / f"{name}.ipynb", 4), folder)
    assert not [o for o in outputs(notebook) if o.output_type == "error"]
    assert not [o for o in outputs(notebook) if o.get("name") == "stderr"]
    shown = [o for o in outputs(notebook) if "text/html" in o.get("data", {})]
    assert all("not written yet" in o.data["text/html"] for o in shown)


@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_the_finished_notebook_earns_every_point_in_its_own_cells(name: str) -> None:
    folder = ROOT / "assignments" / name
    assignment = read_assignment(ROOT / "solutions" / name)
    notebook = nbformat.read(folder / f"{name}.ipynb", 4)
    for cell in notebook.cells:
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
        cell.source = assignment.cells.get(grade_id, cell.source)
    executed(notebook, folder)
    assert not [o for o in outputs(notebook) if o.get("name") == "stderr"]
    for exercise in assignment.check_set.exercises:
        cell = next(
            c
            for c in notebook.cells
            if c.metadata.get("nbgrader", {}).get("grade_id") == f"check-{exercise.name}"
        )
        total = sum(check.points for check in assignment.check_set.of(exercise.name))
        assert f"{total:g} of {total:g} points" in cell.outputs[0].data["text/plain"]


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """A copy of the optimizers release, as on a student's laptop: away from the course."""
    folder = tmp_path / "optimizers"
    folder.mkdir()
    for path in (ROOT / "assignments" / "optimizers").iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    return folder


def test_check_of_an_untouched_folder_fails_with_what_to_write(release: Path) -> None:
    done = autograder("check", str(release), "--only", "Momentum")
    assert done.returncode == 1
    assert "Momentum: 0 of" in done.stdout
    assert "create one velocity for each variable" in done.stdout
    assert done.stderr == ""


def test_check_of_a_right_module_passes_and_writes_json(release: Path, tmp_path: Path) -> None:
    variant = ROOT / "solutions" / "optimizers" / "variants" / "keras_ops_only.py"
    (release / "mine.py").write_bytes(variant.read_bytes())
    written = tmp_path / "mine.json"
    done = autograder("check", str(release / "mine.py"), "--json", str(written))
    assert done.returncode == 0, done.stdout
    (student,) = json.loads(written.read_text())["students"]
    assert student["student"] == "mine"
    assert all(e["score"] == e["max_score"] for e in student["exercises"])


def test_check_names_a_mistake_with_its_hint(release: Path) -> None:
    assignment = read_assignment(ROOT / "solutions" / "optimizers")
    mistake = assignment.of("Adam")[0]
    cell = assignment.cells["Adam"].replace(mistake.find, mistake.replace)
    (release / "mine.py").write_text(f"import keras\nfrom keras import ops\n\n{cell}")
    done = autograder("check", str(release / "mine.py"), "--only", "Adam")
    assert done.returncode == 1
    said = " ".join(done.stdout.split())
    assert mistake.hint in said
    assert mistake.name.replace("_", " ") in said
    # The README shows this very mistake: its numbers are those of the public inputs.
    shown = [line for line in (ROOT / "README.md").read_text().splitlines() if "expected" in line]
    numbers = [line.strip() for line in shown if line.strip().startswith("after update")]
    assert len(numbers) == 2
    assert all(line in done.stdout for line in numbers)
