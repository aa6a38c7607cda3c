"""Which run is resumed, with which seed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from autograder.desks.class_run import fingerprint, resume_or_begin, seed_of_run
from autograder.grading.journal import Journal, Run
from autograder.grading.seeds import Seeds
from autograder.model import AutograderError

SOURCES = Path(__file__).parents[1] / "hostile" / "solutions"


def test_a_run_is_not_resumed_after_shared_checks_have_changed(tmp_path: Path) -> None:
    solutions = tmp_path / "solutions"
    shutil.copytree(SOURCES, solutions)

    def found(*, confined: bool = True, carry: bool = True, attempts: bool = True) -> str:
        folder = solutions / "descent"
        return fingerprint(folder, confined=confined, carry=carry, attempts=attempts)

    before = found()
    assert found() == before
    assert len({before, found(confined=False), found(carry=False), found(attempts=False)}) == 4
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


def test_a_run_of_an_earlier_version_gives_the_assignment_its_seed(tmp_path: Path) -> None:
    with Journal(tmp_path, "descent") as journal:
        journal.begin(Run(7, "checks"))
        assert seed_of_run(Seeds(tmp_path), journal, "descent", None) == (7, True)
