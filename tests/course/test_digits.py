"""The digits that checks use are scikit-learn's, read without importing it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

COMPARED = """
import sys
from _shared.digits import all_digits
x, y = all_digits()
assert "sklearn" not in sys.modules
from sklearn.datasets import load_digits
wanted_x, wanted_y = load_digits(return_X_y=True)
assert x.dtype == wanted_x.dtype and (x == wanted_x).all()
assert y.dtype == wanted_y.dtype and (y == wanted_y).all()
"""


def test_the_digits_are_scikit_learns() -> None:
    subprocess.run([sys.executable, "-c", COMPARED], cwd=ROOT / "solutions", check=True)
