"""A server that behaves as badly as an address in somebody's LMS can."""

import socket
import threading
from contextlib import suppress

# What it does to whoever asks, by the first part of the path.
MISBEHAVIOURS = ("hang", "trickle", "close", "garbage", "page", "flood", "elsewhere", "error")
# Addresses that are not even called; the port is of no matter.
FORBIDDEN = ("http://10.11.12.13/x", "http://169.254.169.254/latest/meta-data", "http://[fd00::1]/x")
TEN_MEGABYTES = 10_000_000


class HostileServer:
    """Answers every request on loopback by the misbehaviour that its path names."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def close(self) -> None:
        """Cut everybody off."""
        self._ended.set()
        self._listener.close()
        for thread in self._threads:
            thread.join(timeout=5)

    def _accept(self) -> None:
        while not self._ended.is_set():
            with suppress(OSError):
                self._listener.settimeout(0.2)
                caller, _ = self._listener.accept()
                thread = threading.Thread(target=self._misbehave, args=(caller,), daemon=True)
                self._threads.append(thread)
                thread.start()

    def _misbehave(self, caller: socket.socket) -> None:
        with caller, suppress(OSError):
            caller.settimeout(5)
            request = caller.recv(65_536).decode("latin-1")
            how = request.split(" ")[1].split("/")[1]
            getattr(self, f"_{how}")(caller)

    def _hang(self, caller: socket.socket) -> None:
        self._ended.wait(5)

    def _trickle(self, caller: socket.socket) -> None:
        caller.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9000\r\n\r\n")
        while not self._ended.wait(0.1):
            caller.sendall(b" ")

    def _close(self, caller: socket.socket) -> None:
        caller.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{")

    def _garbage(self, caller: socket.socket) -> None:
        self._say(caller, "200 OK", bytes(range(256)) * 4)

    def _page(self, caller: socket.socket) -> None:
        self._say(caller, "200 OK", b"<!doctype html><title>Maintenance</title><p>Back soon.</p>")

    def _flood(self, caller: socket.socket) -> None:
        self._say(caller, "200 OK", b"[" + b" " * TEN_MEGABYTES + b"]")

    def _elsewhere(self, caller: socket.socket) -> None:
        self._say(caller, "302 Found", b"", "Location: http://127.0.0.2:1/stolen\r\n")

    def _error(self, caller: socket.socket) -> None:
        self._say(caller, "503 Service Unavailable", b'{"error": "down"}')

    def _say(self, caller: socket.socket, status: str, body: bytes, more: str = "") -> None:
        head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        caller.sendall(f"{head}{more}\r\n".encode() + body)
