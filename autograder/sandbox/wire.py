"""Frames between grader and child: one JSON message and named arrays, bounded, without pickles.

A frame is a nonce of 16 bytes, two little-endian ``u32`` (bytes of JSON, bytes of arrays), the JSON
text, and a safetensors blob. The side that reads trusts nothing: every length, name, rank and dtype
is checked before anything of that size is made, and a frame with a fault raises `WireError`.

Every request carries a nonce that its reply must repeat, so that student code cannot leave an
answer in the pipe to a question that it has not been asked yet.

A message is a dictionary or a `msgspec.Struct`; the reader names the type that it expects.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import msgspec
import numpy as np
import safetensors
from safetensors.numpy import save

Message = dict[str, Any]
NamedArrays = dict[str, np.ndarray]

NONCE_BYTES = 16
HEADER = struct.Struct(f"<{NONCE_BYTES}sII")
BLOB_HEADER = struct.Struct("<Q")
MEBIBYTE = 1 << 20

DTYPES = {
    "BOOL": np.dtype(np.bool_),
    "I8": np.dtype("<i1"),
    "I16": np.dtype("<i2"),
    "I32": np.dtype("<i4"),
    "I64": np.dtype("<i8"),
    "U8": np.dtype("<u1"),
    "U16": np.dtype("<u2"),
    "U32": np.dtype("<u4"),
    "U64": np.dtype("<u8"),
    "F16": np.dtype("<f2"),
    "F32": np.dtype("<f4"),
    "F64": np.dtype("<f8"),
}
"""What may cross, under the names that safetensors uses."""


class WireError(Exception):
    """A frame is malformed, too large, or answers another request: the message says which."""


class TooLargeError(WireError):
    """A frame announces more bytes than are read."""


@dataclass(frozen=True)
class Bounds:
    """The largest frame that is read.

    Attributes:
        frame_bytes: the whole frame, header included.
        json_bytes: its JSON text.
        json_depth: objects and lists inside one another.
        arrays: number of arrays.
        name_chars: length of an array's name.
        rank: number of an array's axes.
        array_bytes: size of one array. Of a larger one, only shape and dtype are kept: it comes as
            zeros that take no memory and cannot be written.
        names: names of the arrays that are kept; None for all. Others are dropped.
    """

    frame_bytes: int = 64 * MEBIBYTE
    json_bytes: int = 4 * MEBIBYTE
    json_depth: int = 32
    arrays: int = 256
    name_chars: int = 200
    rank: int = 16
    array_bytes: int = 64 * MEBIBYTE
    names: frozenset[str] | None = None


DEFAULT_BOUNDS = Bounds()


@dataclass(frozen=True)
class Room:
    """How much of one reply's arrays is wanted: `Bounds` says what each of the fields means."""

    frame_bytes: int
    array_bytes: int
    names: frozenset[str] | None = None

    def within(self, bounds: Bounds) -> Bounds:
        """The bounds of that reply, which are no wider than those of every reply."""
        return replace(
            bounds,
            frame_bytes=min(self.frame_bytes, bounds.frame_bytes),
            array_bytes=min(self.array_bytes, bounds.array_bytes),
            names=self.names,
        )


def encode(
    message: object, arrays: Mapping[str, np.ndarray], nonce: bytes = bytes(NONCE_BYTES)
) -> bytes:
    """One frame.

    Args:
        message: a dictionary of JSON values under string keys, or a Struct; numbers are finite.
        arrays: any shapes, 0-d included; dtypes of `DTYPES`; floats may be NaN or infinite.
        nonce: of the request; a reply repeats it.

    Raises:
        WireError: a value is not JSON, or an array has another dtype.
    """
    try:
        # Not by msgspec, which writes NaN as null and bytes as text.
        text = json.dumps(message, allow_nan=False, separators=(",", ":"), default=_fields).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise WireError(f"the message is not JSON: {error}") from error
    blob = save({str(name): _portable(name, array) for name, array in arrays.items()})
    if max(len(text), len(blob)) >= 1 << 32:
        raise WireError("the message does not fit into one frame (4 GiB)")
    return HEADER.pack(nonce, len(text), len(blob)) + text + blob


def _fields(value: object) -> Message:
    """What `json` writes for a Struct."""
    if not isinstance(value, msgspec.Struct):
        raise TypeError(f"{type(value).__name__} is not a JSON value")
    config = value.__struct_config__
    tag = {config.tag_field: config.tag} if config.tag_field else {}
    return {**tag, **msgspec.structs.asdict(value)}


def decode(
    frame: bytes | bytearray | memoryview,
    expected: Any = Message,
    bounds: Bounds = DEFAULT_BOUNDS,
) -> tuple[Any, NamedArrays]:
    """The message and the arrays (writable, C-contiguous) of one whole frame.

    Args:
        expected: type of the message: a Struct, a union of tagged ones, or a dictionary.

    Raises:
        WireError: the frame is malformed, exceeds ``bounds``, or holds another message.
    """
    view = memoryview(frame)
    if len(view) < HEADER.size:
        raise WireError(f"a frame starts with {HEADER.size} bytes, got {len(view)}")
    size = frame_size(view[: HEADER.size], bounds)
    if size != len(view):
        raise WireError(f"the header announces {size} bytes, the frame has {len(view)}")
    json_end = HEADER.size + HEADER.unpack_from(view)[1]
    message = _decode_json(bytes(view[HEADER.size : json_end]), expected, bounds)
    return message, _decode_arrays(bytes(view[json_end:]), bounds)


