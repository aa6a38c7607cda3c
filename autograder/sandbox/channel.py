"""Requests and replies over a connection: the grader's end and the child's."""

from __future__ import annotations

import secrets
import selectors
import socket
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from autograder.sandbox.wire import (
    DEFAULT_BOUNDS,
    HEADER,
    MEBIBYTE,
    NONCE_BYTES,
    Bounds,
    Message,
    NamedArrays,
    WireError,
    decode,
    encode,
    frame_size,
    nonce_of,
)


class UnsendableError(Exception):
    """A request of the grader's own is not JSON and arrays, or too large: no child's fault."""


class HungUpError(Exception):
    """The other side closed the connection before its frame was complete."""


# Needs no descriptor of its own, where the system has it.
_Selector = getattr(selectors, "PollSelector", selectors.SelectSelector)


class Channel:
    """The grader's end of a connection to a child.

    Sends and receives at the same time, so that a child that does not read cannot hold the
    grader, and stops reading at the bound, so that a child that floods cannot fill its memory.
    """

    def __init__(self, connection: socket.socket, bounds: Bounds = DEFAULT_BOUNDS) -> None:
        connection.setblocking(False)
        self._connection = connection
        self.bounds = bounds

    def close(self) -> None:
        """Close the connection; may be called twice."""
        self._connection.close()

    def exchange(
        self,
        message: object,
        arrays: Mapping[str, np.ndarray],
        pause: Callable[[], float],
        reply: Any = Message,
        bounds: Bounds | None = None,
    ) -> tuple[Any, NamedArrays]:
        """Send a request, receive its reply.

        Args:
            message: as for `encode`.
            arrays: as for `encode`.
            pause: called before every wait; returns for how many seconds to wait at most, or
                raises to give up (a deadline).
            reply: type of the reply's message, as for `decode`.
            bounds: of this reply; None for those of the channel.

        Raises:
            UnsendableError: the request cannot be encoded; nothing has been sent.
            WireError: the reply is malformed, exceeds the bounds, or is not to this request. The
                connection cannot be used any more.
            HungUpError: the child closed its end.
        """
        nonce = secrets.token_bytes(NONCE_BYTES)
        try:
            request = encode(message, arrays, nonce)
            frame_size(request[: HEADER.size])  # or the child would refuse it
        except WireError as error:
            raise UnsendableError(str(error)) from error
        bounds = bounds or self.bounds
        frame, surplus = self._transfer(memoryview(request), pause, bounds)
        if nonce_of(frame) != nonce:
            raise WireError("the reply does not belong to the request")
        if surplus:
            raise WireError("there is more than one reply")
        return decode(frame, reply, bounds)

    def _transfer(
        self, unsent: memoryview, pause: Callable[[], float], bounds: Bounds
    ) -> tuple[memoryview, memoryview]:
        """Send all and receive a frame; returns it, and what has come with it."""
        received = bytearray()
        size: int | None = None
        with _Selector() as selector:
            selector.register(self._connection, selectors.EVENT_READ | selectors.EVENT_WRITE)
            while size is None or len(received) < size:
                found = selector.select(pause())
                events = found[0][1] if found else 0
                if events & selectors.EVENT_WRITE and unsent:
                    unsent = unsent[self._send_some(unsent) :]
                    if not unsent:
                        selector.modify(self._connection, selectors.EVENT_READ)
                if events & selectors.EVENT_READ:
                    received += self._receive_some()
                if size is None and len(received) >= HEADER.size:
                    size = frame_size(received[: HEADER.size], bounds)
        if unsent:
            raise WireError("the reply came before the request was read")
        return memoryview(received)[:size], memoryview(received)[size:]

    def _send_some(self, unsent: memoryview) -> int:
        try:
            return self._connection.send(unsent)
        except BlockingIOError:
            return 0
        except ConnectionError as error:  # each system has another one for it
            raise HungUpError from error

    def _receive_some(self) -> bytes:
        try:
            data = self._connection.recv(MEBIBYTE)
        except BlockingIOError:
            return b""
        except ConnectionError as error:
            raise HungUpError from error
        if not data:
            raise HungUpError
        return data


class Connection:
    """The child's end: blocking, one reply to each request.

    ``receive`` raises EOFError when the grader has no further request.
    """

    def __init__(self, connection: socket.socket, bounds: Bounds = DEFAULT_BOUNDS) -> None:
        connection.setblocking(True)
        self._connection = connection
        self._bounds = bounds
        self._nonce = bytes(NONCE_BYTES)

    def receive(self, expected: Any = Message) -> tuple[Any, NamedArrays]:
        """Wait for the next request.

        Args:
            expected: type of its message, as for `decode`.

        Raises:
            EOFError: there is none.
            WireError: the request exceeds the bounds, or is another message.
        """
        header = self._read(HEADER.size)
        frame = header + self._read(frame_size(header, self._bounds) - HEADER.size)
        message, arrays = decode(frame, expected, self._bounds)
        self._nonce = nonce_of(header)
        return message, arrays

    def send(self, message: object, arrays: Mapping[str, np.ndarray]) -> None:
        """Answer the last request.

        Raises:
            WireError: as `encode`; nothing has been sent then.
        """
        self._connection.sendall(encode(message, arrays, self._nonce))

    def _read(self, size: int) -> bytearray:
        data = bytearray(size)
        view = memoryview(data)
        while view:
            count = self._connection.recv_into(view)
            if count == 0:
                raise EOFError
            view = view[count:]
        return data
