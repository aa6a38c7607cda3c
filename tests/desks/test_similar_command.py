"""`autograder similar` compares a class and writes a page that is safe to open."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest
from class_results import check, content
from disguise import disguised
from typer.testing import CliRunner

from autograder.cli import app
from autograder.desks.similar import find_similar
from autograder.gradebook.release import release_notebook
from autograder.sources.assignment import read_assignment
from autograder.sources.course import Course

ROOT = Path(__file__).parents[2]

ORIGINAL = '''
import numpy as np

# <script>alert(1)</script>
def walk(start, rate, gradients):
    """All places."""
    distance = rate * np.cumsum(np.asarray(gradients, dtype="float64"), axis=0)
    label = "<img src=x onerror=alert(2)>"
    shifted = np.subtract(np.full_like(distance, start), distance, where=True)
    if not np.isfinite(shifted).all() or shifted.ndim < 1:
        raise ValueError(f"{label}: {shifted.shape}, {shifted.dtype}, {shifted.size}")
    return np.stack([np.squeeze(each) for each in shifted], axis=0).reshape(shifted.shape)
'''

OTHERS = (
    "def walk(s, r, gradients):\n    return [s := s - r * g for g in gradients]\n",
    "import numpy as np\ndef walk(s, r, g):\n    return s - r * np.cumsum(g)\n",
    "def walk(a, b, c):\n    out = []\n    while c:\n        a -= b * c.pop(0)\n"
    "        out.append(a)\n    return out\n",
    "def walk(a, b, c): this is broken)\n",
)


@pytest.fixture
def submitted(course: Path) -> Path:
    for student, text in [
        ("<b>ada", ORIGINAL),
        ("bob", disguised(ORIGINAL)),
        *((f"s{number}", text) for number, text in enumerate(OTHERS)),
    ]:
        folder = course / "submitted" / student / "downhill"
        folder.mkdir(parents=True)
        (folder / "downhill.py").write_text(text)
    return course


def test_the_copy_is_shown_and_nothing_is_run_or_unescaped(submitted: Path) -> None:
    done = CliRunner().invoke(app, ["similar", "downhill", "--course", str(submitted)])
    assert done.exit_code == 0, done.output
    assert "1 pair is worth a look, of 5 students." in done.output
    assert "bob" in done.output
    page = (submitted / "reports" / "downhill-similar.html").read_text()
    assert "<script" not in page
    assert "<img" not in page
    assert "<b>ada" not in page
    assert "&lt;img src=x onerror=alert(2)&gt;" in page
    assert "<mark>" in page
    assert "This page cannot tell" in page
    found = json.loads((submitted / "reports" / "downhill-similar.json").read_text())
    (pair,) = found["pairs"]
    assert set(pair["students"]) == {"<b>ada", "bob"}
    assert pair["share"] > 0.9


def test_what_is_left_of_a_stub_is_no_similarity(tmp_path: Path) -> None:
    release = release_notebook(read_assignment(ROOT / "solutions" / "optimizers"))
    for student in ("ada", "bob"):
        folder = tmp_path / "submitted" / student / "optimizers"
        folder.mkdir(parents=True)
        nbformat.write(release, folder / "optimizers.ipynb")
    found = find_similar(
        Course(ROOT),
        "optimizers",
        submissions=tmp_path / "submitted",
        output=tmp_path / "similar.html",
    )
    assert (found.students, found.pairs) == (2, ())


def test_a_class_of_one_is_refused(course: Path) -> None:
    folder = course / "submitted" / "ada" / "downhill"
    folder.mkdir(parents=True)
    (folder / "downhill.py").write_text(ORIGINAL)
    done = CliRunner().invoke(app, ["similar", "downhill", "--course", str(course)])
    assert "There is nothing to compare: 1 of the submissions" in str(done.exception)


def test_the_report_lists_the_pairs(submitted: Path) -> None:
    checks = [{**check(0), "name": "takes_every_step"}]
    students = [
        {
            "student": student,
            "score": 3.0,
            "max_score": 3.0,
            "exercises": [
                {"name": "walk", "bonus": False, "score": 3.0, "max_score": 3.0, "checks": checks}
            ],
        }
        for student in ("<b>ada", "bob", "s0")
    ]
    (submitted / "results").mkdir()
    results = submitted / "results" / "downhill.json"
    results.write_text(json.dumps(content(students, "downhill")))
    course = ["downhill", "--course", str(submitted)]
    for command in ("similar", "report"):
        done = CliRunner().invoke(app, [command, *course])
        assert done.exit_code == 0, done.output
    page = (submitted / "reports" / "downhill.html").read_text()
    assert "Similar submissions" in page
    assert "&lt;b&gt;ada and bob share rare code." in page
    (submitted / "reports" / "downhill-similar.json").write_text("[")
    assert CliRunner().invoke(app, ["report", *course]).exit_code == 0
    assert "share rare code" not in (submitted / "reports" / "downhill.html").read_text()
