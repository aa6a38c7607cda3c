"""A wheel of the engine as it is installed here, for students who have no clone of the course.

It holds the package `autograder` and its metadata, and nothing of a course. No build tool and no
network is needed, and the same engine gives the same bytes.
"""

from __future__ import annotations

import base64
import hashlib
import re
import zipfile
from importlib.metadata import PackageNotFoundError, distribution
from io import BytesIO
from pathlib import Path

import autograder
from autograder.distribution import DISTRIBUTION
from autograder.model import AutograderError

_WHEEL = "Wheel-Version: 1.0\nGenerator: autograder\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def engine_wheel() -> tuple[str, bytes]:
    """The file name and the content of the wheel.

    Raises:
        AutograderError: the engine runs without having been installed, so its version is unknown.
    """
    try:
        installed = distribution(DISTRIBUTION)
    except PackageNotFoundError:
        raise AutograderError(
            "The engine is not installed here, only imported. Install it: pip install ."
        ) from None
    stem = f"{re.sub('[-_.]+', '_', DISTRIBUTION)}-{installed.version}"
    info = f"{stem}.dist-info"
    package = Path(autograder.__file__).parent
    files = {
        f"autograder/{path.relative_to(package).as_posix()}": path.read_bytes()
        for path in package.rglob("*")
        if path.is_file() and not _is_made(path.relative_to(package))
    }
    for name in ("METADATA", "entry_points.txt"):
        files[f"{info}/{name}"] = (installed.read_text(name) or "").encode()
    for licence in installed.metadata.get_all("License-File") or ():
        text = installed.read_text(f"licenses/{licence}") or installed.read_text(licence) or ""
        files[f"{info}/licenses/{licence}"] = text.encode()
    files[f"{info}/WHEEL"] = _WHEEL.encode()
    # The record is the last file, as the format recommends.
    files = dict(sorted(files.items()))
    rows = [f"{name},sha256={_digest(content)},{len(content)}" for name, content in files.items()]
    files[f"{info}/RECORD"] = ("\n".join([*rows, f"{info}/RECORD,,"]) + "\n").encode()
    return f"{stem}-py3-none-any.whl", zipped(files)


def zipped(files: dict[str, bytes]) -> bytes:
    """A zip of these files, in this order: the same bytes for the same files."""
    content = BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, data in files.items():
            info = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 3  # Unix, also if it is made on Windows
            info.external_attr = 0o100644 << 16
            archive.writestr(info, data, compresslevel=9)
    return content.getvalue()


def _digest(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


def _is_made(path: Path) -> bool:
    """Whether Python, an editor or a system made it."""
    return path.suffix == ".pyc" or any(p.startswith(".") or p == "__pycache__" for p in path.parts)
