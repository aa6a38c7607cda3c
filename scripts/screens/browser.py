"""A page in a browser, photographed as a reader of the documents will see it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

STEP = 240_000
"""How long a step in the browser may take on a busy machine, in milliseconds."""


@contextmanager
def window(
    browser: Any, size: tuple[int, int], address: str = "file:", **options: Any
) -> Iterator[Any]:
    """A page, for as long as the block lasts. It can fetch nothing but what is at an address.

    Args:
        size: width and height in CSS pixels. The documents show 700 to 850 of the width.

    Raises:
        RuntimeError: when the block ends, if there was an error in the page's console.
    """
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        device_scale_factor=2,
        service_workers="block",
        **options,
    )
    context.set_default_timeout(STEP)
    context.route(lambda url: not url.startswith(address), lambda route: route.abort())
    page = context.new_page()
    errors: list[str] = []

    def said(message: Any) -> None:
        if message.type == "error":
            errors.append(message.text)

    page.on("console", said)
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    if errors:
        raise RuntimeError("\n".join(["The page has errors in its console:", *errors]))
