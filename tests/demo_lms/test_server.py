import json
import socket
import struct
import subprocess
import sys
from threading import Event
from urllib.request import urlopen

import pytest

from demo_lms import serve
from demo_lms.keys import ToolKeysUnreadable, fetch_over_http


@pytest.fixture
def served(app):
    handle = serve(app, ("127.0.0.1", "::1"), 0)
    yield handle
    handle.close()


class TestServing:
    def test_answers_on_both_loopback_addresses(self, served):
        for host in ("127.0.0.1", "[::1]"):
            with urlopen(f"http://{host}:{served.port}/lti/certs", timeout=5) as answer:
                assert json.load(answer)["keys"]

    def test_frees_the_port_when_closed(self, app):
        first = serve(app, ("127.0.0.1",), 0)
        first.close()

        second = serve(app, ("127.0.0.1",), first.port)
        assert second.port == first.port
        second.close()

    def test_says_that_a_port_is_taken(self, app, served):
        with pytest.raises(OSError, match="in use"):
            serve(app, ("127.0.0.1",), served.port)

    def test_sends_what_moodle_writes_into_status_lines(self, served):
        with socket.create_connection(("127.0.0.1", served.port), timeout=5) as connection:
            connection.sendall(b"GET /lti/services/2/lineitems HTTP/1.0\r\n\r\n")
            line = connection.makefile("rb").readline()

        assert line.startswith(b"HTTP/1.1 400 No handler found for /2/lineitems")


class TestABrowserThatStopsListening:
    def test_leaves_no_file_open(self):
        """An answer is closed although nobody reads it any more."""
        is_written, is_gone, is_closed = Event(), Event(), Event()

        class Answer:
            def __iter__(self):
                yield b"begun"
                is_written.set()
                assert is_gone.wait(5)

            def close(self):
                is_closed.set()

        def app(environ, start_response):
            start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "5")])
            return Answer()

        handle = serve(app, ("127.0.0.1",), 0)
        try:
            with socket.create_connection(("127.0.0.1", handle.port), timeout=5) as connection:
                connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                assert is_written.wait(5)
                # No farewell: what is on its way is thrown away.
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            is_gone.set()
            assert is_closed.wait(5)
        finally:
            handle.close()


class TestFetchingTheToolsKeys:
    def test_reads_an_address_over_http(self, served):
        assert b"keys" in fetch_over_http(f"http://127.0.0.1:{served.port}/lti/certs")

    @pytest.mark.parametrize("path", ["/nothing", "/lti/services/2/lineitems"])
    def test_refuses_an_error_answer(self, served, path):
        with pytest.raises(ToolKeysUnreadable):
            fetch_over_http(f"http://127.0.0.1:{served.port}{path}")

    @pytest.mark.parametrize("url", ["file:///etc/hostname", "ftp://127.0.0.1/", "nonsense"])
    def test_reads_nothing_but_the_web(self, url):
        with pytest.raises(ToolKeysUnreadable, match="not a web address"):
            fetch_over_http(url)

    def test_gives_up_when_nobody_answers(self, served):
        served_port = served.port
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            closed_port = free.getsockname()[1]

        assert closed_port != served_port
        with pytest.raises(ToolKeysUnreadable):
            fetch_over_http(f"http://127.0.0.1:{closed_port}/")


class TestTheCommand:
    def test_says_which_port_is_taken(self, served):
        ended = subprocess.run(
            [sys.executable, "-m", "demo_lms", "--port", str(served.port)],
            capture_output=True,
            text=True,
            timeout=15,
        )

        assert ended.returncode == 1
        assert ended.stderr.startswith("The demo LMS cannot start:")

    def test_knows_nothing_of_the_tool_s_code(self):
        told = "import sys, demo_lms; print({'lti_tool', 'jwt', 'pylti1p3'} & set(sys.modules))"

        ended = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, timeout=15)

        assert ended.stdout.strip() == "set()"
