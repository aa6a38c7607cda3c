"""Judging what depends on chance, with a stated false-alarm probability.

Each bound is Hoeffding's inequality with ALPHA = 1e-9: the mean of N independent numbers from an
interval of width b is off by more than b * sqrt(ln(2 / ALPHA) / (2 N)) with a probability below
ALPHA.
"""

import numpy as np

from autograder.grading.judge import expect

ALPHA = 1e-9


def bound(width, count, alpha=ALPHA):
    """How far the mean of ``count`` independent numbers may be off, by Hoeffding's inequality."""
    return width * np.sqrt(np.log(2 / alpha) / (2 * count))


def expect_within(got, wanted, margin, what, advice=""):
    """Expect a mean within its bound."""
    message = f"{what} is {got:.3f}, expected {wanted:.3f} ± {margin:.3f}. {advice}"
    expect(abs(got - wanted) <= margin, message.strip())


# --- masks: ``zero`` is 1.0 where an element was dropped, with one axis for the calls in front ----


def covariance(zero, rate, axis):
    """Of an element's drop with its neighbour's along an axis, over disjoint pairs; and its bound.

    It is 0 if they are independent, rate * (1 - rate) if they are equal.
    """
    pairs = zero.shape[axis] // 2
    first = np.take(zero, range(0, 2 * pairs, 2), axis) - rate
    second = np.take(zero, range(1, 2 * pairs, 2), axis) - rate
    # The product is between -rate * (1 - rate) and max(rate, 1 - rate) ** 2.
    return np.mean(first * second), bound(max(rate, 1 - rate), first.size)


def covariances(zero, rate):
    """The same for all distances, of the elements in one line that closes to a ring; and the bound.

    First with the element so many places further, then with that on the other side of a mirror. By
    Fourier transforms, since these are correlations and convolutions of the line with itself.
    """
    waves = np.fft.rfft(zero.reshape(len(zero), -1) - rate)
    size = zero[0].size
    found = [np.fft.irfft(w.mean(axis=0), size) / size for w in (abs(waves) ** 2, waves**2)]
    # The pairs of one distance fall into three sets of disjoint ones, each with a third of them.
    # Up to two pairs of a mirror are an element with itself: that adds at most 2 / size.
    margin = bound(max(rate, 1 - rate), zero.size // 3, ALPHA / (4 * size)) + 2 / size
    return np.concatenate([found[0][1:], found[1]]), margin


def always_as_many(zero):
    """Whether every call, every row or every last axis has one and the same number of zeros."""
    # Chance: for N independent elements a given number comes up with at most
    # 1 / sqrt(2 pi N rate (1 - rate)), about 0.013 for the 5760 of a call; five further calls with
    # the same number have 4e-10.
    axes = (tuple(range(first, zero.ndim)) for first in (1, 2, zero.ndim - 1))
    counts = [zero.sum(axis=those) for those in axes]
    return any(count.size > 5 and np.ptp(count) == 0 for count in counts)
