"""An assignment keeps its seed; a student's later attempts get inputs of their own."""

from __future__ import annotations

import os
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from autograder.grading.journal import FOLDER
from autograder.grading.seeds import (
    FILE,
    Seeds,
    attempt_with,
    code_digest,
    new_seed,
    seed_of_attempt,
    seed_of_student,
)
from autograder.model import AutograderError
from autograder.sources.definitions import Cell
from autograder.sources.submission import Submission

ADA = Submission("ada", None, (Cell("cell 1", "x = 1\n"),))


def attempt(seeds: Seeds, assignment: str, submission: Submission) -> int:
    return seeds.attempt(assignment, submission.student, code_digest(submission))


def test_a_seed_is_drawn_once_and_read_back_exactly(tmp_path: Path) -> None:
    seeds, first = Seeds(tmp_path), 2**128 - 1
    assert seeds.kept("fitting") is None
    assert seeds.keep("fitting", first) == first
    assert seeds.keep("fitting", new_seed()) == first
    assert Seeds(tmp_path).kept("fitting") == first
    assert seeds.kept("dropout") is None


def test_another_seed_is_kept_from_then_on(tmp_path: Path) -> None:
    seeds = Seeds(tmp_path)
    seeds.keep("fitting", 1)
    seeds.renew("fitting", 2)
    assert seeds.keep("fitting", 3) == 2


def test_an_attempt_counts_when_the_code_changes(tmp_path: Path) -> None:
    seeds, again = Seeds(tmp_path), replace(ADA, cells=(Cell("cell 1", "x = 2\n"),))
    numbers = [attempt(seeds, "fitting", each) for each in (ADA, ADA, again, again, ADA)]
    assert numbers == [1, 1, 2, 2, 3]
    assert attempt(seeds, "dropout", again) == 1
    assert attempt(seeds, "fitting", replace(ADA, student="ben")) == 1


def test_what_is_no_code_is_no_attempt(tmp_path: Path) -> None:
    seeds = Seeds(tmp_path)
    elsewhere = replace(ADA, path=tmp_path / "moved.ipynb", remarks=("A remark.",))
    assert [attempt(seeds, "fitting", each) for each in (ADA, elsewhere)] == [1, 1]


def test_every_attempt_has_a_seed_of_its_own() -> None:
    found = [seed_of_attempt(seed, number) for seed in (5, 6) for number in range(1, 50)]
    assert len(set(found)) == len(found)
    assert seed_of_attempt(5, 1) == 5
    assert all(0 <= each < 2**128 for each in found)


def test_every_student_has_a_seed_of_their_own_if_that_is_chosen() -> None:
    firsts = [seed_of_student(seed, each) for seed in (5, 6) for each in ("ada", "ben", "attempt")]
    found = [seed_of_attempt(first, number) for first in firsts for number in range(1, 20)]
    found += [seed_of_attempt(5, number) for number in range(1, 20)]
    assert len(set(found)) == len(found)
    assert seed_of_student(5, "ada") == seed_of_student(5, "ada")
    assert seed_of_student(5, os.fsdecode(b"ad\xff, \n")) not in found
    assert attempt_with(firsts[0], seed_of_attempt(firsts[0], 7)) == 7
    assert attempt_with(firsts[0], firsts[1]) is None


def test_the_choice_is_kept_and_is_none_of_an_earlier_version(tmp_path: Path) -> None:
    seeds = Seeds(tmp_path)
    seeds.keep("fitting", 1)
    assert not seeds.per_student("fitting")
    seeds.choose("fitting", per_student=True)
    seeds.renew("fitting", 2)
    assert Seeds(tmp_path, write=False).per_student("fitting")
    assert not seeds.per_student("dropout")
    seeds.choose("fitting", per_student=False)
    assert not seeds.per_student("fitting")
    with closing(sqlite3.connect(seeds.path)) as database:
        database.execute("drop table choice")
    reading = Seeds(tmp_path, write=False)
    assert not reading.per_student("fitting")
    assert reading.kept("fitting") == 2


def test_ids_need_not_be_valid_unicode(tmp_path: Path) -> None:
    odd = replace(ADA, student=os.fsdecode(b"ad\xff, \n"))
    assert attempt(Seeds(tmp_path), "fitting", odd) == 1


def test_many_at_once_keep_one_seed(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as executor:
        kept = set(executor.map(lambda seed: Seeds(tmp_path).keep("fitting", seed), range(40)))
    assert len(kept) == 1


def test_nobody_else_may_read_the_file(tmp_path: Path) -> None:
    Seeds(tmp_path).keep("fitting", 1)
    assert (tmp_path / FOLDER / FILE).stat().st_mode & 0o077 == 0


def test_a_damaged_file_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / FOLDER).mkdir()
    (tmp_path / FOLDER / FILE).write_bytes(b"no database, and longer than an empty one" * 100)
    with pytest.raises(AutograderError, match=r"is damaged .*Delete it"):
        Seeds(tmp_path).keep("fitting", 1)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / FOLDER).write_text("in the way")
    with pytest.raises(AutograderError, match=r"could not be written.*Make its folder writable"):
        Seeds(tmp_path).keep("fitting", 1)


def test_reading_alone_counts_no_attempt_and_makes_no_file(tmp_path: Path) -> None:
    reading = Seeds(tmp_path, write=False)
    assert reading.kept("descent") is None
    assert list(tmp_path.iterdir()) == []
    Seeds(tmp_path).keep("descent", 7)
    before = reading.path.read_bytes()
    assert reading.kept("descent") == 7
    assert reading.path.read_bytes() == before
