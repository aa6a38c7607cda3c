"""Everything behind a grade in a terminal: the short story first, then each check in detail."""

from __future__ import annotations

import math
from collections.abc import Iterator

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from autograder.grading.explained import ExplainedCheck, MistakeEvidence
from autograder.grading.gaps import Compared, Gap
from autograder.grading.observe import clean
from autograder.model import Observation
from autograder.reports.explanation import Explanation
from autograder.reports.feedback import MARKS, number, total
from autograder.reports.summaries import described, summarized
from autograder.verdicts import ExerciseReport, JudgedAgainst, Verdict

_JUDGED: dict[JudgedAgainst, str] = {
    "reference": "the reference",
    "mistake": "the known mistake that the rule follows (carried forward)",
    "itself": "what the submission does in other checks",
    "nothing": "nothing: it depends on a rule that is wrong",
}

ROLE = {"python": "Python", "keras": "Keras", "tensorflow": "TensorFlow", "numpy": "NumPy"}


def show_explanation(console: Console, found: Explanation) -> None:
    """Print an explanation; of what was not asked for by name, only the checks that do not hold."""
    _story(console, found)
    shown = [each for each in found.checks if found.narrowed or each.verdict.status != "passed"]
    for each in shown:
        console.print()
        _check(console, each, found)
    console.print()
    if more := len(found.checks) - len(shown):
        said = "1 check holds" if more == 1 else f"{more} checks hold"
        console.print(f"{said}. For these details of them too: --exercise NAME, or --json FILE.")
        console.print()
    _origin(console, found)


def _story(console: Console, found: Explanation) -> None:
    report, recorded = found.explained.report, found.recorded
    score = "no final score" if recorded.ungraded else f"{number(recorded.score)} of "
    score += "" if recorded.ungraded else f"{number(recorded.max_score)} points"
    console.print(Text(f"{clean(report.student)}, {found.assignment}: {score}", style="bold"))
    if (book := recorded.gradebook) and book.differs:
        parts = [f"{number(book.score)} of {number(book.max_score)} in the gradebook"]
        parts += [f"{book.by_hand:+g} by hand"] if book.by_hand else []
        parts += [f"{number(book.waiting)} waiting"] if book.waiting else []
        parts += [f"-{number(book.late_penalty)} late"] if book.late_penalty else []
        console.print(", ".join(parts))
    console.print()
    for line in _again(found):
        console.print(line)
    console.print()
    for exercise in report.exercises:
        _exercise(console, exercise, found)
    for remark in report.remarks:
        console.print(Text(f"! {remark}", style="yellow"))


def _again(found: Explanation) -> Iterator[Text]:
    """Whether making the grade again gives the same, and why not."""
    origin, exact = found.provenance, found.bit_for_bit
    if not found.same:
        yield Text("Computed again with the same inputs: not the same.", style="bold red")
        yield from (Text(f"- {clean(each)}", style="red") for each in found.differences)
    elif exact:
        yield Text("Computed again with the same inputs: the same, bit for bit.", style="green")
    else:
        yield Text(
            "Computed again with the same inputs: the same verdicts. The results file has no "
            "digests of the numbers to compare.",
            style="green",
        )
    if origin.unchanged is False:
        yield Text("- The submission has changed since it was graded.", style="yellow")
    for change in origin.changes or ():
        yield Text(f"- Since then: {change}.", style="yellow")
    if origin.changes is None:
        yield Text("- The results file does not say which checks and versions it was made with.")
    if origin.sandbox[0] != origin.sandbox[1]:
        yield Text(f"- Sandbox then: {origin.sandbox[0]}; now: {origin.sandbox[1]}.")


def _exercise(console: Console, exercise: ExerciseReport, found: Explanation) -> None:
    shown = [v for v in exercise.verdicts if found.only in ("", f"{exercise.name}.{v.check}")]
    if not shown:
        return
    console.print(Text(f"{exercise.name}: {total(exercise)}", style="bold"))
    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(no_wrap=True, justify="right", min_width=5)
    grid.add_column()
    for verdict in shown:
        grid.add_row(MARKS[verdict.status], _points(verdict), Text(verdict.check))
        if verdict.message and verdict.status != "passed":
            grid.add_row("", "", Text(clean(verdict.message), style="dim"))
    console.print(Padding(grid, (0, 2), expand=False))
    for each in found.explained.evidence:
        if each.exercise == exercise.name:
            console.print(Padding(Text(_evidence(each)), (0, 2), expand=False))


def _evidence(found: MistakeEvidence) -> str:
    known = found.misconception
    name = known.known_as.replace("_", " ")
    if known.same_as:  # one of its family
        name += f" (here: {known.name.replace('_', ' ')})"
    said = (
        f"Looks like: {name}. In {len(found.alike)} of {found.failed} checks that fail by the "
        f"reference, the numbers are those of this mistake: {', '.join(found.alike) or 'none'}."
    )
    if found.otherwise:
        said += f" Not in: {', '.join(found.otherwise)}."
    return said


