"""What the sandbox costs: the start and the end of a child that is asked nothing, at each level.

    uv run python benchmarks/sandbox_cost.py
    uv run python benchmarks/sandbox_cost.py --children 200

The levels take turns, so that a noisy machine is noisy for all of them.
"""

from __future__ import annotations

import argparse
import statistics
import time
from contextlib import ExitStack

from autograder.grading.observe import probing_sandbox
from autograder.sandbox import bubblewrap
from autograder.sandbox.confinement import landlock_abi
from autograder.sandbox.levels import by_strength


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--children", type=int, default=50, help="at each level")
    options = parser.parse_args()
    levels = by_strength(landlock_abi(), not bubblewrap.problem())
    with ExitStack() as stack:
        sandboxes = [stack.enter_context(probing_sandbox(confined=False))]
        sandboxes += [stack.enter_context(probing_sandbox(level=level)) for level in levels]
        spent: dict[str, list[float]] = {sandbox.level: [] for sandbox in sandboxes}
        for _ in range(options.children):
            for sandbox in sandboxes:
                started = time.perf_counter()
                sandbox.child().close()
                spent[sandbox.level].append(1000 * (time.perf_counter() - started))
        for sandbox in sandboxes:
            times = spent[sandbox.level]
            print(
                f"{sandbox.level:45s} {statistics.median(times):5.0f} ms a child "
                f"(from {min(times):.0f} to {max(times):.0f}); "
                f"zygote ready after {sandbox.statistics.start_seconds:.1f} s"
            )


if __name__ == "__main__":
    main()
