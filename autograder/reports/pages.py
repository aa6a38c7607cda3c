"""How every page and table is drawn: from a template of ``templates/``, with its text escaped."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from autograder.reports.inline_code import inline_code


def environment(*, trim_blocks: bool = False, lstrip_blocks: bool = False) -> Environment:
    """What finds and renders the templates; a name that is not given is an error.

    Args:
        trim_blocks, lstrip_blocks: as for Jinja's Environment.
    """
    made = Environment(
        loader=FileSystemLoader(Path(__file__).with_name("templates")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=trim_blocks,
        lstrip_blocks=lstrip_blocks,
    )
    made.filters["inline_code"] = inline_code
    return made
