"""A tunnel that takes whoever asks for a host by name to a port of this machine, as a proxy of the environment does.

So a program meets a server under a name that no resolver knows, over TLS from end to end.
"""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Thread


@contextmanager
def tunnel(port: int, asked: list[str]) -> Iterator[str]:
    """Give the address of the proxy; what is asked of it is added to `asked`."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threads: list[Thread] = []
        clients: list[socket.socket] = []

        def accept() -> None:
            with suppress(OSError):
                while True:
                    client, _ = listener.accept()
                    clients.append(client)
                    threads.append(Thread(target=_serve, args=(client, port, asked), daemon=True))
                    threads[-1].start()

        accepting = Thread(target=accept, daemon=True)
        accepting.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            accepting.join()
            for client in clients:
                with suppress(OSError):
                    client.shutdown(socket.SHUT_RDWR)
            for thread in threads:
                thread.join(5)


def _serve(client: socket.socket, port: int, asked: list[str]) -> None:
    with client, socket.create_connection(("127.0.0.1", port)) as server, suppress(OSError):
        head = b""
        while b"\r\n\r\n" not in head:
            head += client.recv(4096)
        asked.append(head.split(b"\r\n", 1)[0].decode())
        client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        back = Thread(target=_copy, args=(server, client), daemon=True)
        back.start()
        _copy(client, server)
        back.join(5)


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while some := source.recv(65_536):
            target.sendall(some)
        target.shutdown(socket.SHUT_WR)
