"""A small web proxy on loopback that opens tunnels, and remembers to where and for whom."""

import socket
import socketserver
import threading
from contextlib import contextmanager, suppress


class SmallProxy:
    """Answers CONNECT; `refusal` is a status line that it gives instead, `silent` lets it say nothing."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.credentials: list[str | None] = []
        self.refusal: bytes | None = None
        self.silent = False
        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), _handler_of(self))
        self._server.daemon_threads = True

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._server.server_address[1]}"

    @contextmanager
    def running(self):
        thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            thread.join()
            self._server.server_close()


def _handler_of(proxy: SmallProxy) -> type[socketserver.StreamRequestHandler]:
    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            target = self.rfile.readline().split()[1].decode()
            headers = dict(_header(line) for line in iter(self.rfile.readline, b"\r\n"))
            proxy.asked.append(target)
            proxy.credentials.append(headers.get("proxy-authorization"))
            if proxy.silent:
                self.rfile.read()
                return
            if proxy.refusal is not None:
                self.wfile.write(proxy.refusal)
                return
            host, _, port = target.rpartition(":")
            with socket.create_connection((host.strip("[]"), int(port))) as there:
                self.wfile.write(b"HTTP/1.1 200 Connection established\r\nVia: small\r\n\r\n")
                back = threading.Thread(target=_pour, args=(there, self.connection), daemon=True)
                back.start()
                _pour(self.connection, there)
                back.join()

    return Handler


def _header(line: bytes) -> tuple[str, str]:
    name, _, value = line.decode("latin-1").partition(":")
    return name.strip().lower(), value.strip()


def _pour(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while part := source.recv(65_536):
            sink.sendall(part)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
