"""All measurements with one command: a JSON file, tables and a chart.

    uv run python benchmarks/all.py                        # everything; hours
    uv run python benchmarks/all.py --quick                # everything, small; tens of minutes
    uv run python benchmarks/all.py --only graders cores   # these parts; the file keeps the others
    uv run python benchmarks/all.py --draw                 # tables and chart of the file

| part | what it measures |
|---|---|
| graders | one class by nbgrader, Otter and this grader; the store of observations empty and full |
| assignments | where CPU seconds go in each assignment, and the floor: the probes alone |
| sizes | time, memory, rows and bytes of classes of several sizes |
| gradebook | recording one more student, and queries of all, as the gradebook grows |
| cores | one core and two |
| start | cold starts, and `watch` |

Other work on the machine makes everything slower by the clock, and little slower in CPU seconds:
compare CPU seconds, or figures of one part. Every figure is stored with the machine's load.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import cold_start
import gradebook_rows
import psutil
import time_spent
import whole_class
from chart import draw
from tables import tables

HERE = Path(__file__).parent
RESULTS = HERE / "results" / "measured.json"
LIBRARIES = ("keras", "tensorflow", "numpy", "nbgrader")


def main() -> None:
    options = read_options()
    results = json.loads(options.json.read_text()) if options.json.exists() else {"parts": {}}
    parts: dict[str, Callable[[], Any]] = {
        "graders": lambda: whole_class.graders(
            options.assignment, options.students, options.sample, say
        ),
        "assignments": lambda: assignments(options.names, options.right),
        "sizes": lambda: whole_class.sizes(options.assignment, options.sizes, say),
        "gradebook": lambda: gradebook(options.rows),
        "cores": lambda: whole_class.cores(options.assignment, options.pair, options.rounds, say),
        "start": lambda: start(options.rounds),
    }
    for name in [] if options.draw else options.only or parts:
        say(f"== {name}")
        started = time.monotonic()
        measured = parts[name]()
        results["machine"] = machine()
        results["parts"][name] = {
            "date": datetime.date.today().isoformat(),
            "minutes": round((time.monotonic() - started) / 60, 1),
            **measured,
        }
        # After each part: what is measured is not lost if the next one is interrupted.
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(f"{json.dumps(rounded(results), indent=1)}\n")
    if not results["parts"]:
        sys.exit(f"{options.json} holds no measurements. Run without --draw to make some.")
    print(tables(results))
    chart = options.json.with_suffix(".svg")
    draw(results, chart)
    print(f"\nJSON: {options.json}\nchart: {chart}")


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    names = ("graders", "assignments", "sizes", "gradebook", "cores", "start")
    add = parser.add_argument
    add("--only", nargs="+", choices=names, default=[], metavar="PART", help=", ".join(names))
    add("--quick", action="store_true", help="small numbers, unless you give others")
    add("--draw", action="store_true", help="measure nothing")
    add("--json", type=Path, default=RESULTS, help="the file of results (default: %(default)s)")
    add("--assignment", default="optimizers", help="default: %(default)s")
    add("--students", type=int, help="graders: size of the class (40; quick: 12)")
    add("--sample", type=int, help="graders: of these, nbgrader and Otter get so many (8; 2)")
    add("--names", nargs="+", default=[], help="assignments: of these (default: all)")
    add("--right", type=int, help="assignments: submissions of each (4; 1)")
    add("--sizes", type=int, nargs="+", help="sizes: of the classes (100 1000 10000; 20 60)")
    add("--rows", type=int, nargs="+", help="gradebook: students (100 10000 100000; 100 1000)")
    add("--pair", type=int, help="cores: size of the class (24; 8)")
    add("--rounds", type=int, help="cores, start: how often (3; 1)")
    options = parser.parse_args()
    usual = {"students": 40, "sample": 8, "right": 4, "pair": 24, "rounds": 3}
    quick = {"students": 12, "sample": 2, "right": 1, "pair": 8, "rounds": 1}
    for option, number in (quick if options.quick else usual).items():
        if getattr(options, option) is None:
            setattr(options, option, number)
    options.sizes = options.sizes or ([20, 60] if options.quick else [100, 1_000, 10_000])
    options.rows = options.rows or ([100, 1_000] if options.quick else [100, 10_000, 100_000])
    return options


def gradebook(numbers: Sequence[int]) -> dict[str, Any]:
    found = []
    for measured in gradebook_rows.measure("optimizers", numbers):
        say(gradebook_rows.line(measured))
        found.append(measured)
    return {"sizes": found, "load": os.getloadavg()[0]}


def assignments(names: Sequence[str], students: int) -> dict[str, Any]:
    found = []
    for spent in time_spent.measure(names, students):
        say(time_spent.row(spent))
        found.append({**asdict(spent), "total": spent.total})
    return {"assignments": found, "load": os.getloadavg()[0]}


def start(rounds: int) -> dict[str, Any]:
    found: dict[str, Any] = {"seconds": cold_start.medians(rounds), "load": os.getloadavg()[0]}
    watch = subprocess.run(
        [sys.executable, HERE / "watch.py", "--rounds", str(rounds)],
        capture_output=True,
        text=True,
        check=False,
        cwd=HERE.parent,
    )
    found["watch"] = (watch.stdout or watch.stderr).strip().splitlines()
    return found


def machine() -> dict[str, Any]:
    """What the figures depend on; nothing by which one machine is told from others of its kind."""
    model = ""
    cpuinfo = Path("/proc/cpuinfo")
    for line in cpuinfo.read_text().splitlines() if cpuinfo.exists() else []:
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    return {
        "processor": model or platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(psutil.virtual_memory().total / 2**30),
        "system": f"{platform.system()} {platform.release().split('-')[0]}",
        "python": platform.python_version(),
        **{library: version(library) for library in LIBRARIES},
    }


def rounded(value: Any) -> Any:
    """Four significant digits are more than any of this repeats."""
    if isinstance(value, float):
        return float(f"{value:.4g}")
    if isinstance(value, dict):
        return {key: rounded(each) for key, each in value.items()}
    return [rounded(each) for each in value] if isinstance(value, list | tuple) else value


def say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    main()
