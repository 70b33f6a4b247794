"""Bytes that tests send to a server over a socket of their own, and what it says to them."""

import contextlib
import socket

from tests.serve.running_server import Server


def connect(server: Server) -> socket.socket:
    """Open a connection."""
    return socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2])), timeout=120)


def everything(connection: socket.socket) -> bytes:
    """Read until the other side closes, or breaks the connection."""
    parts = []
    with contextlib.suppress(ConnectionError):
        while part := connection.recv(65_536):
            parts.append(part)
    return b"".join(parts)


def reply_to(server: Server, said: bytes) -> bytes:
    """Send these bytes on a connection of their own, and give all that comes back."""
    with connect(server) as connection:
        with contextlib.suppress(ConnectionError):
            connection.sendall(said)
        return everything(connection)
