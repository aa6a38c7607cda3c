"""The commands for students, which ``cli.py`` adds to the others."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from autograder.verdicts import Report

INTERRUPTED = 130
"""Exit code after Ctrl-C, as in a shell."""

PathsArgument = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="PATH",
        help="Notebooks, modules (.py) or folders.",
        show_default="current directory",
    ),
]
OnlyOption = Annotated[
    list[str] | None,
    typer.Option("--only", metavar="EXERCISE", help="Check only this exercise. Can be repeated."),
]
HintOption = Annotated[
    int,
    typer.Option(
        "--hint",
        metavar="N",
        min=1,
        max=3,
        help="How much a hint says: 1 asks a question, 2 adds the idea, 3 where to look.",
    ),
]


def check(
    paths: PathsArgument = None,
    only: OnlyOption = None,
    hint: HintOption = 1,
    first: Annotated[
        bool,
        typer.Option("--first", help="Stop at the first failure, and show it alone."),
    ] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="List the checks that hold one by one, too.")
    ] = False,
    json: Annotated[
        Path | None,
        typer.Option("--json", metavar="FILE", help="Also write the results to this file."),
    ] = None,
) -> None:
    """Run the public checks on your own work."""
    from autograder.reports.live import Live
    from autograder.reports.terminal import new_console

    console = new_console()
    reports: list[Report] = []
    try:
        with Live(console, hints=hint, everything=everything, first=first) as live:
            from autograder.desks.student import check_paths

            chosen, wanted = paths or [Path()], frozenset(only or [])
            checked = check_paths(chosen, wanted, one_assignment=bool(json), show=live)
            for _, report in checked:
                reports.append(report)
                if first and not report.complete:
                    break
    except KeyboardInterrupt:
        console.print("Interrupted.")
        raise typer.Exit(INTERRUPTED) from None
    if json:
        from autograder.desks.student import write_results

        write_results(json, reports)
    raise typer.Exit(0 if all(report.complete for report in reports) else 1)
