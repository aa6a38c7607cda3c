"""Requests and replies: deadlines, floods, forged and second replies, both ends hanging up."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator

import msgspec
import numpy as np
import pytest

from autograder.sandbox import wire
from autograder.sandbox.channel import Channel, Connection, HungUpError
from autograder.sandbox.wire import HEADER, Bounds, WireError

Sockets = tuple[socket.socket, socket.socket]


class DeadlineError(Exception):
    pass


def deadline(seconds: float) -> Callable[[], float]:
    end = time.monotonic() + seconds

    def pause() -> float:
        if time.monotonic() > end:
            raise DeadlineError
        return 0.05

    return pause


@pytest.fixture
def pair() -> Iterator[Sockets]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def serve(connection: socket.socket, answer: Callable[[socket.socket], None]) -> threading.Thread:
    thread = threading.Thread(target=answer, args=(connection,), daemon=True)
    thread.start()
    return thread


def test_large_frames_cross_in_both_directions_at_once(pair: Sockets) -> None:
    ours, theirs = pair

    def echo(connection: socket.socket) -> None:
        child = Connection(connection)
        message, named = child.receive()
        child.send(message, named)

    thread = serve(theirs, echo)
    sent = {"x": np.random.default_rng(0).normal(size=500_000)}
    message, received = Channel(ours).exchange({"a": 1}, sent, deadline(20))
    thread.join(5)
    assert message == {"a": 1}
    np.testing.assert_array_equal(received["x"], sent["x"])


def test_a_child_that_does_not_read_meets_the_deadline(pair: Sockets) -> None:
    with pytest.raises(DeadlineError):
        Channel(pair[0]).exchange({}, {"x": np.zeros(2_000_000)}, deadline(0.2))


def test_a_child_that_floods_is_cut_at_the_bound(pair: Sockets) -> None:
    ours, theirs = pair

    def flood(connection: socket.socket) -> None:
        try:
            connection.sendall(HEADER.pack(bytes(16), 10, 1 << 20))
            while True:
                connection.sendall(bytes(1 << 16))
        except OSError:
            pass

    serve(theirs, flood)
    with pytest.raises(WireError, match="at most 100,000"):
        Channel(ours, Bounds(frame_bytes=100_000)).exchange({}, {}, deadline(10))
    ours.close()


def test_a_reply_to_another_request_is_refused(pair: Sockets) -> None:
    ours, theirs = pair
    theirs.sendall(wire.encode({"score": 100}, {}))
    with pytest.raises(WireError, match="belong"):
        Channel(ours).exchange({}, {}, deadline(5))


def test_a_reply_to_another_request_is_told_as_that_whatever_follows_it(pair: Sockets) -> None:
    """What it is called must not depend on how soon the true one follows."""
    ours, theirs = pair
    theirs.sendall(2 * wire.encode({"score": 100}, {}))
    with pytest.raises(WireError, match="belong"):
        Channel(ours).exchange({}, {}, deadline(5))


def test_a_second_reply_is_refused(pair: Sockets) -> None:
    ours, theirs = pair

    def twice(connection: socket.socket) -> None:
        nonce = wire.nonce_of(connection.recv(1 << 16))
        connection.sendall(2 * wire.encode({}, {}, nonce))

    serve(theirs, twice)
    with pytest.raises(WireError, match="more than one"):
        Channel(ours).exchange({}, {}, deadline(5))


@pytest.mark.parametrize("data", [b"", b"\x05\x00", HEADER.pack(bytes(16), 10, 10) + b"{"])
def test_a_child_that_hangs_up_is_noticed(pair: Sockets, data: bytes) -> None:
    ours, theirs = pair
    theirs.sendall(data)
    theirs.close()
    with pytest.raises(HungUpError):
        Channel(ours).exchange({}, {}, deadline(5))


def test_the_child_sees_the_end(pair: Sockets) -> None:
    ours, theirs = pair
    ours.close()
    with pytest.raises(EOFError):
        Connection(theirs).receive()


class Counted(msgspec.Struct):
    count: int


def test_a_reply_is_decoded_as_the_type_that_was_asked_for(pair: Sockets) -> None:
    ours, theirs = pair

    def answer(connection: socket.socket) -> None:
        child = Connection(connection)
        request, _ = child.receive(Counted)
        child.send(Counted(request.count + 1), {})
        child.receive(Counted)
        child.send({"count": "many"}, {})

    serve(theirs, answer)
    channel = Channel(ours)
    assert channel.exchange(Counted(1), {}, deadline(5), Counted)[0] == Counted(2)
    with pytest.raises(WireError, match="Expected `int`"):
        channel.exchange(Counted(1), {}, deadline(5), Counted)
