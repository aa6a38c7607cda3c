"""The children's service, with a count of the graphs that TensorFlow traces in them.

A copy of this file is what a sandbox without confinement runs: each graph adds a byte to the file
`graphs` beside the copy.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import tensorflow as tf

from autograder.probing.child import serve

__all__ = ["serve"]

GRAPHS = Path(__file__).with_name("graphs")


def counted(make: Callable[..., None]) -> Callable[..., None]:
    def counting(graph: Any, *args: Any, **kwargs: Any) -> None:
        make(graph, *args, **kwargs)
        with GRAPHS.open("ab") as file:
            file.write(b".")

    return counting


# A traced tf.function is a graph, and so is each branch and loop in it.
tf.Graph.__init__ = counted(tf.Graph.__init__)
