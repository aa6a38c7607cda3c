"""Which run is resumed, with which seeds."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from autograder.desks.class_run import (
    choice_of_run,
    fingerprint,
    refuse_other_choice,
    resume_or_begin,
    seed_of_run,
    seeds_of_students,
)
from autograder.grading.journal import Journal, Run
from autograder.grading.seeds import Seeds, code_digest, seed_of_attempt, seed_of_student
from autograder.model import AutograderError
from autograder.sources.definitions import Cell
from autograder.sources.submission import Submission

SOURCES = Path(__file__).parents[1] / "hostile" / "solutions"


def test_a_run_is_not_resumed_after_shared_checks_have_changed(tmp_path: Path) -> None:
    solutions = tmp_path / "solutions"
    shutil.copytree(SOURCES, solutions)

    def found(**others: bool) -> str:
        usual = {"confined": True, "carry": True, "attempts": True, "per_student": False}
        return fingerprint(solutions / "descent", **{**usual, **others})

    before = found()
    assert found() == before
    different = [found(confined=False), found(carry=False), found(attempts=False)]
    assert len({before, *different, found(per_student=True)}) == 5
    (solutions / "_shared").mkdir()
    (solutions / "_shared" / "digits.py").write_text("ROWS = 100\n")
    assert found() != before


def test_a_finished_run_goes_on_where_nothing_else_decides(tmp_path: Path) -> None:
    with Journal(tmp_path, "descent") as journal:
        assert not resume_or_begin(journal, Run(5, "checks"), frozenset(), restart=False)
        journal.complete()
        assert resume_or_begin(journal, Run(5, "checks"), frozenset(), restart=False)
        assert not resume_or_begin(journal, Run(5, "checks"), frozenset(), restart=True)
        journal.complete()
        assert not resume_or_begin(journal, Run(5, "other"), frozenset(), restart=False)
        with pytest.raises(AutograderError, match="its seed is 5, or its checks have changed"):
            resume_or_begin(journal, Run(6, "other"), frozenset(["ada"]), restart=False)


def test_an_assignment_keeps_the_seed_of_its_first_run(tmp_path: Path) -> None:
    seeds = Seeds(tmp_path)
    with Journal(tmp_path, "descent") as journal:
        with pytest.raises(AutograderError, match="students' self-checks"):
            seed_of_run(seeds, journal, "descent", 0)
        assert seed_of_run(seeds, journal, "descent", 5) == (5, True)
        assert seed_of_run(seeds, journal, "descent", 0) == (0, False)
        assert seed_of_run(seeds, journal, "descent", None) == (5, True)
        assert seed_of_run(seeds, journal, "descent", 6) == (6, False)
        assert seed_of_run(seeds, journal, "descent", 5) == (5, True)
        drawn, own = seed_of_run(seeds, journal, "descent", "new")
        assert own
        assert drawn not in (5, 6)
        assert seed_of_run(seeds, journal, "descent", None) == (drawn, True)


def test_a_choice_of_inputs_is_kept_and_a_switch_says_how_to_go_back(tmp_path: Path) -> None:
    seeds, ada = Seeds(tmp_path), frozenset(["ada"])
    with Journal(tmp_path, "descent") as journal:
        chosen = partial(choice_of_run, seeds, journal, "descent")
        assert chosen(None, own=True) == (False, "")
        assert chosen(False, own=True) == (False, "")
        assert chosen(True, own=True, only=ada) == (True, "")  # no one is graded yet
        assert chosen(None, own=True) == (True, "")
        journal.begin(Run(5, "checks"))
        assert chosen(True, own=True, only=ada) == (True, "")
        with pytest.raises(AutograderError, match="--seed-for-all changes the inputs of all"):
            chosen(False, own=True, only=ada)
        for_all, said = chosen(False, own=True)
        assert not for_all
        assert "all students have the same inputs" in said
        assert said.endswith("autograder grade descent --seed-per-student")
        assert chosen(None, own=True) == (False, "")
        # With a seed that is not the assignment's, neither is the choice.
        assert chosen(True, own=False) == (True, "")
        assert chosen(None, own=False) == (False, "")
        each, said = chosen(True, own=True)
        assert each
        assert said.endswith("autograder grade descent --seed-for-all")


def test_a_regrade_keeps_the_choice_of_the_last_grading(tmp_path: Path) -> None:
    seeds = Seeds(tmp_path)
    refuse_other_choice(seeds, "descent", None, before=False)
    refuse_other_choice(seeds, "descent", True, before=True)  # of a run with another seed
    with pytest.raises(
        AutograderError, match=r"all students the same .* Leave out --seed-per-student"
    ):
        refuse_other_choice(seeds, "descent", True, before=False)
    seeds.choose("descent", per_student=True)
    refuse_other_choice(seeds, "descent", None, before=True)
    with pytest.raises(AutograderError, match=r"their own, .* Leave out --seed-for-all"):
        refuse_other_choice(seeds, "descent", False, before=True)
    with pytest.raises(AutograderError, match=r"the same inputs, .* Pass --seed-for-all here"):
        refuse_other_choice(seeds, "descent", None, before=False)


def test_each_student_and_each_attempt_has_a_seed(tmp_path: Path) -> None:
    seeds = Seeds(tmp_path)
    ada, ben = (Submission(name, None, (Cell("cell 1", "x = 1\n"),)) for name in ("ada", "ben"))
    changed = replace(ben, cells=(Cell("cell 1", "x = 2\n"),))

    def found(*submissions: Submission, attempts: bool, each: bool) -> Mapping[str, int]:
        codes = {one.student: code_digest(one) for one in submissions}
        return seeds_of_students(seeds, "descent", 5, codes, attempts=attempts, per_student=each)

    own = {name: seed_of_student(5, name) for name in ("ada", "ben")}
    assert found(ada, ben, attempts=True, each=False) == {}
    assert found(ada, ben, attempts=True, each=True) == own
    assert found(ada, changed, attempts=False, each=True) == own
    assert found(ada, changed, attempts=True, each=True) == {
        "ada": own["ada"],
        "ben": seed_of_attempt(own["ben"], 2),
    }
    assert found(ada, changed, attempts=True, each=False) == {"ben": seed_of_attempt(5, 2)}


def test_a_run_of_an_earlier_version_gives_the_assignment_its_seed(tmp_path: Path) -> None:
    with Journal(tmp_path, "descent") as journal:
        journal.begin(Run(7, "checks"))
        assert seed_of_run(Seeds(tmp_path), journal, "descent", None) == (7, True)
