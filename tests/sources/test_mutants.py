"""Mutants of a reference: valid, different, each once, and ready to paste. No keras."""

from __future__ import annotations

import ast
import tomllib
from collections import Counter
from pathlib import Path

import jupytext
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.sources.mutants import Mutant, mutants

ROOT = Path(__file__).parents[2]


def function(*lines: str, indent: str = "    ") -> str:
    body = "\n".join(f"{indent}{line}" for line in lines)
    return (
        "def walk(start, rate=0.1, **kwargs):\n"
        '    """The places visited."""\n'
        f"{indent}### BEGIN SOLUTION: Walk.\n{body}\n{indent}### END SOLUTION\n"
    )


def edits(*lines: str) -> set[tuple[str, str]]:
    """What each mutant of a function finds and replaces."""
    return {(each.find, each.replace) for each in mutants(function(*lines), "walk")}


def examine(cell: str) -> tuple[Mutant, ...]:
    """The mutants of a cell, of which everything is true that must be true of any."""
    found = mutants(cell, "walk")
    seen = {ast.dump(ast.parse(cell))}
    for each in found:
        assert cell.count(each.find) == 1, each
        edited = cell.replace(each.find, each.replace)
        dump = ast.dump(ast.parse(edited))
        assert dump not in seen, each
        seen.add(dump)
    assert max(Counter(each.id for each in found).values(), default=1) == 1
    assert found == mutants(cell, "walk")
    return found


# --- what the rules make --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "become"),
    [
        ("return a - b", {"return a + b", "return b - a", "return a", "return b", "return None"}),
        ("return (a + b) * a", {"return (a - b) * a", "return (a + b) / a", "return a + b"}),
        ("return m / (1 - beta)", {"return m", "return m * (1 - beta)", "return 1 - beta"}),
        ("return a ** b", {"return a * b", "return b ** a"}),
        ("return a // b @ c", {"return a // b * c", "return a * b @ c"}),
        ("return -a", {"return a"}),
        ("return not a", {"return a"}),
        ("return a and b", {"return a or b", "return a", "return b"}),
        ("return a < b", {"return a <= b", "return a > b"}),
        ("return a is not None", {"return a is None"}),
        ("return a not in b", {"return a in b"}),
        ("return 0.5", {"return 1.0", "return 0.0", "return -0.5"}),
        ("return 1e-7", {"return 2e-07", "return 0.0", "return 1.0", "return -1e-07"}),
        ("return 0", {"return 1"}),
        ("return -1", {"return 1", "return -2", "return -0"}),
        ("return True", {"return False"}),
        ("return f(a, b)", {"return f(b, a)", "return f(a)", "return a", "return b"}),
        ("return f(a, axis=2)", {"return f(a)", "return f(axis=2)"}),
        ("return sqrt(a)", {"return a"}),
        ("return ops.cast(a, kind)", {"return a"}),
        ("return rate.astype(kind)", {"return rate"}),
        ("return a[0]", {"return a[1]", "return a[-1]"}),
        ("return a[b]", {"return a[0]"}),
        ("return a[1:]", {"return a[:]", "return a[2:]"}),
        ("return a if b else c", {"return a if True else c", "return a if False else c"}),
        ("return a, b", {"return b, a"}),
        ("rate += a", {"rate -= a", "rate = a", "pass"}),
        ("forget(a)", {"pass"}),
    ],
)
def test_each_rule_makes_its_mutants(line: str, become: set[str]) -> None:
    cell = function(line)
    edited = {cell.replace(m.find, m.replace).splitlines()[3].strip() for m in examine(cell)}
    assert become <= edited


def test_rules_make_no_more_than_they_say() -> None:
    cell = function("return ops.maximum(a, b)")
    edited = {cell.replace(m.find, m.replace).splitlines()[3].strip() for m in examine(cell)}
    assert edited == {"return ops.maximum(a)", "return a", "return b", "return None"}


