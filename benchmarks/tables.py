"""Results as tables, with the targets beside what was measured."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median

from cold_start import BARE
from figures import KNOWN, NBGRADER, OTTER, OURS, UNCHANGED, Found, each


def tables(results: Found) -> str:
    """All parts that were measured, in Markdown."""
    parts, lines = results["parts"], [_machine(results["machine"])]
    for name, of in (
        ("graders", _graders),
        ("assignments", _assignments),
        ("sizes", _sizes),
        ("gradebook", _gradebook),
        ("cores", _cores),
        ("start", _start),
    ):
        if name in parts:
            part = parts[name]
            lines += [f"\n{name}: {part['date']}, {part['minutes']} minutes\n", *of(part)]
    if rows := list(_targets(parts)):
        lines += ["\ntargets\n", *_table(["", "target", "measured"], rows)]
    return "\n".join(lines)


def _machine(machine: Found) -> str:
    libraries = ", ".join(f"{name} {machine[name]}" for name in ("keras", "tensorflow", "nbgrader"))
    return (
        f"{machine['processor']}, {machine['cores']} cores, {machine['memory_gb']} GB; "
        f"{machine['system']}, Python {machine['python']}, {libraries}"
    )


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return ["| " + " | ".join(line) + " |" for line in lines]


def times(parts: Found, kind: str, other: str, what: str = "cpu") -> float | None:
    """How many times our seconds another grader takes; None if that was not measured.

    Args:
        kind: of the class.
        other: the grader.
        what: "cpu" or "wall".
    """
    classes = parts.get("graders", {}).get("classes", {})
    ours = classes.get(kind, {}).get("runs", {}).get(OURS)
    theirs = classes.get("distinct", {}).get("runs", {}).get(other)
    return each(theirs, what) / each(ours, what) if ours and theirs else None


def _graders(part: Found) -> list[str]:
    rows = []
    for kind, found in part["classes"].items():
        for name, run in found["runs"].items():
            size = str(run["submissions"])
            cpu, wall = f"{each(run):.2f}", f"{each(run, 'wall'):.2f}"
            memory = f"{run['peak_mb']:.0f}" if "peak_mb" in run else "not read"
            rows.append([f"{kind}: {name}", size, cpu, wall, memory, f"{run['load']:.1f}"])
    head = ["class: grader", "submissions", "CPU s each", "s each", "peak MB", "load"]
    lines = _table(head, rows)
    for kind, found in part["classes"].items():
        if "exercises" in found:
            lines.append(
                f"\n{kind}: {found['exercises']} exercises, {found['different']} different."
            )
    version = part.get("otter", "")
    return [*lines, f"Otter: {version}"] if version else lines


def _assignments(part: Found) -> list[str]:
    rows = []
    for spent in part["assignments"]:
        slowest = max(spent["slowest"], key=spent["slowest"].get)
        rows.append(
            [
                spent["assignment"],
                *(f"{spent[w]:.2f}" for w in ("total", "probes", "children", "grader", "floor")),
                f"{spent['total'] / spent['floor']:.2f}",
                f"{spent['processes']:.0f}",
                f"{spent['observations']:.0f}",
                f"{slowest} ({spent['slowest'][slowest]:.2f})",
            ]
        )
    head = ["CPU s a submission", "all", "probes", "children", "grader", "floor", "all / floor"]
    return _table([*head, "children started", "probes run", "slowest probe"], rows)


def _sizes(part: Found) -> list[str]:
    rows = []
    for found in part["classes"]:
        number, disk = found["students"], found["bytes"]
        rows.append(
            [
                str(number),
                f"{each(found['graded']):.2f}",
                f"{each(found['again']):.3f}",
                f"{found['graded']['peak_mb']:.0f}",
                f"{found['rows'] / number:.0f}",
                *(f"{disk[name] / number / 1024:.0f}" for name in ("gradebook.db", "feedback")),
                f"{disk['autograded'] / number / 1024:.0f}",
                f"{disk['.autograder'] / number / 1024:.0f}",
                f"{disk['results'] / number / 1024:.0f}",
                f"{found['graded']['load']:.1f}",
            ]
        )
    head = ["students", "CPU s each", "again", "peak MB", "rows each", "KB each: gradebook"]
    more = ["feedback", "autograded", "journal, observations", "results", "load"]
    return _table([*head, *more], rows)


def _gradebook(part: Found) -> list[str]:
    rows = [
        [
            f"{found['students']:,}",
            f"{found['rows']:,}",
            f"{found['bytes'] / 2**20:,.0f}",
            f"{found['save']:.3f}",
            *(f"{found[each]:.2f}" for each in ("standings", "student_dicts")),
        ]
        for found in part["sizes"]
    ]
    head = ["students", "rows", "MB", "CPU s to record one more", "class table"]
    return _table([*head, "formgrader: students"], rows)


def _cores(part: Found) -> list[str]:
    rows = []
    for number, took in enumerate(part["rounds"], 1):
        seconds = [f"{each(took[count], 'wall'):.2f}" for count in ("1", "2")]
        ratio, load = took["1"]["wall"] / took["2"]["wall"], took["2"]["load"]
        rows.append([str(number), *seconds, f"{ratio:.2f}", f"{load:.1f}"])
    return _table(["round", "s each, one core", "two cores", "ratio", "load"], rows)


def _start(part: Found) -> list[str]:
    bare = part["seconds"][BARE]
    rows = [[name, f"{s:.2f}", f"{s / bare:.2f}"] for name, s in part["seconds"].items()]
    lines = _table([f"load {part['load']:.1f}", "s", f"times {BARE}"], rows)
    return [*lines, *(["", *part["watch"]] if part.get("watch") else [])]


def _targets(parts: Found) -> Iterator[list[str]]:
    """The project's targets; a line that is missing was not measured."""
    for kind, target in (("distinct", 15), ("realistic", 60)):
        for other in (NBGRADER, OTTER):
            for what, unit in (("wall", "by the clock"), ("cpu", "in CPU seconds")):
                if (ratio := times(parts, kind, other, what)) is not None:
                    wanted = f"≥ {target}" if (other, what) == (NBGRADER, "wall") else ""
                    yield [f"times {other}, {kind} class, {unit}", wanted, f"{ratio:.1f}"]
    for kind, found in parts.get("graders", {}).get("classes", {}).items():
        runs = found["runs"]
        for again, wanted in ((UNCHANGED, "≥ 50"), (KNOWN, "")):
            ratio = runs[OURS]["cpu"] / runs[again]["cpu"]
            yield [f"second run, {kind} class ({again}): times faster", wanted, f"{ratio:.1f}"]
    if spent := parts.get("assignments", {}).get("assignments"):
        ratio = sum(s["total"] for s in spent) / sum(s["floor"] for s in spent)
        yield ["our CPU over the floor, all assignments", "≤ 1.3", f"{ratio:.2f}"]
    if classes := parts.get("sizes", {}).get("classes"):
        first, last = classes[0], classes[-1]
        ratio = each(last["graded"]) / each(first["graded"])
        sizes = f"{last['students']} over {first['students']} students"
        yield [f"CPU a submission, {sizes}", "≤ 1.1 at 10,000 / 100", f"{ratio:.2f}"]
        peak = max(found["graded"]["peak_mb"] for found in classes)
        yield ["grader's peak memory", "< 500 MB", f"{peak:.0f} MB"]
        own = max(found["graded"]["child_own_mb"] for found in classes)
        yield ["a child's own memory, as sampled", "< 150 MB", f"{own:.0f} MB"]
    if rounds := parts.get("cores", {}).get("rounds"):
        ratio = median(took["1"]["wall"] / took["2"]["wall"] for took in rounds)
        yield ["two cores over one", "≥ 1.8", f"{ratio:.2f}"]
