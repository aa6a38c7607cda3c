"""Frames: what goes in comes out, and nothing that comes in can do more than be refused."""

from __future__ import annotations

import contextlib
import json
from typing import Annotated, Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from safetensors.numpy import save

from autograder.sandbox import wire
from autograder.sandbox.wire import HEADER, Bounds, Message, NamedArrays, WireError

dtypes = st.sampled_from(sorted(wire.DTYPES.values(), key=str))
arrays = dtypes.flatmap(
    lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=0, max_dims=4, min_side=0))
)
names = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | names
json_values = st.recursive(
    scalars.filter(lambda value: value not in (float("inf"), float("-inf"))),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
    max_leaves=20,
)


NONCE = bytes(wire.NONCE_BYTES)


def frame(text: bytes = b"{}", blob: bytes | None = None) -> bytes:
    blob = save({}) if blob is None else blob
    return HEADER.pack(NONCE, len(text), len(blob)) + text + blob


def entry(dtype: str, shape: list[int], data: bytes) -> bytes:
    """A frame that holds one array under the name "x", which need not be a proper one."""
    table = {"x": {"dtype": dtype, "shape": shape, "data_offsets": [0, len(data)]}}
    text = json.dumps(table).encode()
    return frame(blob=wire.BLOB_HEADER.pack(len(text)) + text + data)


@given(st.dictionaries(names, json_values, max_size=4), st.dictionaries(names, arrays, max_size=4))
def test_what_is_encoded_comes_back(message: Message, named: NamedArrays) -> None:
    named.pop("__metadata__", None)
    decoded, decoded_arrays = wire.decode(wire.encode(message, named))
    assert decoded == message
    assert list(decoded_arrays) == sorted(named)
    for name, array in named.items():
        assert decoded_arrays[name].dtype == array.dtype
        assert decoded_arrays[name].shape == array.shape
        np.testing.assert_array_equal(decoded_arrays[name], array)


@given(st.binary(max_size=300))
@settings(max_examples=300)
def test_random_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(WireError):
        wire.decode(data)


@given(st.binary(max_size=200), st.binary(max_size=200))
@settings(max_examples=300)
def test_random_parts_are_refused_or_read(text: bytes, blob: bytes) -> None:
    for data in (frame(text, blob), frame(b"{}", blob), frame(text)):
        with contextlib.suppress(WireError):
            wire.decode(data)


@given(st.integers(0, 400), st.integers(0, 255))
@settings(max_examples=300)
def test_a_changed_byte_raises_nothing_else(position: int, value: int) -> None:
    data = bytearray(wire.encode({"a": [1, {"b": "c"}]}, {"x": np.arange(6.0).reshape(2, 3)}))
    data[position % len(data)] = value
    with contextlib.suppress(WireError):
        wire.decode(data)


@pytest.mark.parametrize(
    "array",
    [
        np.float32(1.5) + np.zeros((), np.float32),
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.arange(10)[::3],
        np.arange(4, dtype=">i4"),
        np.array([np.nan, np.inf, -np.inf]),
        np.ma.masked_array([1.0, 2.0], mask=[True, False]),
        np.zeros((3, 0, 2)),
    ],
    ids=["0-d", "fortran", "strided", "big-endian", "nan", "subclass", "empty"],
)
def test_unusual_arrays_keep_shape_and_values(array: np.ndarray) -> None:
    _, decoded = wire.decode(wire.encode({}, {"x": array}))
    assert type(decoded["x"]) is np.ndarray
    assert decoded["x"].shape == array.shape
    assert decoded["x"].flags.writeable
    np.testing.assert_array_equal(decoded["x"], np.asarray(array))


@pytest.mark.parametrize(
    "array",
    [
        np.array([object()]),
        np.array(["text"]),
        np.array([1j]),
        np.array([(1, 2.0)], dtype="i4,f8"),
        np.array(["2024-01-01"], "M8[D]"),
        [[1], [1, 2]],
    ],
    ids=["object", "text", "complex", "record", "date", "ragged list"],
)
def test_other_dtypes_are_not_sent(array: Any) -> None:
    with pytest.raises(WireError, match="'x'"):
        wire.encode({}, {"x": array})