def test_statements_are_dropped_and_swapped_where_their_order_matters() -> None:
    lines = ("keep(start)", "start = start + rate", "return start")
    found = edits(*lines)
    assert ("keep(start)", "pass") in found
    assert ("start = start + rate", "pass") in found
    assert (
        "keep(start)\n    start = start + rate",
        "start = start + rate\n    keep(start)",
    ) in found
    independent = edits("a = start", "b = rate", "return a, b")
    assert not any("\n" in find for find, _ in independent)


def test_what_can_only_raise_a_name_error_is_left_out() -> None:
    found = edits("velocity = start", "move(velocity)")
    assert ("velocity = start", "pass") not in found
    assert not any("\n" in find for find, _ in found)


def test_an_attribute_is_taken_for_another_that_is_set_likewise() -> None:
    cell = """\
class Adam:
    def __init__(self, beta_1, beta_2):
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.built = False

    def update(self):
        ### BEGIN SOLUTION: Update.
        return self.beta_1
        ### END SOLUTION
"""
    found = {(each.find, each.replace) for each in examine(cell)}
    assert ("return self.beta_1", "return self.beta_2") in found
    assert not any("built" in replace for _, replace in found)


def test_only_solution_regions_are_edited() -> None:
    cell = """\
def walk(start, rate=0.1):
    start = start - 1
    ### BEGIN SOLUTION: Walk.
    place = start + rate
    ### END SOLUTION
    return place * 2
"""
    found = examine(cell)
    assert found
    assert {each.line for each in found} == {4}
    assert mutants("def walk(start):\n    return start + 1\n", "walk") == ()


def test_comments_and_formatting_survive() -> None:
    cell = function("place = (start  # from here", "         - rate)  # downhill", "return place")
    assert any(
        each.replace == "start  # from here\n             + rate" for each in examine(cell)
    )  # fmt: skip


def test_a_piece_that_appears_twice_is_found_by_its_line() -> None:
    cell = function("first = start + rate", "second = start + rate", "return first, second")
    found = {(each.find, each.replace) for each in examine(cell)}
    assert ("first = start + rate", "first = start - rate") in found
    same_lines = function("keep(start + rate)", "keep(start + rate)")
    assert any("\n" in each.find for each in examine(same_lines))


def test_columns_count_characters_and_not_bytes() -> None:
    cell = function('label = "größer", start + rate', "return label")
    assert ("start + rate", "start - rate") in {(m.find, m.replace) for m in examine(cell)}


def test_annotations_strings_and_docstrings_are_left_alone() -> None:
    cell = """\
### BEGIN SOLUTION: Walk.
def walk(start: tuple[int, 2], name: str = "name") -> dict[int, 3]:
    '''Adds 1 + 1.'''
    return f"{start + 1} places"
### END SOLUTION
"""
    (returned,) = examine(cell)
    assert returned.replace == "return None"


def test_ids_survive_a_change_elsewhere() -> None:
    before = {each.id for each in mutants(function("return start - rate"), "walk")}
    longer = function("# A comment.", "start = start + 1", "return start - rate")
    assert before < {each.id for each in mutants(longer, "walk")}


def test_a_description_names_the_line_of_the_file() -> None:
    cell = function("return m / (1 - beta)")
    described = {each.description for each in mutants(cell, "walk", first_line=11)}
    assert "line 14: `m / (1 - beta)` → `m`" in described


def test_a_mutant_is_a_misconception_without_a_hint() -> None:
    (mutant, *_) = mutants(function("return start"), "walk")
    known = mutant.as_misconception()
    assert (known.name, known.exercise, known.hint) == (mutant.id, "walk", "")
    assert (known.find, known.replace) == (mutant.find, mutant.replace)


@given(st.text() | st.sampled_from(["a\nb'", "'\"", "a\n'''b", "\x7f", "größe", "a\r\nb"]))
def test_an_entry_is_ready_to_paste(text: str) -> None:
    mutant = Mutant("__init__.dropped.01ab23", "walk", 3, text, "pass")
    (table,) = tomllib.loads(mutant.misconception_entry)["misconception"]
    assert table["name"] == "todo_init___dropped_01ab23"
    assert table["hint"].startswith("TODO")
    assert (table["exercise"], table["find"], table["replace"]) == ("walk", text, "pass")
    (declared,) = tomllib.loads(mutant.equivalent_entry)["equivalent"]
    assert declared["exercise"] == "walk"
    assert declared["mutant"] == mutant.id
    assert declared["why"].startswith("TODO")


