"""What commands print: a single report, a class table, a proof and progress. No keras."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from autograder.grading.decide import UNWRITTEN
from autograder.grading.predicted import report_on
from autograder.grading.proof import Proof
from autograder.reports.beside import Beside
from autograder.reports.class_table import class_table, diagnosis
from autograder.reports.feedback import total
from autograder.reports.live import Live
from autograder.reports.proof import show_proof
from autograder.reports.report import ReportLines, show_report
from autograder.reports.sparklines import Sparkline
from autograder.reports.standing import Standing
from autograder.reports.terminal import LINES, WIDE, new_console, progress
from autograder.reports.verdict_table import verdict_table, verdict_text
from autograder.sources.assignment import Assignment
from autograder.sources.predictions import Prediction
from autograder.verdicts import ExerciseReport, Report, Status, Verdict


def verdict(name: str, status: Status, points: float = 2.0, **more: Any) -> Verdict:
    return Verdict(name, f"It {name}.", status, points if status == "passed" else 0, points, **more)


def report(*exercises: ExerciseReport, remarks: tuple[str, ...] = ()) -> Report:
    return Report("ada", "optimizers", exercises, 7, "landlock", remarks)


MISTAKE: dict[str, Any] = {"misconception": "no_bias_correction", "hint": "Correct both moments."}
ADAM = ExerciseReport(
    "Adam",
    bonus=False,
    verdicts=(
        verdict("moves", "passed"),
        verdict("corrects_bias", "failed", message="expected 0.76, got 0.81.", **MISTAKE),
        verdict("corrects_it_again", "failed", message="expected 0.76, got 0.81.", **MISTAKE),
    ),
)
NESTEROV = ExerciseReport("Nesterov", bonus=True, verdicts=(verdict("looks_ahead", "passed", 1.5),))
HIDDEN = ExerciseReport(
    "SGD",
    bonus=False,
    verdicts=(verdict("secret", "failed", message="it looks at x.", hidden=True, **MISTAKE),),
)
BROKE = "cell 7, line 12: `a_long_line()` · TypeError: It broke."
MEANT = "TypeError: It broke. · Keras calls update_step, and this class does not define it."
UNGRADED = ExerciseReport("SGD", bonus=False, verdicts=(verdict("moves", "ungraded"),))


def unwritten(name: str) -> ExerciseReport:
    stub = verdict("moves", "failed", message=f"{UNWRITTEN}: update the velocity.")
    return ExerciseReport(name, bonus=False, verdicts=(stub,))


def written(console: Console) -> str:
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def printed(renderable: Any, width: int = WIDE) -> str:
    console = Console(file=StringIO(), width=width, highlight=False)
    console.print(renderable)
    return written(console)


# --- one submission ------------------------------------------------------------------------------


def shown(found: Report, **options: Any) -> str:
    console = Console(file=StringIO(), width=WIDE, highlight=False)
    show_report(console, found, Path("optimizers.ipynb"), **options)
    return written(console)


def test_a_report_shows_what_is_wrong_first_and_folds_what_holds() -> None:
    text = shown(report(ADAM, NESTEROV, remarks=("The locked cell check-Adam was edited.",)))
    assert text.startswith("optimizers.ipynb\n  The locked cell check-Adam was edited.")
    wrong, holding = text.index("✗   0/2  It corrects_bias."), text.index("1 check holds.")
    assert text.index("Adam: 2 of 6 points") < wrong < holding
    assert "It moves." not in text
    assert "✓ Nesterov: 1.5 of 1.5 points (bonus)" in text
    assert text.endswith("Score: 3.5 of 6 points, 1.5 of them bonus\n")


def test_all_lists_what_holds_one_by_one() -> None:
    text = shown(report(ADAM, NESTEROV), everything=True)
    assert "✓   2/2  It moves." in text
    assert "✓ 1.5/1.5  It looks_ahead." in text
    assert "holds" not in text


def test_an_unwritten_exercise_is_one_line() -> None:
    stub = f"{UNWRITTEN}: update the velocity (cell 12, line 3: `raise NotImplementedError`)"
    checks = tuple(verdict(f"step_{n}", "failed", message=stub) for n in range(9))
    text = shown(report(ExerciseReport("SGD", False, checks), unwritten("Adam")))
    assert "\n· SGD: not written yet (cell 12), 0 of 18 points\n· Adam: not written yet" in text


def predictions(*values: str) -> ExerciseReport:
    asked = [Prediction(name, "abc") for name in ("dip", "end")]
    return report_on(dict(zip(("dip", "end"), values, strict=False)), asked)


def test_predictions_are_one_line_as_long_as_none_is_made() -> None:
    line = "· predictions: not made yet (prediction_dip, prediction_end), 0 of 1 points"
    assert f"\n{line}\n" in shown(report(unwritten("SGD"), predictions("?", "?")))
    assert shown(report(predictions("?", "?")), everything=True).count("✗") == 2
    # One is made, or no cell sets one, for which there is more to say.
    for values in (("a", "?"), ("?",)):
        assert "not made yet (" not in shown(report(predictions(*values)))
    with Live(Console(file=StringIO(), width=WIDE), first=True) as live:
        assert live.judged(predictions("?", "?"))
        assert not live.judged(predictions("a", "?"))


def test_what_an_exercise_uses_is_fixed_first() -> None:
    console = Console(file=StringIO(), width=WIDE)
    lines = ReportLines(console)
    lines.exercise(ADAM, wrong=["walk"])
    assert "It uses your walk, which is not right yet: fix that first." in written(console)
    lines = ReportLines(console := Console(file=StringIO(), width=WIDE), everything=True)
    lines.exercise(NESTEROV, wrong=["walk"])
    assert "fix that first" not in written(console)


def test_a_cause_of_all_checks_is_told_without_the_checks() -> None:
    missing = "There is no class named SGD."
    checks = tuple(verdict(f"step_{n}", "failed", message=missing) for n in range(9))
    text = shown(report(ExerciseReport("SGD", False, checks)))
    assert "SGD: 0 of 18 points\n  ✗        There is no class named SGD." in text
    assert "step" not in text


def test_a_file_that_cannot_be_read_is_told_once() -> None:
    reason = "mine.ipynb is not a valid notebook."
    checks = tuple(verdict(f"step_{n}", "failed", message=reason) for n in range(2))
    exercise = ExerciseReport("SGD", False, checks)
    text = shown(report(exercise, exercise, remarks=(reason,)))
    assert text.count(reason) == 1
    assert text.count("✗ SGD: 0 of 4 points") == 2


def test_the_first_failure_alone_is_shown_and_nothing_after_its_exercise() -> None:
    console = Console(file=StringIO(), width=WIDE, highlight=False)
    with Live(console, first=True) as live:
        live.begins(Path("optimizers.ipynb"), ())
        assert live.judged(NESTEROV)
        assert live.judged(unwritten("SGD"))
        assert not live.judged(ADAM)
        live.ends(report(NESTEROV, ADAM), 2.0)
    text = written(console)
    assert text.count("✗") == 1
    assert "Stopped at the first failure" in text
    assert "Score" not in text


def test_points_of_checks_that_run_only_in_grading_are_told() -> None:
    console = Console(file=StringIO(), width=WIDE, highlight=False)
    with Live(console) as live:
        live.ends(report(NESTEROV), 2.0)
    said = "2 more points are for checks that run only when you are graded."
    assert written(console).endswith(f"{said}\n")


def test_a_message_and_its_hint_are_shown_once() -> None:
    text = shown(report(ADAM))
    assert text.count("expected 0.76, got 0.81.") == 1
    assert text.count("Looks like: no bias correction. Correct both moments.") == 1


MISSPELT = (
    "cell 7, line 12: `self.sped * x` · AttributeError: 'Adam' object has no attribute 'sped'"
)
SHAPES = "cell 7, line 12: `x + y` · InvalidArgumentError: Incompatible shapes: [{}] vs. [4]"


def with_one_that_holds(exercise: ExerciseReport) -> Report:
    holding = (*exercise.verdicts, verdict("moves", "passed"))
    return report(ExerciseReport(exercise.name, exercise.bonus, holding))


def broken(*said: str, hidden: bool = False) -> ExerciseReport:
    named = enumerate(said)
    return ExerciseReport(
        "Adam",
        bonus=False,
        verdicts=tuple(
            verdict(f"step_{n}", "error", message=text, hidden=hidden and n > 0)
            for n, text in named
        ),
    )


@pytest.mark.parametrize("show", [verdict_text, lambda found: shown(with_one_that_holds(found))])
@pytest.mark.parametrize(
    "said",
    [
        13 * (MISSPELT,),
        tuple(SHAPES.format(f"2, {size}") for size in range(13)),
        tuple(f"{BROKE} Variable 'weight_{n}' shape=({n},){'>]' * (n % 2)}" for n in range(13)),
    ],
    ids=["one message", "with the numbers of each check", "with its variables"],
)
def test_one_cause_of_many_failed_checks_is_told_once(said: tuple[str, ...], show: Any) -> None:
    text = " ".join(show(broken(*said)).split())
    assert text.count("line 12") == 1
    assert "The same in 12 more checks." in text
    assert "The same in 1 more check." in " ".join(show(broken(*said[:2])).split())


def test_other_names_without_a_line_are_told_apart() -> None:
    said = [f"TypeError: missing a required argument: {name!r}" for name in ("seed", "training")]
    assert "The same" not in shown(report(broken(*said)))


def test_causes_on_two_lines_are_told_both() -> None:
    text = shown(report(broken(MISSPELT, MISSPELT.replace("12", "14"))))
    assert "line 12" in text
    assert "line 14" in text
    assert "The same" not in text


@pytest.mark.parametrize("show", [verdict_text, verdict_table])
def test_how_many_hidden_checks_fail_alike_is_not_told(show: Any) -> None:
    assert "The same" not in show(broken(MISSPELT, MISSPELT, hidden=True))


def with_beside(width: int = WIDE, encoding: str = "utf-8", **options: Any) -> str:
    """Adam with what it printed, in three checks, and two curves in one."""
    curves = Sparkline("▁▂│▃▄", "▁▂│▆█", "m differs from update 3 on: 1 instead of 2.")
    beside = {
        "moves": Beside(("holding",)),
        "corrects_bias": Beside(("[bold]m[/]  " + 60 * "9", ""), 1234, curves=curves),
        "corrects_it_again": Beside(("[bold]m[/]  " + 60 * "9", ""), 1234),
    }
    file = TextIOWrapper(BytesIO(), encoding=encoding, errors="replace")
    console = Console(file=file, width=width, highlight=False)
    ReportLines(console, **options).exercise(told_apart(ADAM), beside)
    file.seek(0)
    return file.read()


def told_apart(exercise: ExerciseReport) -> ExerciseReport:
    """The same with messages of their own."""
    own = (replace(v, message=v.message and f"{v.check}: {v.message}") for v in exercise.verdicts)
    return replace(exercise, verdicts=tuple(own))


def test_what_was_printed_is_below_the_failed_check_with_two_curves() -> None:
    lines = [line.strip() for line in with_beside().splitlines()]
    at = lines.index("yours     ▁▂│▃▄")
    assert lines[at + 1 : at + 7] == [
        "expected  ▁▂│▆█",
        "m differs from update 3 on: 1 instead of 2.",
        "Printed:",
        "[bold]m[/]  " + 60 * "9",
        "",
        "... and 1,234 more lines",
    ]
    assert lines.count("Printed the same again.") == 1
    assert "holding" not in lines


def test_all_shows_what_checks_that_hold_printed() -> None:
    assert "holding" in with_beside(everything=True)


def test_the_first_failure_has_its_prints_and_no_other() -> None:
    text = with_beside(first=True)
    assert text.count("Printed") == 1


def test_prints_and_curves_fit_into_60_columns() -> None:
    lines = with_beside(width=60).splitlines()
    assert max(map(len, lines)) <= 60
    assert "".join(line.strip() for line in lines).count(60 * "9") == 1


def test_where_there_are_no_block_characters_there_are_no_curves() -> None:
    text = with_beside(encoding="ascii")
    assert "Printed:" in text
    assert "yours" not in text
    assert "differs from update" not in text


def test_what_was_printed_before_one_cause_of_all_checks_is_shown() -> None:
    said = Beside(("in __init__",))
    console = Console(file=StringIO(), width=WIDE, highlight=False)
    ReportLines(console).exercise(broken(MISSPELT, MISSPELT), {"step_0": said, "step_1": said})
    assert written(console).count("in __init__") == 1


def test_what_the_grader_could_not_decide_has_no_points() -> None:
    text = shown(report(UNGRADED))
    assert "SGD: not graded yet" in text
    assert "?   ?/2  It moves." in text


# --- feedback ------------------------------------------------------------------------------------


@pytest.mark.parametrize("show", [verdict_text, verdict_table])
def test_a_hidden_check_reveals_its_points_only(show: Any) -> None:
    text = show(HIDDEN)
    assert "Hidden check" in text
    assert "0 / 2" in text
    for secret in ("secret", "looks at", "Correct both", "bias"):
        assert secret not in text


def test_the_table_escapes_what_students_wrote() -> None:
    message = "<script>alert(1)</script> & more"
    exercise = ExerciseReport("SGD", False, (verdict("moves", "failed", message=message),))
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; more" in verdict_table(exercise)
    assert message in verdict_text(exercise)


def test_points_are_said_in_words() -> None:
    assert total(ADAM) == "2 of 6 points"
    assert total(NESTEROV) == "1.5 of 1.5 points (bonus)"
    assert total(UNGRADED).startswith("not graded yet")


# --- a class -------------------------------------------------------------------------------------


def test_a_class_table_has_a_column_per_exercise_where_there_is_room() -> None:
    wide = printed(class_table([report(ADAM, NESTEROV)], WIDE))
    header, _, row, *_ = [line for line in wide.splitlines() if line.strip()]
    assert header.split() == ["student", "score", "Adam", "Nesterov*", "diagnosis"]
    assert row.split()[:4] == ["ada", "3.5/6", "2", "1.5"]
    assert "* bonus: counts toward the score, not the maximum" in wide
    narrow = printed(class_table([report(ADAM, NESTEROV)], WIDE - 1), width=WIDE - 1)
    assert "Nesterov" not in narrow
    assert "bonus:" not in narrow


def test_a_class_table_says_what_a_person_gave_and_what_waits() -> None:
    standings = {"ada": Standing(9, 15, by_hand=6, waiting=3, late_penalty=0.5)}
    wide = printed(class_table([report(ADAM, NESTEROV)], WIDE, standings))
    assert "9/15" in wide
    assert "+6 by hand, 3 waiting, -0.5 late" in wide
    assert "of these" not in printed(class_table([report(ADAM)], WIDE, {"ada": Standing(9, 15)}))


def test_an_empty_class_is_an_empty_table() -> None:
    assert "student" in printed(class_table([], WIDE))


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (report(NESTEROV), ""),
        (report(ADAM), "Adam: no bias correction"),
        (report(ADAM, unwritten("AdamW")), "Adam: no bias correction; not written: AdamW"),
        (report(unwritten("SGD"), unwritten("Adam")), "not written: SGD, Adam"),
        (
            report(ExerciseReport("SGD", False, (verdict("a", "error", message="It broke."),))),
            "SGD: It broke",
        ),
        (
            report(ExerciseReport("SGD", False, (verdict("a", "error", message=BROKE),))),
            "SGD: TypeError: It broke",
        ),
        (
            report(ExerciseReport("SGD", False, (verdict("a", "error", message=MEANT),))),
            "SGD: TypeError: It broke",
        ),
        (report(NESTEROV, remarks=("A cell was edited.",)), "A cell was edited"),
    ],
    ids=[
        "all right",
        "named",
        "named and unwritten",
        "unwritten",
        "unnamed",
        "raised",
        "meant",
        "remark",
    ],
)
def test_the_diagnosis_is_the_mistake_or_else_the_first_problem(found: Report, words: str) -> None:
    assert diagnosis(found) == words


def test_a_long_diagnosis_is_cut_and_says_how_much_is_missing() -> None:
    broken = [
        ExerciseReport(name, False, (verdict("a", "error", message=name * 100),)) for name in "SRA"
    ]
    words = diagnosis(report(*broken))
    assert words.endswith("...; and 1 more")
    assert len(words) < 200
    sentence = (
        "The velocity of every variable must be stored in a slot, and updated in place there."
    )
    broken = [ExerciseReport("SGD", False, (verdict("a", "error", message=sentence),))]
    assert diagnosis(report(*broken)).endswith("updated in...")


def test_what_a_student_wrote_is_not_read_as_markup() -> None:
    broken = ExerciseReport("SGD", False, (verdict("a", "error", message="[bold]x[/bold]"),))
    assert "[bold]x[/bold]" in printed(class_table([report(broken)], WIDE))


# --- a proof -------------------------------------------------------------------------------------


SECONDS = {"walk.takes_every_step": 0.251}


def proven(assignment: Assignment, *problems: str) -> str:
    uphill, never, *_ = assignment.misconceptions
    proof = Proof(
        "downhill",
        caught={uphill: ("takes_every_step",), never: ()},
        passed={uphill: ("starts_at_the_start",), never: ("takes_every_step",)},
        problems=list(problems),
        counts={"seeds": 2},
        seconds=SECONDS,
    )
    console = Console(file=StringIO(), width=WIDE, highlight=False)
    show_proof(console, assignment, proof)
    return written(console)


def test_a_proof_shows_which_checks_catch_which_misconception(assignment: Assignment) -> None:
    rows = [line.split() for line in proven(assignment).splitlines()]
    assert ["uphill", "x", "·"] in rows
    assert ["never_moves_on", "·"] in rows  # it was tried in one of the two
    assert ["1", "0.25", "s", "takes_every_step"] in rows


def test_a_proof_ends_with_its_problems(assignment: Assignment) -> None:
    assert "✓ downhill: the reference and every variant pass" in proven(assignment)
    text = proven(assignment, "the stub passes walk.a.")
    assert "✗ the stub passes walk.a." in text
    assert text.endswith("downhill: 1 problem (2 seeds).\n")
    assert proven(assignment, "one.", "two.").endswith("downhill: 2 problems (2 seeds).\n")


# --- the console ---------------------------------------------------------------------------------


def test_where_there_is_no_terminal_progress_is_a_few_plain_lines() -> None:
    console = Console(file=StringIO(), width=WIDE)
    with progress(console, "graded", 100) as step:
        for number in range(100):
            step(f"student [{number}]")
    lines = written(console).splitlines()
    assert len(lines) == LINES
    assert lines[-1] == "graded 100/100: student [99]"


def test_progress_shows_no_name_that_steers_the_terminal() -> None:
    console = Console(file=StringIO(), width=WIDE)
    with progress(console, "graded", 1) as step:
        step("a\u202eda\x1b[2J")
    assert console.file.getvalue() == "graded 1/1: a\\u202eda\\x1b[2J\n"  # type: ignore[attr-defined]


def test_on_a_terminal_progress_leaves_nothing_behind() -> None:
    console = Console(file=StringIO(), width=WIDE, force_terminal=True, legacy_windows=False)
    with progress(console, "graded", 2) as step:
        step("[ada]")
        step("bo")
    assert written(console).endswith("\x1b[2K")


@pytest.mark.usefixtures("capsys")
def test_output_to_a_file_or_pipe_is_wide_unless_columns_says_how_wide(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    assert new_console().width == WIDE
    monkeypatch.setenv("COLUMNS", "60")
    assert new_console().width == 60


def test_a_terminal_shows_each_check_as_soon_as_it_has_run() -> None:
    console = Console(file=StringIO(), width=WIDE, force_terminal=True, legacy_windows=False)
    with Live(console) as live:
        live.doing("Checking Adam (1 of 2)")
        for claim, holds in (("It moves.", True), ("It [obeys].", False), ("It is saved.", None)):
            live.decided(claim, holds, 4)
        now = live._now.text().plain
        live.judged(ADAM)
        assert live._status.status == " "  # below the verdict it would be out of date
    assert now == "Checking Adam (1 of 2) ...  ✓✗·  3 of 4 checks\n  ✗ It [obeys]."
