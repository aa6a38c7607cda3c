"""Pairs of similar submissions as one HTML page, both texts side by side; everything escaped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from jinja2 import Template

from autograder.reports import pages
from autograder.reports.class_page import percent
from autograder.reports.terminal import printable


@dataclass(frozen=True)
class Side:
    """One student's text, and the parts of it that are shared."""

    student: str
    text: str
    spans: tuple[tuple[int, int], ...]

    @property
    def parts(self) -> Iterator[tuple[str, bool]]:
        """The text in pieces, each with whether it is shared."""
        at = 0
        for start, end in self.spans:
            yield _visible(self.text[at:start]), False
            yield _visible(self.text[start:end]), True
            at = end
        yield _visible(self.text[at:]), False


@dataclass(frozen=True)
class SimilarExercise:
    """An exercise of a pair.

    Attributes:
        letters: how alike the texts are letter for letter, names and comments included.
    """

    name: str
    weight: float
    share: float
    letters: float
    one: Side
    other: Side


@dataclass(frozen=True)
class SimilarPair:
    """A pair, with the exercises in which it shares something, the most first."""

    students: tuple[str, str]
    weight: float
    share: float
    exercises: tuple[SimilarExercise, ...]


def similar_page(
    assignment: str, pairs: Sequence[SimilarPair], *, students: int, more: int = 0
) -> str:
    """The page.

    Args:
        students: how many were compared.
        more: pairs that are not shown.
    """
    return _template().render(assignment=assignment, pairs=pairs, students=students, more=more)


def _visible(text: str) -> str:
    """``text`` with control characters, and what turns the direction of writing, made visible."""
    return "".join(letter if letter == "\n" else printable(letter) for letter in text.expandtabs(4))


@cache
def _template() -> Template:
    environment = pages.environment(trim_blocks=True, lstrip_blocks=True)
    environment.filters.update(printable=printable, percent=percent)
    return environment.get_template("similar.html.j2")
