"""The folder that the pictures are written to, and what is refused."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image

MOST_BYTES, MOST_BYTES_OF_ALL = 150_000, 1_500_000

COLOURS = 192, 64, 32
"""How many colours a picture keeps: enough for text and a plot, or fewer if that is too large."""


class Album:
    """Pictures that are worth showing.

    Args:
        folder: where they are written to.
        private: what may not be read in any of them.

    Attributes:
        made: the size in bytes of each file.
    """

    def __init__(self, folder: Path, private: tuple[str, ...]) -> None:
        self._folder = folder
        self._private = private
        self.made: dict[str, int] = {}

    def png(self, name: str, picture: bytes, text: str, words: str) -> None:
        """Write a picture, with few colours.

        Args:
            text: what can be read in it.
            words: what must be among that.

        Raises:
            RuntimeError: it is blank, too large, or has the wrong text in it.
        """
        whole = Image.open(io.BytesIO(picture)).convert("RGB")
        counts = sorted((count for count, _ in whole.getcolors(2**24) or []), reverse=True)
        if len(counts) < 20 or counts[0] > 0.995 * whole.width * whole.height:
            raise RuntimeError(f"{name} is blank.")
        sizes = (_with_colours(whole, count) for count in COLOURS)
        data = next((data for data in sizes if len(data) <= MOST_BYTES), b"")
        if not data:
            raise RuntimeError(f"{name} has more than {MOST_BYTES:,} bytes.")
        self._write(f"{name}.png", data, text, words)

    def svg(self, name: str, drawing: str, text: str, words: str) -> None:
        """Write a picture of a terminal; as `png`."""
        self._write(f"{name}.svg", drawing.encode(), text, words)

    def _write(self, name: str, data: bytes, text: str, words: str) -> None:
        if words not in text:
            raise RuntimeError(f"{name} does not show {words!r}, but\n{text}")
        if found := [each for each in self._private if each in text]:
            raise RuntimeError(f"{name} shows {found[0]!r}, which is of this machine.")
        if len(data) > MOST_BYTES:
            raise RuntimeError(f"{name} has {len(data):,} bytes, more than {MOST_BYTES:,}.")
        (self._folder / name).write_bytes(data)
        self.made[name] = len(data)

    def faults(self, shown: Path, documents: list[Path]) -> list[str]:
        """What is wrong with all of them together, a sentence each.

        Args:
            shown: the folder with the pictures that the documents show.
        """
        faults = []
        if (size := sum(self.made.values())) > MOST_BYTES_OF_ALL:
            faults.append(f"They have {size:,} bytes together, more than {MOST_BYTES_OF_ALL:,}.")
        there = {path.name for path in shown.iterdir()}
        faults += [
            f"{shown.name}/{name} is not made here." for name in sorted(there - {*self.made})
        ]
        faults += [f"{shown.name}/{name} is missing." for name in sorted({*self.made} - there)]
        text = "".join(path.read_text(encoding="utf-8") for path in documents)
        faults += [f"No document shows {n}." for n in self.made if f"{shown.name}/{n}" not in text]
        return faults


def _with_colours(picture: Image.Image, count: int) -> bytes:
    file = io.BytesIO()
    # The method that keeps a colour of few pixels: the red of a cross, the green of a check mark.
    few = picture.quantize(count, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    few.save(file, "PNG", optimize=True)
    return file.getvalue()
