"""A graded class as one HTML page: no network, every text of students escaped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from jinja2 import Environment
from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup

from autograder.reports import pages
from autograder.reports.attention import KINDS, Attention
from autograder.reports.class_charts import class_charts
from autograder.reports.class_matrix import STATES, class_matrix, readable
from autograder.reports.class_report import ClassReport, Held, Item
from autograder.reports.feedback import number
from autograder.reports.histogram import histogram
from autograder.reports.item_analysis import FEWEST
from autograder.reports.page_parts import policy_hash, template_text
from autograder.reports.terminal import printable
from autograder.reports.usage_section import usage_section

WIDEST = 120
"""Checks that the table shows at once; with more, it begins with the exercises alone."""

SHORT_LIST = 12
"""Entries up to which a list is open at first."""

BY_HAND = (
    "Scores are those of the gradebook: with points by hand, less late penalties. An answer that "
    "waits for a person counts nothing yet. Choose a student in the table to see what counts."
)

_TITLES = {
    "ungraded": "Not graded",
    "waiting": "Answers waiting",
    "forged": "Forged or corrupted reply",
    "flagged": "Flagged",
    "similar": "Similar submissions",
    "remark": "Remarks",
    "void": "Nothing to check",
    "limit": "Out of time or memory",
    "error": "Crashed",
    "absent": "Nothing submitted",
}


def class_page(
    report: ClassReport,
    links: Sequence[str | None],
    *,
    graded: str,
    notes: Sequence[str] = (),
    index: str | None = None,
) -> str:
    """The page of one assignment.

    Args:
        links: for each student, the address of the feedback page; None where there is none.
        graded: when, in words.
        notes: sentences about the page itself.
        index: the address of the course's page.
    """
    people = [
        {"id": printable(student.student), "link": link}
        for student, link in zip(report.students, links, strict=True)
    ]
    held = [*report.misconceptions, *report.unnamed]
    rows = [_held(each, number_, people) for number_, each in enumerate(held)]
    plot, bins = histogram(_final_scores(report), report.scores.maximum)
    by_hand = any(each.gradebook and each.gradebook.differs for each in report.students)
    return render(
        "class_report.html.j2",
        class_matrix(report, links),
        name=report.results.assignment,
        sandbox=report.results.sandbox,
        graded=graded,
        notes=[*notes, *([BY_HAND] if by_hand else [])],
        index=index,
        people_of=people,
        scores=report.scores,
        present=len(people) - len(report.absent),
        not_final=len(people) - len(report.absent) - report.scores.count,
        plot=plot,
        bins=bins,
        attention=_attention(report.attention, people),
        misconceptions=rows[: len(report.misconceptions)],
        unnamed=rows[len(report.misconceptions) :],
        curves=class_charts(report.curves, people, len(held)),
        usage=usage_section(
            report, people, len(held) + sum(len(each.strayed) for each in report.curves)
        ),
        items=_items(report),
        states=STATES,
        wide=len(report.checks) <= WIDEST,
        fewest=FEWEST,
    )


def render(template: str, data: Mapping[str, Any], **values: Any) -> str:
    """A page from its template and the data that its script reads."""
    style, script = template_text("class_report.css"), template_text("class_report.js")
    return (
        _environment()
        .get_template(template)
        .render(
            style=Markup(style),
            script=Markup(script),
            style_hash=Markup(policy_hash(style)),
            script_hash=Markup(policy_hash(script)),
            data=htmlsafe_json_dumps(data, separators=(",", ":")),
            **values,
        )
    )


def percent(share: float) -> str:
    """A share in whole percent, but 0 and 100 only if they are exact."""
    if 0 < share < 0.005:
        return "< 1 %"
    if 0.995 <= share < 1:
        return "> 99 %"
    return f"{share:.0%}".replace("%", " %")


def _final_scores(report: ClassReport) -> list[float]:
    return [
        each.final[0]
        for position, each in enumerate(report.students)
        if not each.ungraded and position not in report.absent
    ]


def _held(held: Held, number_: int, people: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {
        "number": number_,
        "exercise": held.exercise,
        "title": readable(held.name),
        "hint": held.hint,
        "checks": held.checks,
        "people": [people[position] for position in held.students],
    }


def _attention(
    found: Sequence[Attention], people: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """By kind; the same words are told once, and so are the same students."""
    kinds = []
    for kind, about in KINDS.items():
        groups: dict[tuple[str, str], dict[int, None]] = {}
        for each in found:
            if each.kind == kind:
                groups.setdefault((each.exercise, each.text), {})[each.student] = None
        if not groups:
            continue
        by_people: dict[tuple[int, ...], list[tuple[str, str]]] = {}
        for said, who in groups.items():
            by_people.setdefault(tuple(who), []).append(said)
        ordered = sorted(by_people.items(), key=lambda group: -len(group[0]))
        kinds.append(
            {
                "title": _TITLES[kind],
                "about": about,
                "students": len({student for group in groups.values() for student in group}),
                "open": len(ordered) <= SHORT_LIST,
                "groups": [
                    {"said": said, "people": [people[position] for position in who]}
                    for who, said in ordered
                ],
            }
        )
    return kinds


def _items(report: ClassReport) -> list[dict[str, Any]]:
    """Each exercise, and after it its checks."""
    items = []
    for exercise in report.exercises:
        items.append(_item(exercise, None))
        for position, check in enumerate(report.checks):
            if check.exercise == exercise.exercise:
                items.append(_item(check, position))
    return items


def _item(item: Item, position: int | None) -> dict[str, Any]:
    statistics = item.statistics
    others = [
        f"{item.states[name]} {state['title']}"
        for name, state in STATES.items()
        if name != "passed" and item.states.get(name)
    ]
    return {
        "exercise": item.exercise,
        "check": item.check,
        "number": position,
        "claim": item.claim,
        "aspect": item.aspect,
        "bonus": item.bonus,
        "points": item.points,
        "students": statistics.students,
        "difficulty": statistics.difficulty,
        "discrimination": statistics.discrimination,
        "interval": statistics.interval,
        "undefined": statistics.undefined,
        "others": ", ".join(others),
    }


@cache
def _environment() -> Environment:
    environment = pages.environment(trim_blocks=True)
    environment.globals.update(points=number, percent=percent)
    return environment
