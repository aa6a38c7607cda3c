"""Results as one picture; a part that was not measured has no panel."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import matplotlib as mpl
from figures import NBGRADER, OTTER, OURS, Found, each
from matplotlib.axes import Axes
from matplotlib.figure import Figure

OUR_COLOR, THEIR_COLOR, EXTRA_COLOR = "#1f6f8b", "#b0b7bf", "#e08e45"


def draw(results: Found, path: Path) -> None:
    """Draw the chart to a file, of the kind that its name says."""
    panels: dict[str, Callable[[Axes, Found], None]] = {
        "graders": _graders,
        "assignments": _assignments,
        "sizes": _sizes,
        "cores": _cores,
    }
    shown = [name for name in panels if name in results["parts"]]
    if not shown:
        return
    with mpl.rc_context({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False}):
        figure = Figure(figsize=(10, 3.6 * ((len(shown) + 1) // 2)), layout="constrained")
        for number, name in enumerate(shown, 1):
            axes = figure.add_subplot((len(shown) + 1) // 2, min(2, len(shown)), number)
            panels[name](axes, results["parts"][name])
        # No date in the file: the same results give the same chart.
        figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)


def _graders(axes: Axes, part: Found) -> None:
    bars: list[tuple[str, float, str]] = []
    for kind, found in part["classes"].items():
        for name, run in found["runs"].items():
            color = THEIR_COLOR if name in (NBGRADER, OTTER) else OUR_COLOR
            label = f"{kind} class" if name == OURS else name.removeprefix(f"{OURS}, ")
            label = label if name in (NBGRADER, OTTER, OURS) else f"{kind}, {label}"
            bars.append((label, each(run), color))
    bars.sort(key=lambda bar: bar[1])
    drawn = axes.barh([b[0] for b in bars], [b[1] for b in bars], color=[b[2] for b in bars])
    axes.bar_label(drawn, [f"{bar[1]:.2g}" for bar in bars], padding=3)
    axes.set_xscale("log")
    axes.margins(x=0.2)
    axes.set_xlabel("CPU seconds for one submission, log scale")
    axes.set_title(f"{part['assignment']}: this grader (blue) and others", loc="left")


def _assignments(axes: Axes, part: Found) -> None:
    found = sorted(part["assignments"], key=lambda spent: float(spent["total"]))
    names, left = [spent["assignment"] for spent in found], [0.0] * len(found)
    for what, color in (("probes", OUR_COLOR), ("children", EXTRA_COLOR), ("grader", THEIR_COLOR)):
        widths = [spent[what] for spent in found]
        axes.barh(names, widths, left=left, color=color, label=what)
        left = [start + width for start, width in zip(left, widths, strict=True)]
    axes.plot([s["floor"] for s in found], names, "k|", markersize=14, label="floor")
    axes.set_xlabel("CPU seconds for one right submission")
    axes.set_title("Where time goes", loc="left")
    axes.legend(frameon=False, loc="lower right")


def _sizes(axes: Axes, part: Found) -> None:
    students = [found["students"] for found in part["classes"]]
    seconds = [each(found["graded"]) for found in part["classes"]]
    memory = [found["graded"]["peak_mb"] for found in part["classes"]]
    axes.plot(students, seconds, "o-", color=OUR_COLOR)
    axes.set_xscale("log")
    axes.set_xlabel("students in the class, log scale")
    axes.set_ylabel("CPU seconds a submission", color=OUR_COLOR)
    axes.set_ylim(bottom=0)
    other = axes.twinx()
    other.plot(students, memory, "s--", color=EXTRA_COLOR)
    other.set_ylabel("grader's peak memory, MB", color=EXTRA_COLOR)
    other.set_ylim(bottom=0)
    other.spines["right"].set_visible(True)
    axes.set_title(f"{part['assignment']}: a larger class", loc="left")


def _cores(axes: Axes, part: Found) -> None:
    for count, color in (("1", THEIR_COLOR), ("2", OUR_COLOR)):
        seconds = [each(took[count], "wall") for took in part["rounds"]]
        places = [number + (0.2 if count == "2" else -0.2) for number in range(1, len(seconds) + 1)]
        label = "one core" if count == "1" else "two cores"
        axes.bar(places, seconds, width=0.38, color=color, label=label)
    axes.set_xticks(range(1, len(part["rounds"]) + 1))
    axes.set_xlabel("round")
    axes.set_ylabel("seconds a submission, by the clock")
    axes.set_title(f"{part['assignment']}: one core and two", loc="left")
    axes.margins(y=0.25)
    axes.legend(frameon=False, ncols=2, loc="upper center")
