"""Loopback ports for servers that tests start."""

import socket


def free_ports(count: int) -> list[int]:
    """Return `count` different ports that nothing listens on at this moment."""
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    try:
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()
