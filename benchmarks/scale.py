"""What large classes need, worked out from measured figures: the tables of docs/scale.md.

    uv run python benchmarks/scale.py                     # of benchmarks/results/measured.json
    uv run python benchmarks/scale.py --price 0.08 --write

Two cases: all submissions in their own words, so that each is observed (what bounds it), and the
realistic class of the benchmark, where most right solutions are alike. A run has a fixed part
(imports, the references) and a part for each submission: both come from two sizes of the realistic
class. Recording is done by one process, student after student; what it takes for one, and what that
adds to the gradebook, come from the largest gradebook that was measured.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from figures import OURS, Found

HERE = Path(__file__).parent
RESULTS = HERE / "results" / "measured.json"
PAGE = HERE.parent / "docs" / "scale.md"
BEGIN, END = "<!-- begin: benchmarks/scale.py -->", "<!-- end -->"

NUMBERS = (500, 10_000, 1_000_000)
PRICE = 0.05
"""Of a core for an hour: a number to multiply with, no provider's offer."""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    add = parser.add_argument
    add("--json", type=Path, default=RESULTS)
    add("--price", type=float, default=PRICE, help="of a core for an hour, in any currency")
    add("--write", action="store_true", help="into docs/scale.md")
    options = parser.parse_args()
    text = tables_of(json.loads(options.json.read_text()), options.price)
    if options.write:
        page = PAGE.read_text(encoding="utf-8")
        before, after = page.partition(BEGIN)[0], page.partition(END)[2]
        PAGE.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", encoding="utf-8")
    print(text)


def tables_of(results: Found, price: float = PRICE) -> str:
    """The tables, in Markdown.

    Args:
        results: of `all.py`, with the parts ``graders``, ``sizes`` (two of them) and ``gradebook``.
        price: of a core for an hour.
    """
    parts = results["parts"]
    small, large = parts["sizes"]["classes"][0], parts["sizes"]["classes"][-1]
    fixed, alike = line_through(
        (small["students"], small["graded"]["cpu"]), (large["students"], large["graded"]["cpu"])
    )
    distinct = parts["graders"]["classes"]["distinct"]["runs"][OURS]
    own = (distinct["cpu"] - fixed) / distinct["submissions"]
    recording = parts["gradebook"]["sizes"][-1]
    time = [["submissions", "class", "CPU s each", "core-hours", "cores for 24 h", "cost"]]
    for number in NUMBERS:
        for kind, seconds in (("own words", own), ("most alike", alike)):
            hours = (fixed + number * seconds) / 3600
            cores = f"{max(1, -(-hours // 24)):,.0f}"
            row = [f"{number:,}", kind, f"{seconds:.2f}", _hours(hours), cores]
            time.append([*row, f"{hours * price:,.2f}"])
    disk = [["submissions", "recording, one core", "rows", "gradebook", "feedback", "autograded"]]
    for number in NUMBERS:
        of_rows = number / recording["students"]
        of_files = number / large["students"]
        row = [f"{number:,}", f"{_hours(number * recording['save'] / 3600)} h"]
        row += [f"{recording['rows'] * of_rows:,.0f}", _bytes(recording["bytes"] * of_rows)]
        row += [_bytes(large["bytes"][name] * of_files) for name in ("feedback", "autograded")]
        disk.append(row)
    return f"{_table(time)}\n\n{_table(disk)}\n\n{_source(parts, fixed, small, large)}"


def line_through(one: tuple[int, float], other: tuple[int, float]) -> tuple[float, float]:
    """What a run takes in any case, and what each submission adds."""
    slope = (other[1] - one[1]) / (other[0] - one[0])
    return one[1] - one[0] * slope, slope


def _source(parts: Found, fixed: float, small: Found, large: Found) -> str:
    graders, gradebook = parts["graders"], parts["gradebook"]["sizes"]
    distinct = graders["classes"]["distinct"]["runs"][OURS]
    return (
        f"Measured: `{graders['assignment']}`, {distinct['submissions']} submissions in their own "
        f"words; realistic classes of {small['students']} and {large['students']}; gradebooks of "
        f"{gradebook[0]['students']:,} to {gradebook[-1]['students']:,} students of `optimizers`. "
        f"A run takes {fixed:.0f} CPU seconds before its first submission. The grader's memory "
        f"was {small['graded']['peak_mb']:.0f} MB at {small['students']} submissions and "
        f"{large['graded']['peak_mb']:.0f} MB at {large['students']}; a child had up to "
        f"{large['graded']['child_own_mb']:.0f} MB of its own."
    )


def _hours(hours: float) -> str:
    return f"{hours:,.1f}" if hours < 100 else f"{hours:,.0f}"


def _bytes(number: float) -> str:
    for unit, size in (("TB", 2**40), ("GB", 2**30)):
        if number >= size:
            return f"{number / size:,.1f} {unit}"
    return f"{number / 2**20:,.0f} MB"


def _table(rows: list[list[str]]) -> str:
    head, *body = rows
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *body]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


if __name__ == "__main__":
    main()