@pytest.mark.parametrize(
    "message", [{"a": float("nan")}, {"a": float("inf")}, {"a": object()}, {"a": b"bytes"}]
)
def test_what_is_not_json_is_not_sent(message: Message) -> None:
    with pytest.raises(WireError, match="not JSON"):
        wire.encode(message, {})


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "starts with"),
        (HEADER.pack(NONCE, 2, 8), "announces"),
        (frame() + b"x", "announces"),
        (frame(b"[1]"), "a JSON object"),
        (frame(b'{"a": NaN}'), "malformed"),
        (frame(b'{"a": 1e999}'), "out of range"),
        (frame(b'{"a": ' + b"9" * 5000 + b"}"), "bad JSON"),
        (frame(b'{"a": "\\ud800"}'), "bad JSON"),
        (frame(b'{"\\ud800": 1}'), "bad JSON"),
        (frame(b'{"a": "\xff"}'), "bad JSON"),
        (frame(b'{"a": ' + b"[" * 40 + b"]" * 40 + b"}"), "deeper"),
        (frame(b'{"a": ' + b"[" * 200_000), "nested"),
        (frame(blob=b""), "start with"),
        (frame(blob=b"\xff" * 8), "to name the arrays"),
        (entry("F64", [2], b""), "bad arrays"),
        (entry("C64", [1], b"1" * 8), "dtype C64"),
        (entry("BF16", [1], b"12"), "dtype BF16"),
        (entry("BOOL", [1], b"2"), "neither 0 nor 1"),
        (entry("F64", [0, 2**62], b""), "'x'"),
        (entry("U8", [1] * 17, b"1"), "17 axes"),
    ],
)
def test_malformed_frames_are_refused_with_a_reason(data: bytes, reason: str) -> None:
    with pytest.raises(WireError, match=reason):
        wire.decode(data)


def test_bounds_are_kept() -> None:
    small = Bounds(frame_bytes=4000, json_bytes=100, arrays=3, name_chars=5)
    one = np.zeros(1, np.uint8)
    wire.decode(wire.encode({}, {"abcde": one}), bounds=small)
    for message, named, reason in [
        ({}, {"abcdef": one}, "characters"),
        ({}, dict.fromkeys("abcd", one), "4 arrays"),
        ({"a": "b" * 100}, {}, "bytes of JSON"),
        ({}, {"a": np.zeros(4000, np.uint8)}, "a frame of"),
        ({}, {"a" * 10_000: one}, "a frame of"),
    ]:
        with pytest.raises(WireError, match=reason):
            wire.decode(wire.encode(message, named), bounds=small)


def test_of_a_large_array_only_the_shape_is_kept() -> None:
    data = wire.encode({}, {"large": np.ones((40, 50)), "small": np.ones(50)})
    _, found = wire.decode(data, bounds=Bounds(array_bytes=8000))
    assert found["large"].shape == (40, 50)
    assert found["large"].base is not None
    assert found["large"].base.nbytes == 8
    np.testing.assert_array_equal(found["small"], np.ones(50))


def test_names_that_nobody_asked_for_are_dropped() -> None:
    data = wire.encode({}, {"asked": np.ones(1), "unasked": np.ones(1)})
    _, found = wire.decode(data, bounds=Bounds(names=frozenset({"asked", "missing"})))
    assert list(found) == ["asked"]


class Kept(msgspec.Struct, tag_field="kind", tag="kept", forbid_unknown_fields=True):
    count: Annotated[int, msgspec.Meta(le=3)]
    inner: dict[str, list[float]] = {}


class Dropped(msgspec.Struct, tag_field="kind", tag="dropped", forbid_unknown_fields=True):
    why: Annotated[str, msgspec.Meta(max_length=5)]


@pytest.mark.parametrize("message", [Kept(3, {"a": [1.0, 2.5]}), Dropped("ended")])
def test_a_struct_comes_back_as_what_it_was(message: Kept | Dropped) -> None:
    decoded, _ = wire.decode(wire.encode(message, {}), Kept | Dropped)
    assert decoded == message


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ({"kind": "kept", "count": 4}, "<= 3"),
        ({"kind": "kept", "count": "3"}, "Expected `int`"),
        ({"kind": "kept"}, "missing required field"),
        ({"kind": "dropped", "why": "longer"}, "length <= 5"),
        ({"kind": "kept", "count": 1, "why": "x"}, "unknown field"),
        ({"kind": "other"}, "Invalid value"),
        ({"count": 1}, "missing required field"),
    ],
)
def test_another_message_than_expected_is_refused_with_a_reason(
    message: Message, reason: str
) -> None:
    with pytest.raises(WireError, match=reason):
        wire.decode(wire.encode(message, {}), Kept | Dropped)


def test_a_struct_is_as_strict_about_numbers_as_a_dictionary() -> None:
    with pytest.raises(WireError, match="not JSON"):
        wire.encode(Kept(1, {"a": [float("nan")]}), {})
