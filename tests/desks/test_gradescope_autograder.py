"""The zip for Gradescope, in Gradescope's layout, on a real submission."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import pytest
from typer.testing import CliRunner

from autograder.cli import app
from autograder.desks import gradescope_run
from autograder.desks.gradescope_run import Submitted, read_metadata
from autograder.grading.seeds import Seeds, seed_of_attempt
from autograder.model import AutograderError

METADATA = {
    "id": 123456,
    "created_at": "2018-07-01T14:22:32.365935-07:00",
    "assignment": {"id": 25828, "title": "Downhill", "total_points": "4.5"},
    "submission_method": "upload",
    "users": [{"email": "ada@uni.example", "id": 1234, "name": "Ada"}],
    "previous_submissions": [
        {"submission_time": "2017-04-06T14:24:48.087023-07:00", "score": 0.0, "results": {}}
    ],
}

SUBMISSION = """
import numpy as np

def walk(start, rate, gradients):
    places = []
    for gradient in gradients:
        start = start + rate * gradient
        places.append(start)
    return np.array(places)

def average(numbers):
    for path in {paths!r}:
        try:
            content = open(path).read()
        except OSError as error:
            print(error)
        else:
            raise SystemExit("read " + path)
    return np.sum(numbers) / len(numbers)
"""


@pytest.fixture
def autograder(course: Path, tmp_path: Path) -> Path:
    """What Gradescope makes of the zip: the folder /autograder, elsewhere."""
    (course / "solutions" / "downhill" / "variants").mkdir()
    (course / "solutions" / "downhill" / "variants" / "other.py").write_text("def walk(): pass")
    words = ["export", "downhill", "--format", "gradescope-autograder", "--course", str(course)]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    assert "give it to no one" in " ".join(done.output.split())
    root = tmp_path / "autograder"
    path = course / "exports" / "downhill-gradescope-autograder.zip"
    with zipfile.ZipFile(path) as archive:
        for entry in archive.infolist():
            target = Path(archive.extract(entry, root / "source"))
            target.chmod(entry.external_attr >> 16)
    (root / "results").mkdir()
    (root / "submission").mkdir()
    (root / "submission_metadata.json").write_text(json.dumps(METADATA))
    return root


def run(root: Path) -> subprocess.CompletedProcess[str]:
    where = {"AUTOGRADER_ROOT": str(root), "AUTOGRADER_PYTHON": sys.executable}
    return subprocess.run(
        [root / "source" / "run_autograder"],
        env={**os.environ, **where},
        cwd=root,
        capture_output=True,
        text=True,
        timeout=240,
    )


def test_the_zip_is_in_gradescopes_layout(autograder: Path, course: Path) -> None:
    source = autograder / "source"
    found = {path.relative_to(source).as_posix() for path in source.rglob("*") if path.is_file()}
    (wheel,) = (name for name in found if name.endswith(".whl"))
    assert found == {
        "setup.sh",
        "run_autograder",
        "settings.json",
        "constraints.txt",
        wheel,
        *(f"course/solutions/downhill/{name}" for name in
          ("downhill.py", "checks.py", "probes.py", "misconceptions.toml")),
    }  # fmt: skip
    for program in ("setup.sh", "run_autograder"):
        assert os.access(source / program, os.X_OK)
        subprocess.run(["bash", "-n", source / program], check=True)
    assert "@PYTHON@" not in (source / "setup.sh").read_text()
    assert '"${engine[0]}[instructor]"' in (source / "setup.sh").read_text()  # nbgrader, too
    settings = json.loads((source / "settings.json").read_text())
    assert settings["seed"] == str(Seeds(course).kept("downhill"))
    assert settings["confined"] is True
    assert settings["seed_per_student"] is False


def test_the_engine_in_it_is_a_valid_wheel(autograder: Path) -> None:
    (path,) = (autograder / "source" / "engine").glob("*.whl")
    with zipfile.ZipFile(BytesIO(path.read_bytes())) as wheel:
        names = wheel.namelist()
        (record,) = (name for name in names if name.endswith("RECORD"))
        rows = [line.rsplit(",", 2) for line in wheel.read(record).decode().splitlines()]
        assert [row[0] for row in rows] == names
        for name, digest, size in rows[:-1]:
            content = wheel.read(name)
            sha = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
            assert (digest, int(size)) == (f"sha256={sha}", len(content))
    assert "autograder/reports/templates/verdicts.html.j2" in names
    assert "autograder/desks/gradescope/run_autograder" in names
    assert all(name.startswith(("autograder/", "keras_training_autograder-")) for name in names)


@pytest.mark.slow
def test_a_submission_is_graded_and_reads_nothing(autograder: Path, course: Path) -> None:
    paths = [
        "source/settings.json",
        "source/course/solutions/downhill/downhill.py",
        "source/run_autograder",
        "submission/downhill.py",
        "submission_metadata.json",
    ]
    text = SUBMISSION.format(paths=[str(autograder / path) for path in paths])
    (autograder / "submission" / "downhill.py").write_text(text)
    done = run(autograder)
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads((autograder / "results" / "results.json").read_text())
    tests = {test["name"]: test for test in found["tests"]}
    right = tests["average (bonus): The sum is divided by how many numbers there are."]
    assert (right["score"], right["max_score"], right["status"]) == (1.5, 0.0, "passed")
    wrong = tests["walk: Every step goes downhill by rate times the gradient."]
    assert (wrong["score"], wrong["max_score"], wrong["status"]) == (0.0, 2.0, "failed")
    assert "Hint: You walk up: subtract." in wrong["output"]
    assert found["score"] == sum(test["score"] for test in found["tests"]) == 1.5
    assert "seccomp" in found["output"]
    assert found["extra_data"]["student"] == "ada@uni.example"
    seed = Seeds(course).kept("downhill")
    assert seed is not None
    assert f"seed {seed_of_attempt(seed, 2)}" in done.stdout


def test_where_nothing_confines_it_depends_on_the_instructor(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tried = []

    @contextmanager
    def sandbox(*, confined: bool = True, secrets: Sequence[Path] = ()) -> Iterator[str]:
        tried.append((confined, list(secrets)))
        if confined:
            raise AutograderError("no Landlock")
        yield "none"

    monkeypatch.setattr(gradescope_run, "probing_sandbox", sandbox)
    secrets = [Path("/autograder/source")]
    with pytest.raises(AutograderError), gradescope_run._sandbox(secrets, required=True):
        pass
    assert tried == [(True, secrets)]
    with gradescope_run._sandbox(secrets, required=False) as found:
        assert str(found) == "none"
    assert tried[1:] == [(True, secrets), (False, [])]


def test_a_broken_zip_says_so_and_scores_nothing(autograder: Path) -> None:
    (autograder / "source" / "settings.json").write_text("{}")
    done = run(autograder)
    assert done.returncode == 1
    assert "Make the zip again" in done.stdout
    assert "Traceback" not in done.stderr
    assert not (autograder / "results" / "results.json").exists()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"users": 3}', '{"users": [{}]}', "\xff"])
def test_metadata_of_any_kind_is_a_first_submission(text: str, tmp_path: Path) -> None:
    path = tmp_path / "submission_metadata.json"
    path.write_text(text, encoding="latin-1")
    assert read_metadata(path) == Submitted()
