"""Attacks through sockets: the network, other programs, and the kernel."""

from __future__ import annotations

import contextlib
import ctypes
import socket

from escape_service import syscall


def connect_by_tcp(on):
    with socket.create_connection(("127.0.0.1", on.tcp_port), timeout=2):
        return "connected"


def listen_by_tcp(on):
    with socket.create_server(("127.0.0.1", 0)):
        return "listening"


def send_by_udp(on):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        return udp.sendto(b"x", ("127.0.0.1", 9))


def connect_to_a_local_socket(on):
    with socket.socket(socket.AF_UNIX) as local:
        local.connect(on.unix_stream)
        return "connected"


def connect_to_an_abstract_socket(on):
    with socket.socket(socket.AF_UNIX) as local:
        local.connect("\0" + on.abstract)
        return "connected"


def send_through_a_socket_pair(on):
    """A pair needs no socket(), and its datagrams can be sent to any path."""
    one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with one, other:
        return one.sendto(b"x", on.unix_datagram)


def open_a_socket_of_any_family(on):
    made = []
    for family in range(46):
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW, socket.SOCK_SEQPACKET):
            with contextlib.suppress(OSError), socket.socket(family, kind):
                made.append(family)
    if not made:
        raise OSError("none")
    return made


def send_a_descriptor(on):
    """Files on their way in a message are in nobody's list of open files."""
    one, other = socket.socketpair()
    with one, other:
        return socket.send_fds(one, [b"x"], [one.fileno()])


def ask_netlink(on):
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW) as netlink:
        return netlink.bind((0, 0)) or "bound"


def set_up_io_uring(on):
    """It opens files and sockets without the calls that a filter sees."""
    return syscall(425, 4, ctypes.create_string_buffer(120))
