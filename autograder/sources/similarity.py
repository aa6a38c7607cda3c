"""What two submissions share that neither the release, nor the reference, nor the class explains.

Most right solutions of a short exercise are alike. So a run of tokens counts the more, the fewer
students have it: as inverse document frequency weighs words (Spärck Jones 1972,
https://doi.org/10.1108/eb026526), here for the k-grams by which programs are compared (Schleimer,
Wilkerson and Aiken 2003, https://doi.org/10.1145/872757.872770). Names of variables, comments,
docstrings and formatting do not count: they are what is changed first. Nothing is run.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from pygments.lexers.python import PythonLexer
from pygments.token import Comment, Name, String, Text

RUN = 8
"""Tokens in a row that have to be the same."""

LEAST, LEAST_SHARE = 60.0, 0.75
"""From so many shared tokens, each weighed by its rarity, and such a share of what is distinctive
in the shorter one, a pair is worth a look."""

LEAST_IN_ONE, LEAST_SHARE_IN_ONE = 50.0, 0.85
"""The same for a single exercise: not all of a submission need be shared."""

_LEAST_RUNS, _LEAST_RUN_SHARE = 5, 0.3
"""From so many rare runs in an exercise, and such a share of them, a pair is looked at closely. A
change of one token ends eight runs, so that the share of runs is far below that of tokens."""

_MOST_HOLDERS = 40
"""A run that more students have makes no pair a candidate; it still has its weight."""


@dataclass(frozen=True)
class Token:
    """A token as it is compared, and where it is in the text."""

    text: str
    start: int
    end: int


Spans = tuple[tuple[int, int], ...]
"""Parts of a text, in order: where each begins and ends."""


@dataclass(frozen=True)
class Shared:
    """What two students share in one exercise.

    Attributes:
        weight: shared tokens, each weighed by its rarity: 1 if only these two have it.
        share: of the distinctive tokens of the one who has fewer; from 0 to 1.
        spans: where what they share is in each one's text.
    """

    exercise: str
    weight: float
    share: float
    spans: tuple[Spans, Spans]


@dataclass(frozen=True)
class Pair:
    """Two students, and what they share in all exercises together and in each, the most first."""

    students: tuple[str, str]
    weight: float
    share: float
    exercises: tuple[Shared, ...]

    @property
    def notable(self) -> bool:
        """Whether a person should look."""
        return (self.weight >= LEAST and self.share >= LEAST_SHARE) or any(
            each.weight >= LEAST_IN_ONE and each.share >= LEAST_SHARE_IN_ONE
            for each in self.exercises
        )


def tokens(text: str) -> list[Token]:
    """The tokens of a program, however broken: without comments, docstrings and variables' names.

    Names behind a dot stay, unless it is ``self.``: they are what a library calls things.
    """
    found: list[Token] = []
    for start, kind, value in PythonLexer().get_tokens_unprocessed(text):
        if kind in Text or kind in Comment or kind in String.Doc:
            continue
        end = start + len(value)
        if kind in String:
            if found and found[-1].text == "S" and found[-1].end == start:
                found[-1] = Token("S", found[-1].start, end)
            else:
                found.append(Token("S", start, end))
        elif kind in Name and kind not in Name.Builtin and kind not in Name.Namespace:
            of_library = (
                len(found) > 1
                and found[-1].text == "."
                and text[found[-2].start : found[-2].end] not in ("self", "cls")
            )
            found.append(Token(value if of_library else "V", start, end))
        elif kind in Name.Builtin.Pseudo:
            found.append(Token("V", start, end))
        else:
            found.append(Token(value, start, end))
    return found


class _Text:
    """One student's text for an exercise, as runs of tokens."""

    def __init__(self, text: str) -> None:
        self.tokens = tokens(text)
        self.runs = _runs(self.tokens)

    def weights(
        self, weight: Mapping[int, float], among: frozenset[int] | None = None
    ) -> NDArray[np.float64]:
        """For each token, the largest weight of a run that it is in."""
        own = [weight.get(run, 0.0) if among is None or run in among else 0.0 for run in self.runs]
        found = np.zeros(len(self.tokens))
        for place in range(RUN if own else 0):
            part = found[place : place + len(own)]
            np.maximum(part, own, out=part)
        return found

    def spans(self, weights: NDArray[np.float64]) -> tuple[tuple[int, int], ...]:
        """The parts of the text whose tokens have a weight."""
        found: list[tuple[int, int]] = []
        before = False
        for token, weight in zip(self.tokens, weights, strict=True):
            if weight and before:
                found[-1] = found[-1][0], token.end
            elif weight:
                found.append((token.start, token.end))
            before = bool(weight)
        return tuple(found)


