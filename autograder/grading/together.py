"""Two known mistakes in one check: some numbers are as one makes them, the rest as the other does.

A wrong update and a wrong configuration meet in the check of the configuration, where neither alone
does what the submission did. Where each changes numbers of its own, the numbers still tell both.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from autograder.grading.compare import ATOL, RTOL, both_astray, near
from autograder.grading.evidence import Evidence
from autograder.model import Arrays, Check, Misconception

Pair = tuple[Misconception, Misconception]

LEAST_CHECKS = 2
"""How many checks must show one of two mistakes by itself, or else each, by itself or together."""


def together(evidence: Evidence, named: Mapping[str, Misconception]) -> dict[str, Pair]:
    """For each failed check that two known mistakes explain together, those two.

    Args:
        named: the checks that one mistake explains; these are not looked at.
    """
    times = Counter(known.known_as for known in named.values())
    already = {name for name, count in times.items() if count >= LEAST_CHECKS}
    found: dict[str, Pair] = {}
    for check in evidence.failed:
        if check in evidence.telling and check.id not in named:
            pair = _one(_pairs(check, evidence, already), already)
            if pair:
                found[check.id] = pair
    counts = Counter(map(_names, found.values()))
    right = [check for check in evidence.passed if evidence.matches(evidence.right(check), check)]
    return {
        check: pair
        for check, pair in found.items()
        if (
            already & _names(pair)
            or all(times[m] + counts[_names(pair)] >= LEAST_CHECKS for m in _names(pair))
        )
        and not any(evidence.denied(m, right) for m in pair if m.known_as not in already)
    }


def _names(pair: Pair) -> frozenset[str]:
    return frozenset(known.known_as for known in pair)


def _one(pairs: Sequence[Pair], already: frozenset[str] | set[str]) -> Pair | None:
    """The pair that is left; of several, the one of which both are named elsewhere."""
    pairs = [p for p in pairs if not any(known.generated for known in p)] or pairs
    if len({_names(pair) for pair in pairs}) > 1:
        pairs = [pair for pair in pairs if _names(pair) <= already]
    return pairs[0] if len({_names(pair) for pair in pairs}) == 1 else None


def _pairs(check: Check, evidence: Evidence, already: set[str]) -> list[Pair]:
    """The pairs of mistakes that do, each in its place, what the submission did in a check.

    None where chance is in the numbers: there, almost alike is alike, and too much would be. For a
    mistake that is not named already, counts and booleans are no evidence: many mistakes do the
    same to them, and two of many do almost anything.
    """
    seen, right = evidence.seen[check.id], evidence.right(check)
    if seen.failure or right.failure or check.tolerance is not None:
        return []
    shares = [
        (known, share)
        for known, did in evidence.all_do(check)
        if not did.failure and (share := _share(seen.arrays, did.arrays, right.arrays))
    ]
    return [
        (one, other)
        for (one, first), (other, second) in combinations(shares, 2)
        if one.known_as != other.known_as
        and _cover(first, second)
        and (one.known_as in already or _own(first, second))
        and (other.known_as in already or _own(second, first))
    ]


@dataclass(frozen=True)
class _Share:
    """What a mistake has of what was seen, number by number, all arrays in one row.

    Attributes:
        acts: where the mistake does something wrong.
        alike: where the submission did the same wrong.
        wrong: where the submission did something wrong.
        whole: where only whole numbers are right: counts, booleans, places.
    """

    acts: np.ndarray
    alike: np.ndarray
    wrong: np.ndarray
    whole: np.ndarray


def _share(seen: Arrays, did: Arrays, right: Arrays) -> _Share | None:
    """What a mistake has of what was seen; None if it has nothing.

    It has nothing if it would do something wrong where the submission did what is right.
    """
    if not right or not right.keys() <= seen.keys() & did.keys():
        return None
    parts = [_flags(seen[name], did[name], wanted) for name, wanted in right.items()]
    share = _Share(*(np.concatenate(flags) for flags in zip(*parts, strict=True)))
    return share if share.alike.any() and not (share.acts & ~share.wrong).any() else None


def _flags(got: np.ndarray, theirs: np.ndarray, wanted: np.ndarray) -> list[np.ndarray]:
    """The fields of a share, of one array; an array of another shape counts as one number."""
    whole = _all_whole(wanted)
    if got.shape != wanted.shape:
        acts = theirs.shape != wanted.shape or not _same(theirs, wanted).all()
        alike = acts and theirs.shape == got.shape and bool(near(got, theirs, RTOL, ATOL).all())
        return [np.array([flag]) for flag in (acts, alike, True, whole)]
    if theirs.shape != wanted.shape:
        flags = [np.ones(got.shape, bool), np.zeros(got.shape, bool)]
    else:
        acting = ~_same(theirs, wanted)
        # A number that is lost tells nothing: it is never near another.
        flags = [acting, acting & near(got, theirs, RTOL, ATOL)]
    return [flag.ravel() for flag in (*flags, ~_same(got, wanted), np.full(got.shape, whole))]


def _all_whole(wanted: np.ndarray) -> bool:
    numbers = wanted.astype(np.float64)[np.isfinite(wanted)]
    return bool((numbers == np.round(numbers)).all())


def _same(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return near(one, other, RTOL, ATOL) | both_astray(one, other)


def _cover(one: _Share, other: _Share) -> bool:
    """Whether two mistakes explain every number, and each of them some that the other does not."""
    explained = np.where(one.acts | other.acts, one.alike | other.alike, ~one.wrong)
    return bool(
        explained.all() and (one.alike & ~other.alike).any() and (other.alike & ~one.alike).any()
    )


def _own(one: _Share, other: _Share) -> bool:
    """Whether a number that counts nothing speaks for one mistake, and not for the other."""
    return bool((one.alike & ~other.alike & ~one.whole).any())
