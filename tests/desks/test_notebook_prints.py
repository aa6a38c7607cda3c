"""What code prints while a check of a notebook runs."""

from __future__ import annotations

import sys

import pytest

from autograder.desks.notebook_prints import kept_prints
from autograder.messages import PRINT_CHARS


def test_the_first_lines_are_kept_and_the_others_counted(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with kept_prints() as prints:
        for step in range(2000):
            print("step", step)
        print("a warning", file=sys.stderr)
    print("after")
    assert prints.first == tuple(f"step {step}" for step in range(10))
    assert prints.others == 1990
    assert tuple(capsys.readouterr()) == ("after\n", "")


@pytest.mark.parametrize(
    ("written", "lines"),
    [
        ([], ()),
        (["one"], ("one",)),
        (["o", "ne\n", "two"], ("one", "two")),
        (["\n"], ("",)),
        (["  1.0   2.0\n", "\t-1.0\n"], ("  1.0   2.0", "        -1.0")),
        (["\x1b[31mred\x1b[0m \x07bell \u202eturned\n"], ("red bell turned",)),
        (["1/3\r", "2/3\r", "3/3\n"], ("3/3",)),
        (["\r1/3", "\r2/3", "\r3/3"], ("3/3",)),
        (["x" * 10**6, "y\n", "z"], ("x" * PRINT_CHARS, "z")),
    ],
)
def test_lines_are_plain_and_bounded(written: list[str], lines: tuple[str, ...]) -> None:
    with kept_prints() as prints:
        for text in written:
            sys.stdout.write(text)
    assert prints.first == lines
    assert prints.others == 0