def _points(verdict: Verdict) -> str:
    earned = "?" if verdict.status == "ungraded" else number(verdict.points)
    return f"{earned}/{number(verdict.max_points)}"


def _check(console: Console, found: ExplainedCheck, whole: Explanation) -> None:
    check, verdict = found.check, found.verdict
    hidden = ", hidden from students" if check.hidden else ""
    console.print(
        Text.assemble((check.id, "bold"), f" ({_points(verdict)} points, {check.aspect}{hidden})")
    )
    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_column(no_wrap=True, min_width=10)
    grid.add_column(overflow="fold")

    def row(name: str, content: RenderableType) -> None:
        grid.add_row(Text(name, style="dim"), content)

    row("claim", Text(check.claim))
    said = f": {clean(verdict.message)}" if verdict.message else ""
    row("verdict", Text(f"{verdict.status}{said}"))
    before = whole.before(check.exercise, check.name)
    row("recorded", Text("nothing" if before is None else _same(before.observed, verdict)))
    row("judged by", Text(_JUDGED[verdict.judged_against]))
    for name, value in found.inputs.items():
        withheld = " (withheld from the submission)" if name in check.withheld else ""
        row("input", Text(f"{name}: {described(value)}{withheld}"))
    row("expected", _seen(found.expected))
    row("observed", _seen(found.observed))
    for name, line in _compared(found.compared):
        row(name, Text(line))
    if found.compared and not found.compared.own:
        row("", Text("The check itself decides by a function of its own."))
    if found.mistake and (verdict.status != "passed" or verdict.judged_against == "mistake"):
        row("mistake", _seen(found.mistake))
        for name, line in _compared(found.beside_mistake):
            row(name, Text(f"beside the mistake: {line}"))
    console.print(Padding(grid, (0, 2), expand=False))


def _same(before: str, now: Verdict) -> str:
    if not before:
        return "no digest of the numbers" if now.observed else "nothing was run, as now"
    return "the same numbers, bit for bit" if before == now.observed else "other numbers"


def _seen(seen: Observation | None) -> Text:
    if seen is None:
        return Text("nothing was run: the exercise is not defined")
    if failure := seen.failure:
        where = f" ({failure.where})" if failure.where else ""
        return Text(clean(f"{failure.kind}: {failure.message}{where}"))
    return Text("\n".join(f"{clean(name)}: {summarized(a)}" for name, a in seen.arrays.items()))


def _compared(found: Compared | None) -> Iterator[tuple[str, str]]:
    """Lines and their labels."""
    if found is None:
        return
    what = "measured numbers" if found.measure else "numbers"
    if found.problem:
        yield "compared", f"cannot be: {found.problem.rstrip('.')}"
    elif found.first is None or found.largest is None:
        yield "compared", f"all {found.total} {what} within {_tolerance(found)}"
    else:
        of = f"{found.differing} of {found.total} {what}"
        yield "compared", f"{of} differ by more than {_tolerance(found)}"
        yield "first", _gap(found.first)
        if found.largest != found.first:
            yield "largest", _gap(found.largest)


def _tolerance(found: Compared) -> str:
    return f"{found.atol:g} + {found.rtol:g} * |expected|"


def _gap(gap: Gap) -> str:
    text = f"{clean(gap.place)}: expected {gap.expected:.9g}, observed {gap.observed:.9g}"
    if not math.isfinite(gap.off):
        return text
    times = gap.off / gap.allowed if gap.allowed else math.inf
    many = f", {times:,.0f} times that" if math.isfinite(times) and times >= 2 else ""
    return f"{text}; off by {gap.off:.3g}, allowed {gap.allowed:.3g}{many}"


def _origin(console: Console, found: Explanation) -> None:
    origin = found.provenance
    console.print(Text("Where this comes from", style="bold"))
    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_column(no_wrap=True, min_width=10)
    grid.add_column(overflow="fold")
    states = {
        True: "unchanged since it was graded",
        False: "changed since it was graded",
        None: "the results file does not say whether it has changed",
    }
    versions = ", ".join(f"{ROLE.get(name, name)} {each}" for name, each in origin.versions.items())
    for name, text in (
        ("submission", str(origin.file)),
        ("", states[origin.unchanged]),
        ("sha256", origin.sha256),
        ("seed", f"{origin.seed} ({origin.whose_seed})"),
        ("sandbox", origin.sandbox[1]),
        ("versions", versions),
        ("results", str(origin.results)),
        ("reproduce", origin.command),
    ):
        grid.add_row(Text(name, style="dim"), Text(clean(text, 2000)))
    console.print(Padding(grid, (0, 2), expand=False))
