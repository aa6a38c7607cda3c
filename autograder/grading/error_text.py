"""The text of an error, without what tells a student nothing."""

from __future__ import annotations

import re

# AutoGraph's word for any error, and the numbers in the text of a variable of TensorFlow's or
# Keras', which may be cut off.
_NOISE = re.compile(
    r"^StagingError: |, (?:numpy= ?array\(.*?(?:\)(?=>)|$)|value=\[.*?(?:\](?=>)|$))"
)


def without_noise(text: str) -> str:
    """What an error says, without AutoGraph's own name and without the numbers of variables."""
    return _NOISE.sub("", text)
