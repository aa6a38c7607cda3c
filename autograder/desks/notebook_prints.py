"""What the student's code prints while a check of a notebook runs: kept out of the notebook."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Iterator

from autograder.probing.prints import Prints


@contextlib.contextmanager
def kept_prints() -> Iterator[Prints]:
    """Keep what the block prints out of the notebook, and what it displays or warns of."""
    prints = Prints()
    with (
        contextlib.redirect_stdout(prints),
        contextlib.redirect_stderr(io.StringIO()),  # Keras' warnings about missing gradients
        _without_displays(),
    ):
        yield prints


def _without_displays() -> contextlib.AbstractContextManager[object]:
    if "IPython" not in sys.modules:
        return contextlib.nullcontext()
    from IPython.utils.capture import capture_output

    return capture_output(stdout=False, stderr=False)
