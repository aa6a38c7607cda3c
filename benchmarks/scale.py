"""What large classes need, worked out from measured figures: the tables of docs/scale.md.

    uv run python benchmarks/scale.py
    uv run python benchmarks/scale.py --json benchmarks/results/measured.json --write

Two cases: all submissions in their own words, so that each is observed (what bounds it), and the
realistic class of the benchmark, where most right solutions are alike. Seconds, rows and bytes of
one submission are those of the largest class that was measured; nothing is assumed to become
cheaper beyond it. Observations are bounded by the store's limit.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from figures import OURS, Found, each

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "scale.md"
BEGIN, END = "<!-- begin: benchmarks/scale.py -->", "<!-- end -->"

NUMBERS = (500, 10_000, 1_000_000)
HOURS = (1, 24)
"""In how long a class is to be graded: so many cores are needed."""

STORE_BYTES = 2**30
"""What the store of observations keeps at most."""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    add = parser.add_argument
    add("--json", type=Path, default=HERE / "results" / "measured.json")
    add("--price", type=float, default=0.05, help="of a core for an hour, in any currency")
    add("--write", action="store_true", help="into docs/scale.md")
    options = parser.parse_args()
    text = tables_of(json.loads(options.json.read_text()), options.price)
    if options.write:
        page = PAGE.read_text(encoding="utf-8")
        before, after = page.partition(BEGIN)[0], page.partition(END)[2]
        PAGE.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", encoding="utf-8")
    print(text)


def tables_of(results: Found, price: float) -> str:
    """The tables, in Markdown.

    Args:
        results: of `all.py`, with the parts ``graders`` and ``sizes``.
        price: of a core for an hour.
    """
    graders, sizes = results["parts"]["graders"], results["parts"]["sizes"]
    largest = sizes["classes"][-1]
    cpu = {
        "each in its own words": each(graders["classes"]["distinct"]["runs"][OURS]),
        "most right solutions alike": each(largest["graded"]),
    }
    head = ["submissions", "class", "CPU seconds each", "core-hours"]
    rows = [[*head, *(f"cores for {_hours(h)}" for h in HOURS), f"cost at {price:g}"]]
    for number in NUMBERS:
        for kind, seconds in cpu.items():
            hours = number * seconds / 3600
            needed = [f"{max(1, -(-hours // limit)):,.0f}" for limit in HOURS]
            row = [f"{number:,}", kind, f"{seconds:.2f}", _figures(hours)]
            rows.append([*row, *needed, f"{hours * price:,.2f}"])
    more = [["submissions", "rows", "gradebook", "feedback", "autograded", "journal and store"]]
    of, students = largest["bytes"], largest["students"]
    for number in NUMBERS:
        times = number / students
        kept = min(of[".autograder"] * times, STORE_BYTES + of["results"] * times)
        row = [f"{number:,}", f"{largest['rows'] * times:,.0f}"]
        row += [_bytes(of[name] * times) for name in ("gradebook.db", "feedback", "autograded")]
        more.append([*row, _bytes(kept)])
    return f"{_table(rows)}\n\n{_table(more)}\n\n{_memory(sizes)}"


def _memory(sizes: Found) -> str:
    classes = sizes["classes"]
    first, last = classes[0], classes[-1]
    grown = last["graded"]["peak_mb"] - first["graded"]["peak_mb"]
    each_mb = max(0.0, grown / (last["students"] - first["students"]))
    return (
        f"The grader's own memory was {first['graded']['peak_mb']:.0f} MB at "
        f"{first['students']:,} submissions and {last['graded']['peak_mb']:.0f} MB at "
        f"{last['students']:,}: {1000 * each_mb:.0f} MB for each further 1,000. A child had up to "
        f"{max(found['graded']['child_own_mb'] for found in classes):.0f} MB of its own."
    )


def _hours(number: int) -> str:
    return "1 hour" if number == 1 else f"{number} hours"


def _figures(hours: float) -> str:
    return f"{hours:,.1f}" if hours < 100 else f"{hours:,.0f}"


def _bytes(number: float) -> str:
    for unit, size in (("TB", 2**40), ("GB", 2**30)):
        if number >= size:
            return f"{number / size:,.1f} {unit}"
    return f"{number / 2**20:,.0f} MB"


def _table(rows: list[list[str]]) -> str:
    head, *body = rows
    lines = [head, ["---", "---", *["---:"] * (len(head) - 2)], *body]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


if __name__ == "__main__":
    main()
