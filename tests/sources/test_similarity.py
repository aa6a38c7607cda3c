"""Copies are found whatever their names; right solutions that were written apart are not."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from disguise import disguised

from autograder.desks.similar import text_of
from autograder.sources.assignment import Assignment, read_assignment
from autograder.sources.similarity import alike, rarity, tokens
from autograder.sources.submission import read_submission

SOLUTIONS = Path(__file__).parents[2] / "solutions"

COPY = "copy"


def work_of(assignment: Assignment, *further: tuple[str, Path]) -> dict[str, dict[str, str]]:
    """The class of an assignment's variants, and more."""
    names = list(assignment.cells)
    work: dict[str, dict[str, str]] = {name: {} for name in names}
    for student, path in [*((path.stem, path) for path in assignment.variants), *further]:
        for exercise, definitions in read_submission(path).definitions(names).each.items():
            work[exercise][student] = text_of(definitions)
    return work


def known_of(assignment: Assignment) -> list[str]:
    return [cell.source for cell in assignment.notebook.cells if cell.cell_type == "code"]


# The others by hand: 267 pairs of variants, none of them notable; 56 copies, all of them first.
@pytest.mark.parametrize("name", ["dropout", "regularization"])
def test_variants_are_not_similar_and_a_disguised_copy_is_first(name: str, tmp_path: Path) -> None:
    assignment = read_assignment(SOLUTIONS / name)
    known = known_of(assignment)
    assert not any(pair.notable for pair in alike(work_of(assignment), known))
    for original in assignment.variants:
        path = tmp_path / f"{original.stem}.py"
        path.write_text(disguised(original.read_text()))
        pairs = alike(work_of(assignment, (COPY, path)), known)
        assert set(pairs[0].students) == {COPY, original.stem}
        assert pairs[0].notable
        assert not any(pair.notable for pair in pairs[1:])


def test_one_copied_exercise_is_enough(tmp_path: Path) -> None:
    assignment = read_assignment(SOLUTIONS / "regularization")
    original, other = assignment.variants[:2]
    path = tmp_path / "copy.py"
    path.write_text(disguised(original.read_text()))
    copied = work_of(assignment, (COPY, path))
    for exercise, texts in copied.items():
        if exercise != "L1L2":
            texts[COPY] = texts.get(other.stem, "")[::-1]
    (pair,) = (pair for pair in alike(copied, known_of(assignment)) if pair.notable)
    assert set(pair.students) == {COPY, original.stem}
    assert pair.exercises[0].exercise == "L1L2"


def test_what_the_release_and_the_reference_have_does_not_count() -> None:
    text = "def walk(a, b):\n" + "".join(f"    a = a + {n} * b.sqrt() - {n}\n" for n in range(30))
    work = {"walk": {"ada": text, "bob": text.replace("a", "c"), "eve": "def walk(): pass"}}
    (pair,) = alike(work, [])
    assert pair.notable
    assert pair.share == 1.0
    assert alike(work, [text]) == []


def test_what_many_have_counts_little() -> None:
    assert [rarity(holders, 40) for holders in (1, 2, 40)] == [1.0, 1.0, 0.0]
    assert 0.4 < rarity(5, 40) < 0.5
    assert rarity(20, 40) < 0.06
    assert rarity(3, 3) == 0.0
    common = "def f(x):\n" + "".join(f"    x = x + {n}\n" for n in range(40))
    many = {"f": {f"s{n}": common for n in range(30)} | {f"t{n}": "" for n in range(10)}}
    assert not any(pair.notable for pair in alike(many, []))


def test_shared_parts_are_where_they_are_in_the_text() -> None:
    body = "".join(f"    x = x.mean({n}) + '{n}'  # note\n" for n in range(20))
    texts = {"ada": f"y = 1\ndef f(x):\n{body}", "bob": f"def f(q):\n{body.replace('x', 'q')}"}
    (pair,) = alike({"f": texts}, [])
    for student, spans in zip(pair.students, pair.exercises[0].spans, strict=True):
        text = texts[student]
        assert "".join(text[start:end] for start, end in spans).startswith("def f(")
        assert spans[-1][1] == text.rindex("'") + 1


@pytest.mark.parametrize(
    "text", ["", "def", "class (", "'''", "\x00\x1b", "f'{x!r:>{w}}' 'y'", "🙂"]
)
def test_any_text_has_tokens_in_order(text: str) -> None:
    found = tokens(text)
    assert all(one.end <= other.start for one, other in pairwise(found))
    assert all(0 <= token.start < token.end <= len(text) for token in found)
