"""The zip that students get: a release and the engine, nothing else, the same bytes each time."""

from __future__ import annotations

import base64
import hashlib
import zipfile
from collections.abc import Callable
from importlib.metadata import Distribution, PathDistribution
from io import BytesIO
from pathlib import Path

import pytest
from rich.console import Console

from autograder.desks.bundle import Bundle, bundle
from autograder.desks.engine_wheel import engine_wheel
from autograder.desks.release import build
from autograder.desks.released_course import releases_near
from autograder.desks.student import files_in
from autograder.grading.oracle import Oracle
from autograder.model import AutograderError
from autograder.sources.assignment import Assignment
from autograder.sources.course import Course

Make = Callable[..., Bundle]


@pytest.fixture
def make(course: Path, assignment: Assignment, oracle: Oracle) -> Make:
    """Makes a bundle of `downhill`, whose release is up to date."""
    build(assignment, course / "assignments" / "downhill", lambda: oracle)
    return lambda **options: bundle(Course(course), ["downhill"], Console(), **options)


def test_a_bundle_has_the_release_a_readme_and_the_engine_and_the_same_bytes_each_time(
    make: Make, course: Path, tmp_path: Path
) -> None:
    # What a student's work leaves in the folder stays there.
    (course / "assignments" / "downhill" / ".autograder").mkdir()
    (course / "assignments" / "downhill" / ".autograder" / "found.json").touch()
    made = make()
    assert made.path == course / "bundles" / "downhill.zip"
    with zipfile.ZipFile(made.path) as archive:
        names = archive.namelist()
        told = [n for n in names if not n.endswith(".whl") and b"place - rate" in archive.read(n)]
    assert told == []
    inside = ("checks.py", "downhill.ipynb", "expected.safetensors", "probes.py", "stubs.json")
    assert names == [
        "assignments/README.md",
        *(f"assignments/downhill/{name}" for name in inside),
        f"assignments/{made.wheel}",
    ]
    again = make(output=tmp_path / "new" / "again.zip")
    assert again.path.read_bytes() == made.path.read_bytes()


def test_it_works_where_it_is_unzipped(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "häuser mit leerzeichen"
    with zipfile.ZipFile(make().path) as archive:
        archive.extractall(home)
    notebook = home / "assignments" / "downhill" / "downhill.ipynb"
    assert files_in(home) == files_in(home / "assignments") == [notebook]
    monkeypatch.chdir(home / "assignments")
    assert [file.resolve() for file in files_in(Path("downhill"))] == [notebook.resolve()]
    readme = (home / "assignments" / "README.md").read_text()
    assert len(readme.splitlines()) <= 10
    for said in ("externally-managed-environment", "check downhill", "-none-any.whl[lab]"):
        assert said in readme


def test_the_courses_own_order_is_in_the_readme(make: Make, course: Path, tmp_path: Path) -> None:
    table = "| | assignment |\n|---|---|\n| 1 | `uphill` |\n| 2 | `downhill` |\n"
    (course / "assignments" / "README.md").write_text(f"# Plan\n\n{table}\nThe end.\n")
    with zipfile.ZipFile(make().path) as archive:
        archive.extractall(tmp_path)
    assert (tmp_path / "assignments" / "README.md").read_text().endswith(f"\n\n{table}")
    (tmp_path / "assignments" / "downhill").rename(tmp_path / "assignments" / "uphill")
    with zipfile.ZipFile(make().path) as archive:
        archive.extractall(tmp_path)
    assert [folder.name for folder in releases_near(tmp_path)] == ["uphill", "downhill"]


def test_a_stale_release_is_refused(make: Make, course: Path) -> None:
    with (course / "solutions" / "downhill" / "downhill.py").open("a") as source:
        source.write("\n# %% [markdown]\n# One more sentence.\n")
    with pytest.raises(AutograderError) as refused:
        make()
    assert str(refused.value) == (
        "Not what the sources say now: downhill (downhill.ipynb, expected.safetensors). "
        "Run `autograder build downhill`, then bundle again."
    )
    assert not (course / "bundles").exists()


def test_a_file_that_cannot_be_written_is_named(make: Make, tmp_path: Path) -> None:
    with pytest.raises(AutograderError, match=r"could not be written: Is a directory.*--output"):
        make(output=tmp_path)


def test_the_engines_wheel_is_whole(tmp_path: Path) -> None:
    name, content = engine_wheel()
    assert engine_wheel() == (name, content)
    with zipfile.ZipFile(BytesIO(content)) as archive:
        files = {each: archive.read(each) for each in archive.namelist()}
        archive.extractall(tmp_path)
    info = name.removesuffix("-py3-none-any.whl") + ".dist-info"
    tops = {each.partition("/")[0] for each in files}
    assert tops == {"autograder", info}
    *rows, last = files[f"{info}/RECORD"].decode().splitlines()
    assert last == f"{info}/RECORD,,"
    for row in rows:
        path, digest, size = row.rsplit(",", 2)
        made = base64.urlsafe_b64encode(hashlib.sha256(files[path]).digest()).rstrip(b"=")
        assert (digest, size) == (f"sha256={made.decode()}", str(len(files[path])))
    assert len(rows) == len(files) - 1
    read: Distribution = PathDistribution(tmp_path / info)
    assert read.metadata["Name"] == "keras-training-autograder"
    assert {point.group for point in read.entry_points} == {"console_scripts", "pytest11"}
    source = Path(__file__).parents[2] / "autograder"
    wanted = {p.relative_to(source.parent).as_posix() for p in source.rglob("*") if p.is_file()}
    left_out = {path for path in wanted if "__pycache__" in path}
    assert {each for each in files if each.startswith("autograder/")} == wanted - left_out
