"""Tool, LMS and worker in a process of their own: as `make run` starts them, or over https."""

import socket
import ssl
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

from tests.browser.campus import Addresses, Campus, loopback
from tests.browser.tls import Certificate
from tests.support.network import forbid_network
from tests.support.ports import free_ports
from tools.running import running

TOOL_HOST, LMS_HOST = "community.tool.test", "lms.campus.test"
GUARDED_DEMO = (
    "from tests.support.network import forbid_network; forbid_network(); "
    "from lti_tool.cli import main; main()"
)


@contextmanager
def demo(folder: Path) -> Iterator[Addresses]:
    """Run `lti-tool demo`, which is what `make run` does, in an empty folder."""
    addresses = loopback(*free_ports(2))
    ports = [addresses.tool_port, addresses.lms_port]
    options = ["--port", str(ports[0]), "--lms-port", str(ports[1])]
    command = [sys.executable, "-c", GUARDED_DEMO, "demo", *options]
    with running(command, ports, folder / "demo.log", {"LTI_TOOL_VAR_DIR": str(folder)}):
        yield addresses


@contextmanager
def https_campus(folder: Path, certificate: Certificate) -> Iterator[Addresses]:
    """Run a campus on two https sites; the tool and the LMS trust the throw-away authority like anybody."""
    ports = free_ports(2)
    command = [sys.executable, "-m", __name__, str(folder), str(certificate.file), *map(str, ports)]
    environment = {"SSL_CERT_FILE": str(certificate.authority_file)}
    with running(command, ports, folder / "campus.log", environment):
        yield _https(*ports)


def _https(tool_port: int, lms_port: int) -> Addresses:
    return Addresses(
        f"https://{TOOL_HOST}:{tool_port}", f"https://{LMS_HOST}:{lms_port}", tool_port, lms_port
    )


def _find_the_two_sites_here() -> None:
    """Look the made-up names up as a name server of theirs would: they are on this machine."""
    look_up = socket.getaddrinfo

    def look_up_here(host, *arguments, **options):
        return look_up("127.0.0.1" if host in (TOOL_HOST, LMS_HOST) else host, *arguments, **options)

    socket.getaddrinfo = look_up_here


def _serve_https(folder: str, certificate: str, tool_port: str, lms_port: str) -> None:
    forbid_network()
    _find_the_two_sites_here()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    opened = Campus(_https(int(tool_port), int(lms_port)), Path(folder), tls)
    try:
        Event().wait()
    finally:
        opened.close()


if __name__ == "__main__":
    _serve_https(*sys.argv[1:])
