"""Through the operator's proxy: to the address that was checked, for every call, with words when it fails."""

import base64
import ssl

import pytest
import trustme

from lti_tool.errors import PlatformUnavailable, ServiceRefused
from lti_tool.lti.http import OutboundClient, outbound_client
from lti_tool.lti.proxies import Proxy
from tests.unit.lti.simulator import LocalServer, Reply
from tests.unit.lti.small_proxy import SmallProxy


@pytest.fixture
def proxy():
    with SmallProxy().running() as running:
        yield running


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture
def lms(authority):
    """An LMS that speaks TLS under the name lms.example."""
    server = LocalServer(lambda received: Reply(200, b"sealed"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("lms.example").configure_cert(context)
    server.secure(context)
    with server.running():
        yield server


@pytest.fixture
def through(proxy, authority):
    """Makes clients that go through the proxy and find every name on this machine."""

    def make(allow=("127.0.0.1",), credentials="", found="127.0.0.1", **more):
        tls = ssl.create_default_context()
        authority.configure_trust(tls)
        return OutboundClient(
            allow,
            connect_timeout=1,
            resolve=lambda host, port: [found],
            tls=tls,
            proxy=f"http://{credentials}{proxy.address}",
            **more,
        )

    return make


class TestCallingThroughAProxy:
    def test_asks_for_the_address_that_was_checked_and_speaks_tls_to_the_name(self, through, proxy, lms):
        with through() as client:
            answer = client.request("GET", f"https://lms.example:{lms.port}/")

        assert answer.body == b"sealed"
        assert proxy.asked == [f"127.0.0.1:{lms.port}"]

    def test_refuses_a_certificate_of_another_name(self, through, lms):
        with through() as client, pytest.raises(PlatformUnavailable) as problem:
            client.request("GET", f"https://other.example:{lms.port}/")

        assert problem.value.code == "tls"

    def test_takes_plain_http_the_same_way_with_the_name_in_its_host_header(self, through, proxy, server):
        server.answer = lambda received: Reply(200, b"plain")

        with through(allow=("lms.example",)) as client:
            answer = client.request("GET", f"http://lms.example:{server.port}/")

        assert answer.body == b"plain"
        assert proxy.asked == [f"127.0.0.1:{server.port}"]
        assert server.received[0].headers["Host"] == f"lms.example:{server.port}"

    def test_keeps_the_tunnel_for_the_next_call(self, through, proxy, lms):
        with through() as client:
            for _ in range(3):
                client.request("GET", f"https://lms.example:{lms.port}/")

        assert len(proxy.asked) == 1

    def test_says_who_we_are_when_the_setting_does(self, through, proxy, lms):
        with through(credentials="tool:p%40ss%3Aword@") as client:
            client.request("GET", f"https://lms.example:{lms.port}/")

        assert proxy.credentials == ["Basic " + base64.b64encode(b"tool:p@ss:word").decode()]

    def test_is_what_the_setting_asks_for(self, app, proxy, server):
        app.extensions["settings"].outbound_proxy = f"http://{proxy.address}"
        server.answer = lambda received: Reply(200, b"[]")

        with outbound_client() as client:
            client.request("GET", f"{server.url}/")

        assert proxy.asked == [f"127.0.0.1:{server.port}"]


class TestWhatAProxyDoesNotChange:
    @pytest.mark.parametrize("found", ["10.0.0.1", "169.254.169.254", "127.0.0.1"])
    def test_an_address_that_may_not_be_called_is_not_asked_for(self, through, proxy, found):
        with through(allow=(), found=found) as client, pytest.raises(ServiceRefused) as refusal:
            client.request("GET", "https://lms.example/")

        assert refusal.value.code == "outbound-forbidden"
        assert proxy.asked == []


class TestAProxyThatFails:
    def words(self, client):
        with client, pytest.raises(PlatformUnavailable) as problem:
            client.request("GET", "https://lms.example/")
        assert problem.value.code == "proxy"
        return problem.value.words

    def test_that_is_not_there_is_named(self, authority):
        client = OutboundClient(
            ("127.0.0.1",),
            connect_timeout=1,
            resolve=lambda host, port: ["127.0.0.1"],
            proxy="http://tool:secret@127.0.0.1:1",
        )

        assert self.words(client) == "the proxy 127.0.0.1:1 cannot be reached"

    @pytest.mark.parametrize(
        ("said", "shown"),
        [
            (b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "407 Proxy Authentication Required"),
            (b"HTTP/1.1 403 <b>Forbidden</b>\r\nX: y\r\n\r\n", "403 Forbidden"),
            (b"SSH-2.0-OpenSSH\r\n", "nothing that a proxy says"),
            (b"HTTP/1.1 200 O", "200 O"),
            (b"", "nothing that a proxy says"),
        ],
    )
    def test_that_refuses_is_quoted(self, through, proxy, said, shown):
        proxy.refusal = said

        assert self.words(through()) == f"the proxy {proxy.address} answered {shown}"

    def test_that_is_silent_is_not_waited_for_any_longer_than_another_connection(self, through, proxy):
        proxy.silent = True

        assert self.words(through(total_timeout=0.5)) == f"the proxy {proxy.address} does not answer"

    def test_is_not_shown_with_its_password(self):
        assert "secret" not in repr(Proxy.at("http://tool:secret@proxy.example:3128"))
