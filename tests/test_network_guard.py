"""The guard that keeps every test on this machine."""

import socket

import pytest

from tests.support.network import NetworkForbidden

DOCUMENTATION_ADDRESS = "192.0.2.1"


class TestReachingOut:
    def test_a_connection_beyond_loopback_is_refused(self):
        with socket.socket() as outward, pytest.raises(NetworkForbidden):
            outward.connect((DOCUMENTATION_ADDRESS, 443))

    def test_a_datagram_beyond_loopback_is_refused(self):
        with socket.socket(type=socket.SOCK_DGRAM) as outward, pytest.raises(NetworkForbidden):
            outward.sendto(b"?", (DOCUMENTATION_ADDRESS, 53))

    @pytest.mark.parametrize("look_up", [socket.gethostbyname, lambda name: socket.getaddrinfo(name, 443)])
    def test_a_name_is_not_looked_up(self, look_up):
        with pytest.raises(NetworkForbidden):
            look_up("lms.example")


class TestStayingHere:
    def test_loopback_is_reached_by_name(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            inward = socket.create_connection(("localhost", server.getsockname()[1]), timeout=5)
            with inward:
                assert inward.getpeername()[0] == "127.0.0.1"

    def test_a_unix_socket_is_reached(self):
        one, other = socket.socketpair(socket.AF_UNIX)
        with one, other:
            one.sendall(b"here")
            assert other.recv(4) == b"here"