def nonce_of(frame: bytes | bytearray | memoryview) -> bytes:
    """The nonce in the header of a frame."""
    nonce: bytes = HEADER.unpack_from(frame)[0]
    return nonce


def frame_size(header: bytes | bytearray | memoryview, bounds: Bounds = DEFAULT_BOUNDS) -> int:
    """Bytes of the whole frame that the 24 bytes of ``header`` announce.

    Raises:
        WireError: more than ``bounds`` allow; a `TooLargeError` for the arrays.
    """
    _, json_bytes, blob_bytes = HEADER.unpack(header)
    size: int = HEADER.size + json_bytes + blob_bytes
    if json_bytes > bounds.json_bytes:
        raise WireError(f"{json_bytes:,} bytes of JSON, at most {bounds.json_bytes:,} are read")
    if size > bounds.frame_bytes:
        raise TooLargeError(f"a frame of {size:,} bytes, at most {bounds.frame_bytes:,} are read")
    return size


def _portable(name: str, array: np.ndarray) -> np.ndarray:
    """The array with a plain class, this format's byte order, and C order; a scalar stays 0-d."""
    try:
        plain = np.array(array, order="C", subok=False)
        plain = plain.astype(plain.dtype.newbyteorder("<"), copy=False)
    except (TypeError, ValueError) as error:
        raise WireError(f"{name!r} is not an array: {error}") from error
    if plain.dtype not in DTYPES.values():
        raise WireError(f"array {name!r} has dtype {plain.dtype}; it must hold numbers or booleans")
    return plain


def _decode_json(raw: bytes, expected: Any, bounds: Bounds) -> Any:
    """The message, refused for bad UTF-8, half surrogate pairs, NaN, and overflowing numbers."""
    try:
        value = msgspec.json.decode(raw)
        if not isinstance(value, dict):
            raise WireError(f"a message is a JSON object, got {type(value).__name__}")
        _check_depth(value, bounds.json_depth)
        return msgspec.convert(value, expected)
    except RecursionError as error:
        raise WireError("JSON is nested too deeply") from error
    except ValueError as error:  # msgspec's own errors are among these
        raise WireError(f"bad JSON: {error}") from error


def _check_depth(message: Message, depth: int) -> None:
    level: list[Any] = [message]
    for _ in range(depth):
        below: list[Any] = []
        for value in level:
            if isinstance(value, dict):
                below += value.values()
            elif isinstance(value, list):
                below += value
        if not below:
            return
        level = below
    raise WireError(f"JSON is nested deeper than {depth} levels")


def _decode_arrays(blob: bytes, bounds: Bounds) -> NamedArrays:
    if len(blob) < BLOB_HEADER.size:
        raise WireError(f"the arrays start with {BLOB_HEADER.size} bytes, got {len(blob)}")
    # The parser would build the whole table of arrays before we could count it.
    table_bytes = BLOB_HEADER.unpack_from(blob)[0]
    if table_bytes > bounds.arrays * (bounds.name_chars * 6 + 1024):
        raise WireError(f"{table_bytes:,} bytes just to name the arrays")
    try:
        entries = safetensors.deserialize(blob)  # type: ignore[no-untyped-call]
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # a panic of the Rust parser is no Exception
        raise WireError(f"bad arrays: {error}") from error
    if len(entries) > bounds.arrays:
        raise WireError(f"{len(entries)} arrays, at most {bounds.arrays} are read")
    # The parser returns them in another order each time, and what code does may depend on it.
    asked = {n: entry for n, entry in entries if bounds.names is None or n in bounds.names}
    del entries
    return {name: _decode_array(name, asked[name], bounds) for name in sorted(asked)}


def _decode_array(name: str, entry: Mapping[str, Any], bounds: Bounds) -> np.ndarray:
    if len(name) > bounds.name_chars:
        raise WireError(f"an array's name has {len(name)} characters, allowed {bounds.name_chars}")
    if len(entry["shape"]) > bounds.rank:
        raise WireError(f"array {name!r} has {len(entry['shape'])} axes, allowed {bounds.rank}")
    dtype = DTYPES.get(entry["dtype"])
    if dtype is None:
        raise WireError(f"array {name!r} has dtype {entry['dtype']}, which is not accepted")
    if len(entry["data"]) > bounds.array_bytes:
        return np.broadcast_to(np.zeros((), dtype), entry["shape"])
    try:
        array = np.frombuffer(entry["data"], dtype="u1" if dtype == np.bool_ else dtype)
        array = array.reshape(entry["shape"])
    except (ValueError, OverflowError, MemoryError) as error:  # [0, 2**62] is no shape for NumPy
        raise WireError(f"array {name!r}: {error}") from error
    if dtype == np.bool_ and array.size and array.max() > 1:
        raise WireError(f"array {name!r} holds booleans that are neither 0 nor 1")
    return array.astype(dtype)  # a copy, which is writable and owns its memory