def test_an_entry_looks_like_the_code() -> None:
    two_lines = Mutant("walk.swapped.01ab23", "walk", 3, "a = 'x'\nb", 'f("x")')
    assert "find = '''\na = 'x'\nb'''\n" in two_lines.misconception_entry
    assert "replace = 'f(\"x\")'\n" in two_lines.misconception_entry


def test_a_cell_that_is_no_python_is_refused() -> None:
    with pytest.raises(SyntaxError):
        mutants("def walk(:\n", "walk")


# --- many small sources ---------------------------------------------------------------------------

NAMES = st.sampled_from(["start", "rate", "place", "größe", "self.rate", "self.seed"])
NUMBERS = st.sampled_from(["0", "1", "2", "0.5", "1e-7", "True", "-1"])


def composed(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pair = st.tuples(inner, inner)
    return st.one_of(
        st.builds(
            lambda both, sign: f"({both[0]}){sign}({both[1]})",
            pair,
            st.sampled_from([" + ", "-", "*", " / ", "**", "//", "@", "<", " <= ", " is not "]),
        ),
        st.builds(lambda both, sign: f"{both[0]} {sign} {both[1]}", pair, st.sampled_from("+-*/")),
        st.builds(lambda both, word: f"({both[0]} {word} {both[1]})", pair,
                  st.sampled_from(["and", "or", "not in"])),
        pair.map(lambda both: f"ops.cast({both[0]}, {both[1]})"),
        pair.map(lambda both: f"f({both[0]}, axis={both[1]})"),
        pair.map(lambda both: f"({both[0]})[{both[1]}]"),
        pair.map(lambda both: f"({both[0]})[{both[1]}:]"),
        pair.map(lambda both: f"({both[0]} if {both[1]} else 0)"),
        pair.map(lambda both: f"[{both[0]} for each in places if {both[1]}]"),
        pair.map(lambda both: f"({both[0]},\n        {both[1]})"),
        inner.map(lambda one: f"(not {one})"),
        inner.map(lambda one: f"-({one})"),
        inner.map(lambda one: f"({one}).astype(kind)"),
        inner.map(lambda one: f"f'{{{one}}}'" if "'" not in one and "\n" not in one else one),
    )  # fmt: skip


EXPRESSIONS = st.recursive(NAMES | NUMBERS, composed, max_leaves=5)
LINES = st.one_of(
    EXPRESSIONS.map(lambda e: f"place = {e}"),
    EXPRESSIONS.map(lambda e: f"rate += {e}"),
    EXPRESSIONS.map(lambda e: f"keep({e})  # a comment: a + b"),
    EXPRESSIONS.map(lambda e: f"if {e}: place = rate"),
    EXPRESSIONS.map(lambda e: f"for each in {e}: keep(each); keep(rate)"),
    EXPRESSIONS.map(lambda e: f"while {e}: break"),
    EXPRESSIONS.map(lambda e: f"return {e}"),
)


@given(st.lists(LINES, min_size=1, max_size=4))
def test_every_mutant_parses_differs_and_is_found_once(lines: list[str]) -> None:
    cell = function(*lines)
    inside = range(4, cell.count("\n"))
    for each in examine(cell):
        assert each.line in inside


NOTEBOOKS = [p for p in sorted((ROOT / "solutions").glob("*/*.py")) if p.stem == p.parent.name]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_reference_of_the_course_has_valid_mutants(path: Path) -> None:
    for cell in jupytext.reads(path.read_text(), fmt="py:percent").cells:
        if cell.metadata.get("exercise"):
            assert len(examine(cell.source)) > 2, cell.metadata["exercise"]
