"""nbgrader's exchange, by its own commands: what students submit, and the feedback they fetch."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest
from graded_class import (
    NAME,
    ROOT,
    Graded,
    make_release,
    nbgrader_commands,
    record,
    recorded,
    report,
    solved,
)

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Cycle:
    """A course and a student's folder on one machine, after `nbgrader collect`."""

    course: Path
    student: Path
    user: str

    def submitted(self, student: str) -> Path:
        return self.course / "submitted" / student / NAME

    def place(self, student: str) -> Path:
        """Place a submission by hand: a notebook, and nothing that the exchange adds."""
        folder = self.submitted(student)
        folder.mkdir(parents=True)
        nbformat.write(solved(make_release()), folder / f"{NAME}.ipynb")
        return folder

    def feedback(self) -> list[str]:
        """The pages that the student has fetched."""
        return [path.read_text() for path in self.student.glob(f"{NAME}/feedback/*/*.html")]


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory, empty_gradebook: Path) -> Cycle:
    root = tmp_path_factory.mktemp("exchange")
    course, student, exchange = (root / name for name in ("course", "student", "exchange"))
    for folder in (course / "assignments" / NAME, student / NAME, exchange):
        folder.mkdir(parents=True)
    exchange.chmod(0o777)
    shutil.copy(empty_gradebook, course / "gradebook.db")
    places = f"c.Exchange.root = {str(exchange)!r}\nc.Exchange.cache = {str(root / 'cache')!r}\n"
    config = (ROOT / "nbgrader_config.py").read_text()
    (course / "nbgrader_config.py").write_text(config + places)
    student_config = f"c = get_config()\nc.CourseDirectory.course_id = 'keras-training'\n{places}"
    (student / "nbgrader_config.py").write_text(student_config)
    nbformat.write(make_release(), course / "assignments" / NAME / f"{NAME}.ipynb")
    nbformat.write(solved(make_release()), student / NAME / f"{NAME}.ipynb")
    (student / NAME / "data").mkdir()
    (student / NAME / "data" / "notes.txt").write_text("my notes")
    nbgrader_commands(
        (course, f"release_assignment {NAME}"),
        (student, f"submit {NAME}"),
        (course, f"collect {NAME}"),
    )
    (user,) = (path.name for path in (course / "submitted").iterdir())
    return Cycle(course, student, user)


def test_feedback_is_released_and_fetched_whoever_submitted_by_hand(collected: Cycle) -> None:
    course, user = collected.course, collected.user
    for student in ("bob", "cleo"):
        collected.place(student)
    # Not text, so nbgrader cannot read it; and a page that would be released with the others.
    (collected.submitted("cleo") / "submission_secret.txt").write_bytes(b"\xff\xfe")
    (collected.submitted("bob") / "mine.html").write_text("<script>alert(1)</script>")
    secret = (collected.submitted(user) / "submission_secret.txt").read_text()
    class_ = [Graded(report(name), solved(make_release())) for name in (user, "bob", "cleo")]

    recorded(course, make_release(), *class_)

    for step in ("autograded", "feedback"):
        folder = course / step / user / NAME
        assert (folder / "submission_secret.txt").read_text() == secret
        assert (folder / "data" / "notes.txt").read_text() == "my notes"
    nbgrader_commands(
        (course, f"release_feedback {NAME}"),
        (collected.student, f"fetch_feedback {NAME}"),
        # With nbgrader's own feedback, no page, secret or time is missing either.
        (course, f"generate_feedback {NAME} --force"),
        (course, f"release_feedback {NAME}"),
    )
    (page,) = collected.feedback()
    assert "Momentum follows its rule" in page
    assert len(list((course.parent / "exchange/keras-training/feedback").glob("*.html"))) == 3


def test_a_newer_submission_leaves_no_file_of_the_older_one(collected: Cycle) -> None:
    course, folder = collected.course, collected.place("dora")
    (folder / "plot").write_text("a file")
    record(course, make_release(), Graded(report("dora"), solved(make_release())))
    autograded = course / "autograded" / "dora" / NAME
    assert (autograded / "plot").read_text() == "a file"
    secret = (autograded / "submission_secret.txt").read_text()

    (folder / "plot").unlink()
    (folder / "plot").mkdir()
    (folder / "plot" / "loss.png").write_bytes(b"png")
    (folder / "solutions.py").symlink_to(course / "nbgrader_config.py")
    record(course, make_release(), Graded(report("dora"), solved(make_release())))

    names = {str(p.relative_to(autograded)) for p in autograded.rglob("*") if p.is_file()}
    notebook = f"{NAME}.ipynb"
    assert names == {notebook, "plot/loss.png", "submission_secret.txt", "timestamp.txt"}
    assert (autograded / "submission_secret.txt").read_text() == secret
