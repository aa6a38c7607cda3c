"""The losses of a class over the reference: who strays how, whatever the size of the class."""

from __future__ import annotations

import json
import math
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from bs4 import BeautifulSoup
from class_results import a_class, check, content, right, student, with_losses, wrong

from autograder.reports.class_charts import BEYOND, LABEL, MOST_GROUPS, class_charts
from autograder.reports.class_curves import ClassCurves
from autograder.reports.class_files import class_json
from autograder.reports.class_page import class_page
from autograder.reports.class_report import ClassReport, class_report
from autograder.reports.class_results import ClassResults
from autograder.reports.loss_axes import TOP


def report_on(*students: Any) -> ClassReport:
    return class_report(msgspec.convert(content(students), ClassResults))


def curves_on(*students: Any) -> ClassCurves:
    (curves,) = report_on(*students).curves
    return curves


def page_of(report: ClassReport) -> Any:
    page = class_page(report, [None] * len(report.students), graded="today")
    return BeautifulSoup(page, "html.parser")


def passing(name: str, factor: float = 1.0) -> Any:
    return student(name, with_losses(right(), factor))


def failing(name: str, *factors: float | None, mistake: str | None = "uphill", **more: Any) -> Any:
    found = wrong(mistake)
    found[2] = check(2, "failed", "After epoch 1, ...", misconception=mistake)
    return student(name, with_losses(found, *factors, **more))


def test_results_without_losses_say_nothing_about_curves() -> None:
    report = class_report(msgspec.convert(a_class(), ClassResults))
    assert report.curves == ()
    assert not page_of(report).select("#curves, a[href='#curves']")
    assert json.loads(class_json(report))["curves"] == []


def test_those_who_fail_alike_are_one_way_and_the_most_frequent_comes_first() -> None:
    found = curves_on(
        passing("ada"),
        failing("bob", 2.0, mistake=None),
        failing("cy", 3.0),
        failing("di", 4.0),
        failing("ed", 2.001, mistake=None),
        failing("fay", 3.0),
        failing("gil", 9.0, mistake=None),
        student("hal", [check(0), check(1), check(2, "error", "boom")]),
    )
    assert [(each.name, each.students) for each in found.strayed] == [
        ("uphill", (2, 3, 5)),
        ("", (1, 4)),
        ("", (6,)),
    ]
    assert found.strayed[0].curves[0][0][0] == pytest.approx(3 * found.expected[0][0])
    assert (found.passing, found.straying, found.missing) == (1, 6, 1)


def test_the_middle_of_the_class_survives_numbers_that_are_lost() -> None:
    few = curves_on(*(passing(f"{n}") for n in range(4)))
    assert few.middle == ()
    lost = [failing(f"lost{n}", None, None) for n in range(2)]
    found = curves_on(*(passing(f"{n}", 1 + n / 1e4) for n in range(8)), *lost)
    (low, high), *_ = found.middle
    assert low[0] == pytest.approx(found.expected[0][0])
    assert high == (None, None)


def test_other_inputs_are_drawn_as_multiples_of_the_reference() -> None:
    found = curves_on(passing("ada"), passing("bob"), failing("cy", 2.0, expected=(40.0, 7.0)))
    assert found.rescaled == 1
    assert found.strayed[0].curves[0][0] == tuple(2 * loss for loss in found.expected[0])


def test_the_page_draws_the_class_and_says_who() -> None:
    report = report_on(
        *(passing(f"s{n}") for n in range(11)), failing("<b>", 1.5), failing("cy", None)
    )
    page = page_of(report)
    figures = page.select("#curves figure svg")
    assert len(figures) == 2
    assert figures[0]["aria-label"] == (
        "Loss on training digits: the reference goes from 2 after epoch 1 to 0.5 after epoch 2. "
        "The middle 80 % of the class end from 0.5 to 0.75. "
        "Those who fail end: 1 (uphill, 2) at 0.75."
    )
    (way,) = figures[0].select("g.way")
    (row,) = page.select("#curves tbody tr")
    button = row.select_one("button")
    assert way["data-held"] == button["data-held"]
    held = json.loads(page.select_one("#data").string)["held"][int(way["data-held"])]
    assert held["students"] == [11, 12]
    assert held["title"] == "Momentum: uphill in converges"
    assert "<b>" in row.get_text()
    (told,) = json.loads(class_json(report))["curves"]
    assert told["failed"][0]["students"] == ["<b>", "cy"]
    assert told["failed"][0]["losses"]["on training digits"] == [3.0, 0.75]


def test_pictures_are_bounded_and_labels_do_not_cover_each_other() -> None:
    ways = [failing(f"s{n}", 1.2**n, mistake=f"mistake{n}") for n in range(40)]
    report = report_on(passing("ada"), *ways)
    people = [{"id": each.student, "link": None} for each in report.students]
    (found,) = class_charts(report.curves, people, 0)
    assert len(found["rows"]) == MOST_GROUPS
    assert len(found["rest"]) == 40 - MOST_GROUPS
    for picture in found["pictures"]:
        labels = sorted(line.label for line in picture["strayed"])
        assert all(b - a >= LABEL for a, b in pairwise(labels))
        assert labels[0] >= TOP - LABEL
        assert labels[-1] <= picture["axes"].base


def test_who_diverges_does_not_flatten_the_others() -> None:
    report = report_on(passing("ada"), failing("bob", 1.5, 1e30), failing("cy", None, mistake="x"))
    (found,) = class_charts(report.curves, [{"id": "", "link": None}] * 3, 0)
    axes = found["pictures"][0]["axes"]
    assert axes.high < 2 * BEYOND * max(report.curves[0].expected[0])
    last = found["pictures"][0]["strayed"][0].points[0].split()[-1]
    assert float(last.split(",")[1]) == TOP
    assert all(math.isfinite(loss) for loss in (axes.low, axes.high))
