"""The journal of a run: what it stores, and what it says when it cannot."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from autograder.grading.journal import Journal, Run
from autograder.model import AutograderError
from autograder.verdicts import ExerciseReport, Report, Used, Verdict

VERDICT = Verdict("check", "A claim.", "failed", 0.5, 2.0, "n ≠ m", "uphill", "Downhill.", True)
REPORT = Report("ada", "descent", (ExerciseReport("walk", True, (VERDICT,)),), 7, "none", ("so",))


@pytest.mark.parametrize("student", ["ada", " ", "école-🙂", "bytes \udcff", "a'; drop table run"])
def test_a_report_comes_back_as_it_was(tmp_path: Path, student: str) -> None:
    report = Report(student, "descent", REPORT.exercises, 7, "none", ("so",))
    with Journal(tmp_path, "descent") as journal:
        journal.add("digest", report)
    with Journal(tmp_path, "descent") as journal:
        entry = journal.entries()[student]
        assert (entry.submission, entry.report, entry.recorded) == ("digest", report, False)
        journal.recorded(student)
        assert journal.entries()[student].recorded
        journal.add("another digest", report)
        assert not journal.entries()[student].recorded


def test_what_a_student_was_recorded_as_is_kept_until_the_next_run(tmp_path: Path) -> None:
    with Journal(tmp_path, "descent") as journal:
        journal.begin(Run(7, "key"))
        journal.add("digest", REPORT)
        journal.recorded("ada", "as it was")
        journal.recorded("bytes \udcff")
    with Journal(tmp_path, "descent") as journal:
        assert journal.states() == {"ada": "as it was", "bytes \udcff": ""}
        journal.recorded("ada", "as it is now")
        assert journal.states()["ada"] == "as it is now"
        journal.begin(Run(8, "key"))
        assert journal.states() == {}


def test_exercises_that_are_alike_share_a_report(tmp_path: Path) -> None:
    with Journal(tmp_path, "descent") as journal:
        for student in ("ada", "ben"):
            journal.add("digest", replace(REPORT, student=student))
        # What no comparison of verdicts looks at makes a difference all the same.
        seen = ExerciseReport("walk", True, (replace(VERDICT, observed="otherwise"),))
        journal.add("digest", replace(REPORT, student="cleo", exercises=(seen,)))
        ada, ben, cleo = (each.report.exercises[0] for each in journal.entries().values())
    assert ada is ben
    assert cleo.verdicts[0].observed == "otherwise"


def test_what_was_used_is_kept_apart_from_reports(tmp_path: Path) -> None:
    used = {"ada": Used(1.5, 120.0), "bytes \udcff": Used(0.25)}
    with Journal(tmp_path, "descent") as journal:
        journal.begin(Run(7, "key"))
        for student, each in used.items():
            exercises = (replace(REPORT.exercises[0], used=each), ExerciseReport("run", False, ()))
            journal.add("digest", replace(REPORT, student=student, exercises=exercises))
    with Journal(tmp_path, "descent") as journal:
        assert journal.used() == {student: {"walk": each} for student, each in used.items()}
        # Or no two reports in a class would be alike, and share their memory.
        ada, other = (each.report.exercises[0] for each in journal.entries().values())
        assert ada is other
        journal.add("another digest", REPORT)
        assert journal.used()["ada"] == {}
        journal.replace(Run(8, "key"), [("digest", replace(REPORT, exercises=exercises))])
        assert journal.used() == {"ada": {"walk": used["bytes \udcff"]}}


def test_a_new_run_forgets_the_last(tmp_path: Path) -> None:
    with Journal(tmp_path, "descent") as journal:
        assert journal.last() is None
        journal.begin(Run(7, "key"))
        journal.add("digest", REPORT)
        journal.complete()
        assert journal.last() == Run(7, "key", complete=True)
        journal.begin(Run(8, "key"))
        assert journal.last() == Run(8, "key", complete=False)
        assert journal.entries() == {}


SEED = 2**128 - 12_345


def test_a_seed_of_128_bits_comes_back_as_it_was(tmp_path: Path) -> None:
    with Journal(tmp_path, "descent") as journal:
        journal.begin(Run(SEED, "key"))
        journal.add("digest", replace(REPORT, seed=SEED))
    with Journal(tmp_path, "descent") as journal:
        assert journal.last() == Run(SEED, "key")
        assert journal.entries()["ada"].report.seed == SEED


def test_the_journal_of_an_earlier_version_takes_such_a_seed_too(tmp_path: Path) -> None:
    with Journal(tmp_path, "descent") as journal:
        pass
    with sqlite3.connect(journal.path) as database:
        database.executescript(
            "drop table run; create table run (seed integer not null, key text not null, complete "
            "integer not null); insert into run values (4711, 'key', 0)"
        )
    with Journal(tmp_path, "descent") as journal:
        assert journal.last() == Run(4711, "key")
        journal.begin(Run(SEED, "key"))
        assert journal.last() == Run(SEED, "key")


def test_a_second_run_is_locked_out_until_the_first_ends(tmp_path: Path) -> None:
    with (
        Journal(tmp_path, "descent"),
        pytest.raises(AutograderError, match="Another `autograder grade` is already running"),
        Journal(tmp_path, "descent"),
    ):
        pass
    with Journal(tmp_path, "fitting"), Journal(tmp_path, "descent"):
        pass


@pytest.mark.parametrize(
    "damage",
    [
        "insert into graded values (null, 'digest', '{}', 0)",
        "insert into graded values (x'61', 'digest', x'ff', 0)",
        "insert into graded values (x'61', 'digest', '{\"student\": 3}', 0)",
        "insert into graded values (3, 'digest', '{}', 0)",
        "update run set seed = 'seven'",
        "update run set seed = -7",
        "drop table graded; create table graded (other)",
    ],
)
def test_damage_says_what_to_delete(tmp_path: Path, damage: str) -> None:
    with Journal(tmp_path, "descent") as journal:
        journal.begin(Run(7, "key"))
    with sqlite3.connect(journal.path) as database:
        database.executescript(damage)
    with Journal(tmp_path, "descent") as journal, pytest.raises(AutograderError) as refused:
        read(journal)
    assert str(journal.path) in str(refused.value)


def read(journal: Journal) -> None:
    journal.last()
    journal.entries()


def test_a_file_with_damage_inside_says_what_to_delete(tmp_path: Path) -> None:
    """SQLite quotes the damaged bytes in its message, which is then not valid UTF-8."""
    with Journal(tmp_path, "descent") as journal:
        journal.begin(Run(7, "key"))
    content = journal.path.read_bytes().replace(b"create", b"cr\xb9ate", 1)
    journal.path.write_bytes(content.replace(b"CREATE", b"CR\xb9ATE", 1))
    with (
        pytest.raises(AutograderError, match="Delete it"),
        Journal(tmp_path, "descent"),
    ):
        pass


def test_reports_are_replaced_with_their_run_or_not_at_all(tmp_path: Path) -> None:
    with Journal(tmp_path, "descent") as journal:
        journal.replace(Run(7, "key"), [("digest", REPORT)])
        journal.complete()

        def broken() -> Iterator[tuple[str, Report]]:
            yield "digest", replace(REPORT, student="ben")
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            journal.replace(Run(8, "other"), broken())
        assert journal.last() == Run(7, "key", complete=True)
        assert journal.entries().keys() == {"ada"}


def test_reading_alone_writes_nothing(tmp_path: Path) -> None:
    with Journal(tmp_path, "descent", write=False) as journal:
        assert journal.last() is None
        assert journal.entries() == {}
    assert list(tmp_path.iterdir()) == []
    with Journal(tmp_path, "descent") as journal:
        journal.replace(Run(7, "key"), [("digest", REPORT)])
        with (
            Journal(tmp_path, "descent", write=False) as reading,
            pytest.raises(AutograderError, match="already running"),
        ):
            reading.last()
    content = journal.path.read_bytes()
    with Journal(tmp_path, "descent", write=False) as reading:
        assert reading.entries()["ada"].report == REPORT
        with pytest.raises(AutograderError, match="readonly"):
            reading.complete()
    assert journal.path.read_bytes() == content
    assert [path.name for path in journal.path.parent.iterdir()] == ["descent.run"]
