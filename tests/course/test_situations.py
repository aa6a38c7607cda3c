"""What a student reads in common situations: their line, and nothing of ours."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]

INTERNAL = re.compile(
    r"(autograder|keras|tensorflow|site-packages|lib)/\w|\.py\b|Traceback|File \"|in user code"
    r"|autograder_probe|submission\.\w|<frozen|traceback_utils| at 0x|/tmp|__autograph|tf__"
    r"|tensorflow\.python"
)
"""Frames, paths and names of the grader, Keras and TensorFlow."""

LONGEST = 1200
"""Characters of what is told first: a line, what Python said, what it means, and a hint."""

DECIMAL = re.compile(r"-?\d+\.\d+(e[+-]?\d+)?")


def load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("situations", ROOT / "scripts/situations.py")
    assert spec
    assert spec.loader
    module = sys.modules["situations"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


situations = load()
NAMES = sorted(path.stem for path in situations.FOLDER.glob("*.toml"))
CASES = [(name, each) for name in NAMES for each in situations.situations(name)]
IDS = [f"{name}: {each.exercise}: {each.title}" for name, each in CASES]


class Judged:
    """What is told in each situation: one warm process judges them in order, as far as is asked."""

    def __init__(self) -> None:
        self._coming = situations.told(NAMES)
        self._known: dict[str, Any] = {}

    def __getitem__(self, case: str) -> Any:
        while case not in self._known:
            self._known[IDS[len(self._known)]] = next(self._coming)
        return self._known[case]

    def close(self) -> None:
        self._coming.close()


@pytest.fixture(scope="module")
def told() -> Iterator[Judged]:
    judged = Judged()
    yield judged
    judged.close()


def test_there_are_situations_of_every_assignment() -> None:
    assert set(NAMES) == {path.name for path in (ROOT / "assignments").iterdir() if path.is_dir()}
    assert len(set(IDS)) == len(IDS) >= 46


@pytest.mark.parametrize("case", IDS)
def test_a_student_reads_where_it_is_and_nothing_of_ours(case: str, told: Judged) -> None:
    found = told[case]
    situation = found.situation
    assert found.passed == situation.passes
    assert found.notebook.place in found.whole
    assert situation.says in found.whole
    assert not INTERNAL.search(found.whole)
    assert len(" ".join(found.first)) <= LONGEST


def test_the_page_says_what_is_told_now(told: Judged) -> None:
    """See scripts/situations.py, which writes it."""
    written = situations.PAGE.read_text(encoding="utf-8")
    if situations.versions() not in written:
        pytest.skip("the page was written with other versions; scripts/situations.py writes it")
    page = situations.page([told[case] for case in IDS])
    # The last digits of a number depend on the processor.
    assert DECIMAL.sub("#", page) == DECIMAL.sub("#", written)
