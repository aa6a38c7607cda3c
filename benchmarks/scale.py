"""What large classes need, worked out from measured figures: the tables of docs/scale.md.

    uv run python benchmarks/scale.py                     # of benchmarks/results/measured.json
    uv run python benchmarks/scale.py --price 0.08 --write

Two cases bound a class: all submissions in their own words, so that each is observed; and nothing
that was not observed before, so that only judging and recording are left. A run over a class that
has not changed is what each run takes in any case; the rest is for its submissions. Starting the
sandbox and running the references is counted as theirs, so small classes give figures that are too
high. Recording is done by one process, student after student.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from figures import KNOWN, OURS, UNCHANGED, Found

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
        results: of `all.py`, with the parts ``graders`` and ``gradebook``.
        price: of a core for an hour.
    """
    graders, gradebook = results["parts"]["graders"], results["parts"]["gradebook"]["sizes"]
    runs = graders["classes"]["distinct"]["runs"]
    fixed, submissions = runs[UNCHANGED]["cpu"], graders["students"]
    time = [["submissions", "class", "CPU s each", "core-hours", "cores for 24 h", "cost"]]
    for number in NUMBERS:
        for kind, run in (("all new", OURS), ("nothing new", KNOWN)):
            seconds = (runs[run]["cpu"] - fixed) / submissions
            hours = (fixed + number * seconds) / 3600
            cores = f"{max(1, -(-hours // 24)):,.0f}"
            row = [f"{number:,}", kind, f"{seconds:.2f}", _hours(hours), cores]
            time.append([*row, f"{hours * price:,.2f}"])
    large, files = gradebook[-1], graders["classes"]["distinct"]["bytes"]
    disk = [["submissions", "recording, one core", "rows", "gradebook", "feedback", "autograded"]]
    for number in NUMBERS:
        copies = number / large["students"]
        row = [f"{number:,}", f"{_hours(number * large['save'] / 3600)} h"]
        row += [f"{large['rows'] * copies:,.0f}", _bytes(large["bytes"] * copies)]
        row += [_bytes(files[name] / submissions * number) for name in ("feedback", "autograded")]
        disk.append(row)
    source = (
        f"Measured: `{graders['assignment']}`, {submissions} submissions; gradebooks of "
        f"{gradebook[0]['students']:,} and {large['students']:,} students of `optimizers`. A run "
        f"takes {fixed:.0f} CPU seconds in any case."
    )
    if "peak_mb" in (memory := runs[OURS]):
        source += (
            f" The grader's own process had up to {memory['peak_mb']:.0f} MB, and a child up to "
            f"{memory['child_own_mb']:.0f} MB of its own."
        )
    return f"{_table(time)}\n\n{_table(disk)}\n\n{source}"


def _hours(hours: float) -> str:
    if hours < 1:
        return f"{hours:.2f}"
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
