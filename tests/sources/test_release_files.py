"""Data files travel with a release, and what does not travel is missed before students miss it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from editing import change, downhill

from autograder.desks.release import build, write_source
from autograder.grading.oracle import Oracle
from autograder.grading.stored import read_release
from autograder.model import AutograderError
from autograder.sources import release_files
from autograder.sources.assignment import read_assignment
from autograder.sources.checks import read_checks
from autograder.sources.examine import examine
from autograder.sources.faults import Fault
from autograder.sources.inputs import draw_inputs

FROM_A_FILE = """
def from_a_file(rng):
    return {"numbers": np.loadtxt(Path(__file__).parent / "data" / "points.csv")}
"""


def use(course: Path, name: str, *, at: str = "data") -> Path:
    """Let the checks and the notebook of the course read a file ``points.csv``."""
    folder = downhill(course)
    (folder / at).mkdir(exist_ok=True)
    (folder / at / "points.csv").write_text("1.5\n2.5\n4.0\n")
    drawn = FROM_A_FILE if at == "data" else FROM_A_FILE.replace(' / "data"', "")
    change(
        folder / "checks.py",
        "\ndef numbers(rng)",
        f"\nfrom pathlib import Path\n\nimport numpy as np\n\n{drawn}\n\ndef numbers(rng)",
    )
    change(folder / "checks.py", "inputs=numbers", "inputs=from_a_file")
    change(folder / "downhill.py", "import numpy as np\n", f"import numpy as np\nFILE = {name!r}\n")
    return folder


def faults(folder: Path) -> tuple[Fault, ...]:
    return examine(read_assignment(folder))


def test_data_files_travel_with_the_release(course: Path, oracle: Oracle, tmp_path: Path) -> None:
    folder = use(course, "data/points.csv")
    (folder / "data" / ".DS_Store").write_text("of a Mac")
    assert faults(folder) == ()
    release, source = tmp_path / "release", tmp_path / "source"
    assert "data/points.csv" in build(read_assignment(folder), release, lambda: oracle)
    write_source(read_assignment(folder), release, source)
    shutil.rmtree(folder)  # a student has nothing but the release
    for copy in (release, source):
        assert [path.name for path in (copy / "data").iterdir()] == ["points.csv"]
        (check,) = [c for c in read_checks(copy).checks if c.exercise == "average"]
        assert draw_inputs(check, 0)["numbers"].tolist() == [1.5, 2.5, 4.0]


def test_a_release_reads_its_own_data_and_nothing_that_a_student_keeps_there(
    course: Path, oracle: Oracle, tmp_path: Path
) -> None:
    folder, release = use(course, "data/points.csv"), tmp_path / "release"
    build(read_assignment(folder), release, lambda: oracle)
    (release / "data" / "mine.keras").write_bytes(bytes(1000))
    check_set, _ = read_release(release)
    assert list(check_set.data) == ["data/points.csv"]
    (release / "data" / "points.csv").unlink()
    with pytest.raises(AutograderError, match=r"points\.csv is missing. Download the assignment"):
        read_release(release)


def test_other_data_makes_a_release_stale_and_a_deleted_file_leaves_it(
    course: Path, oracle: Oracle, tmp_path: Path
) -> None:
    folder, release = use(course, "data/points.csv"), tmp_path / "release"
    (folder / "data" / "more.csv").write_text("1\n")
    build(read_assignment(folder), release, lambda: oracle)
    assert build(read_assignment(folder), release, lambda: oracle, write=False) == ()
    (folder / "data" / "more.csv").unlink()
    stale = ("expected.safetensors", "data/more.csv")
    assert build(read_assignment(folder), release, lambda: oracle, write=False) == stale
    assert (release / "data" / "more.csv").exists()
    assert build(read_assignment(folder), release, lambda: oracle) == stale
    assert not (release / "data" / "more.csv").exists()


def test_a_file_beside_the_checks_is_missed_before_students_miss_it(course: Path) -> None:
    folder = use(course, "nothing", at=".")
    (fault,) = faults(folder)
    assert fault.path == folder / "checks.py"
    assert (
        fault.line
        == (folder / "checks.py")
        .read_text()
        .splitlines()
        .index('    return {"numbers": np.loadtxt(Path(__file__).parent / "points.csv")}')
        + 1
    )
    assert fault.message.startswith("fails in the folder that students get: ")
    assert "points.csv not found" in fault.message
    assert "Move that to data/" in fault.message
    assert "/tmp" not in fault.message


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("points.csv", "'points.csv' is not part of the release. Move it to data/"),
        ("data/pionts.csv", "no file 'data/pionts.csv'. Did you mean 'data/points.csv'?"),
    ],
)
def test_a_file_that_the_notebook_names_and_students_lack(
    name: str, said: str, course: Path
) -> None:
    folder = use(course, name)
    shutil.copyfile(folder / "data" / "points.csv", folder / "points.csv")
    (fault,) = faults(folder)
    line = (folder / "downhill.py").read_text().splitlines().index(f"FILE = {name!r}") + 1
    assert (fault.path, fault.line) == (folder / "downhill.py", line)
    assert said in fault.message


def test_data_that_is_too_large_for_a_download(
    course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = use(course, "data/points.csv")
    monkeypatch.setattr(release_files, "MOST_BYTES", 10)
    with (folder / "data" / "more.csv").open("w") as file:
        file.write("1.5\n" * 50_000)
    monkeypatch.setattr(release_files, "MOST_FILES", 1)
    monkeypatch.setattr(release_files, "MOST_CHARACTERS", 14)
    fault, count, name = faults(folder)
    assert (fault.path, fault.line) == (folder / "data", 0)
    assert "there are 2 data files, expected at most 1." in count.message
    assert (name.path, name.line) == (folder / "data" / "points.csv", 0)
    assert "the name has 15 characters, expected at most 14." in name.message
    assert "have 0.2 MB together, expected at most 0.0 MB." in fault.message
