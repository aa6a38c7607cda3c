"""Every assignment in solutions/: its release, used as students do, and graded."""

import csv
import html
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from autograder.sources.answers import places, squash
from autograder.sources.assignment import read_assignment
from autograder.sources.course import Course
from autograder.sources.probes import shared_modules
from autograder.sources.views import solution_lines

ROOT = Path(__file__).parents[2]
ASSIGNMENTS = Course(ROOT).assignments()

pytestmark = pytest.mark.slow


def autograder(
    *words: str, cwd: Path = ROOT, seconds: float = 300
) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("autograder")
    return subprocess.run(
        [program, *words], cwd=cwd, capture_output=True, text=True, timeout=seconds
    )


def test_every_release_is_up_to_date() -> None:
    done = autograder("build", "--check")
    assert done.returncode == 0, done.stdout


def test_the_stored_numbers_of_all_releases_stay_light() -> None:
    sizes = [path.stat().st_size for path in (ROOT / "assignments").glob("*/*.safetensors")]
    assert len(sizes) == len(ASSIGNMENTS)
    assert sum(sizes) < 4_000_000


def lines_of_hidden_checks(folder: Path) -> set[str]:
    """Lines that appear in hidden files and in no public one: claims, names, inputs."""
    released = [folder / "checks.py", folder / "probes.py", *shared_modules(folder)]
    public = "".join(path.read_text() for path in released)
    hidden = [folder / "hidden_checks.py", folder / "hidden_probes.py"]
    lines = {line.strip() for path in hidden if path.exists() for line in path.open()}
    return {line for line in lines if len(line) > 20 and line not in public}


@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_a_release_contains_no_line_of_the_reference_or_of_a_hidden_check(name: str) -> None:
    answers = solution_lines(read_assignment(ROOT / "solutions" / name))
    hidden = lines_of_hidden_checks(ROOT / "solutions" / name)
    assert len(answers) > 10
    assert len(hidden) > 5
    for path in (ROOT / "assignments" / name).rglob("*.*"):
        content = path.read_bytes()
        assert b"site-packages" not in content
        assert b"zygote.py" not in content
        for line in answers | hidden:
            assert json.dumps(line)[1:-1].encode() not in content, (path.name, line)


@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_what_students_read_reveals_no_answer(name: str) -> None:
    answers = {
        squash(line): line for line in solution_lines(read_assignment(ROOT / "solutions" / name))
    }
    documents = [ROOT / "README.md", ROOT / "assignments" / "README.md"]
    documents += [ROOT / "docs" / page for page in ("students.md", "conventions.md")]
    documents += (ROOT / "docs").rglob("*.svg")
    for path in documents:
        assert list(places(path.read_text(encoding="utf-8"), answers)) == [], path.name


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
    stubs = ("not written yet", "not made yet")  # of exercises, and of predictions
    assert all(any(stub in o.data["text/html"].lower() for stub in stubs) for o in shown)


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The course, away from the repository, with nothing submitted yet."""
    folder = tmp_path_factory.mktemp("course")
    for part in ("solutions", "assignments"):
        shutil.copytree(ROOT / part, folder / part)
    shutil.copy(ROOT / "nbgrader_config.py", folder)
    return folder


@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_a_finished_notebook_earns_every_point_from_kernel_to_csv(course: Path, name: str) -> None:
    """Filled in, run as a student would, submitted, graded, and read from the gradebook's CSV."""
    assignment = read_assignment(course / "solutions" / name)
    exercises = assignment.check_set.exercises
    released = course / "assignments" / name
    notebook = nbformat.read(released / f"{name}.ipynb", 4)
    cells = {cell.metadata.get("nbgrader", {}).get("grade_id"): cell for cell in notebook.cells}
    for exercise in exercises:
        cells[exercise.name].source = assignment.cells[exercise.name]
    predictions = assignment.check_set.predictions
    for asked in predictions:
        cells[asked.grade_id].source = asked.stub.replace('"?"', '"b"')
    executed(notebook, released)
    assert not [o for o in outputs(notebook) if o.get("name") == "stderr"]
    assert not [o for o in outputs(notebook) if o.output_type == "error"]
    for exercise in exercises:
        public = [c for c in assignment.check_set.of(exercise.name) if not c.hidden]
        total = sum(check.points for check in public)
        shown = cells[f"check-{exercise.name}"].outputs[0].data["text/plain"]
        assert f"{total:g} of {total:g} points" in shown

    assert "failed" not in cells["check-predictions"].outputs[0].data["text/plain"]

    submitted = course / "submitted" / "ada" / name
    submitted.mkdir(parents=True)
    nbformat.write(notebook, submitted / f"{name}.ipynb")
    done = autograder("grade", name, cwd=course)
    assert done.returncode == 0, done.stdout + done.stderr

    feedback = (course / "feedback" / "ada" / name / f"{name}.html").read_text()
    told = html.unescape(re.sub("</?code>", "", feedback))
    for check in assignment.check_set.checks:
        assert (check.claim.replace("`", "") in told) != check.hidden
    points = sum(check.points for check in assignment.check_set.checks) + 0.5 * len(predictions)
    with (course / "grades.csv").open() as file:
        (row,) = [row for row in csv.DictReader(file) if row["assignment"] == name]
    assert float(row["score"]) == points


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """A copy of the optimizers release, as on a student's laptop: away from the course."""
    folder = tmp_path / "optimizers"
    shutil.copytree(ROOT / "assignments" / "optimizers", folder)
    return folder


def test_check_of_an_untouched_folder_says_that_it_is_not_written(release: Path) -> None:
    done = autograder("check", str(release), "--only", "Momentum")
    assert done.returncode == 1
    assert "Momentum: not written yet (cell " in done.stdout
    assert done.stderr == ""


def test_check_of_a_right_module_passes_and_writes_json(release: Path, tmp_path: Path) -> None:
    variant = ROOT / "solutions" / "optimizers" / "variants" / "keras_ops_only.py"
    predictions = read_assignment(ROOT / "solutions" / "optimizers").check_set.predictions
    made = "\n".join(f'{asked.variable} = "a"' for asked in predictions)
    (release / "mine.py").write_text(f"{variant.read_text()}\n{made}\n")
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
    # A picture in the students' guide and the README shows this very mistake, with the numbers of
    # the public inputs.
    picture = html.unescape((ROOT / "docs" / "pictures" / "check.svg").read_text(encoding="utf-8"))
    lines = re.sub("<[^>]*>", "\n", picture).replace("\xa0", " ").splitlines()
    shown = [
        line.strip() for line in lines if line.strip().startswith(("After update", "After epo"))
    ]
    assert len(shown) > 1
    assert [line for line in shown if line not in said] == []