def _runs(found: Sequence[Token]) -> list[int]:
    # Hashes of texts differ from process to process; only which ones are equal matters here.
    texts = [token.text for token in found]
    return [hash(tuple(texts[at : at + RUN])) for at in range(len(texts) - RUN + 1)]


def alike(work: Mapping[str, Mapping[str, str]], known: Iterable[str]) -> list[Pair]:
    """The pairs that share much of what is rare, notable or not, those that share most first.

    Args:
        work: for each exercise, the text of each student.
        known: texts that explain what is shared: the release and the reference.
    """
    explained = frozenset(run for text in known for run in _runs(tokens(text)))
    totals: dict[str, float] = defaultdict(float)
    shared: dict[tuple[str, str], list[Shared]] = defaultdict(list)
    for exercise, texts in work.items():
        of_exercise = _Exercise(exercise, texts, explained)
        for student, total in of_exercise.totals.items():
            totals[student] += total
        for pair in of_exercise.candidates():
            shared[pair].append(of_exercise.shared(pair))
    found = []
    for pair, exercises in shared.items():
        weight = sum(each.weight for each in exercises)
        exercises.sort(key=lambda each: -each.weight)
        share = weight / max(1.0, min(totals[student] for student in pair))
        found.append(Pair(pair, weight, share, tuple(exercises)))
    return sorted(found, key=lambda pair: (-pair.weight * pair.share, pair.students))


class _Exercise:
    """One exercise of a class, ready to compare pairs.

    Attributes:
        totals: for each student, the distinctive tokens, weighed by their rarity.
    """

    def __init__(self, name: str, texts: Mapping[str, str], explained: frozenset[int]) -> None:
        self.name = name
        self._texts = {student: _Text(text) for student, text in texts.items()}
        self._own = {s: frozenset(text.runs) - explained for s, text in self._texts.items()}
        self._holders: dict[int, list[str]] = defaultdict(list)
        for student, runs in self._own.items():
            for run in runs:
                self._holders[run].append(student)
        self._weight = {run: rarity(len(who), len(texts)) for run, who in self._holders.items()}
        self.totals = {s: math.fsum(text.weights(self._weight)) for s, text in self._texts.items()}

    def candidates(self) -> Iterator[tuple[str, str]]:
        """Pairs that share several runs which few students have."""
        count: Counter[tuple[str, str]] = Counter()
        common: dict[tuple[str, str], float] = defaultdict(float)
        for run, who in self._holders.items():
            if 1 < len(who) <= _MOST_HOLDERS:
                weight = self._weight[run]
                for pair in combinations(who, 2):
                    count[pair] += 1
                    common[pair] += weight
        most = {s: math.fsum(map(self._weight.__getitem__, own)) for s, own in self._own.items()}
        for pair, runs in count.items():
            least = _LEAST_RUN_SHARE * min(most[student] for student in pair)
            if runs >= _LEAST_RUNS and common[pair] >= least:
                yield pair

    def shared(self, pair: tuple[str, str]) -> Shared:
        """What a pair shares."""
        one, other = pair
        both = self._own[one] & self._own[other]
        first, second = (self._texts[student].weights(self._weight, both) for student in pair)
        weight = min(math.fsum(first), math.fsum(second))
        return Shared(
            self.name,
            weight,
            weight / max(1.0, min(self.totals[student] for student in pair)),
            (self._texts[one].spans(first), self._texts[other].spans(second)),
        )


def rarity(holders: int, students: int) -> float:
    """How much a run counts that so many students have: 1 for one or two, 0 for all.

    The square of the inverse document frequency, relative to that of a run which two have.
    """
    if holders <= 2:
        return 1.0
    return (math.log(students / holders) / math.log(students / 2)) ** 2
