"""The one way out: what may be called, how long and how much, and that it goes where it was checked."""

import ssl
import time
import warnings
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
import trustme

from lti_tool.errors import PlatformUnavailable, ServiceRefused
from lti_tool.lti.connections import addresses_of
from lti_tool.lti.http import OutboundClient
from tests.unit.lti.simulator import LocalServer, Reply

LOOPBACK = ("127.0.0.1",)
HANGS_UP = Reply(write=lambda out: None)


@pytest.fixture
def client():
    with OutboundClient(LOOPBACK, connect_timeout=2, read_timeout=2) as made:
        yield made


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


def answers(*replies):
    """An answering function that goes through these replies, then repeats the last."""
    left = list(replies)
    return lambda received: left.pop(0) if len(left) > 1 else left[0]


class TestCalling:
    def test_sends_a_form_and_says_who_we_are(self, client, server):
        server.answer = answers(Reply(200, b"ok", {"X-Told": "1"}))

        answer = client.request(
            "POST", f"{server.url}/token?a=b", data={"a": "é&"}, headers={"Accept": "x/y"}
        )

        (received,) = server.received
        assert (answer.status, answer.body, answer.headers["x-told"]) == (200, b"ok", "1")
        assert (received.method, received.path, received.body) == ("POST", "/token?a=b", b"a=%C3%A9%26")
        assert received.headers["User-Agent"].startswith("CommunityValue")
        assert received.headers["Accept"] == "x/y"
        assert received.headers["Host"] == f"127.0.0.1:{server.port}"

    def test_sends_json(self, client, server):
        server.answer = answers(Reply(201))

        client.request("POST", server.url, json={"a": 1})

        assert server.received[0].headers["Content-Type"] == "application/json"
        assert server.received[0].body == b'{"a": 1}'

    def test_keeps_the_connection_for_the_next_call(self, client, server):
        server.answer = answers(Reply(200, b"1"), Reply(404, b"2"), Reply(200, b""))

        statuses = [client.request("GET", server.url).status for _ in range(3)]

        assert statuses == [200, 404, 200]
        assert server.connections == 1

    def test_opens_a_new_one_when_the_other_side_closed_it(self, client, server):
        server.answer = answers(
            Reply(write=lambda out: out.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"))
        )

        for _ in range(2):
            assert client.request("GET", server.url).body == b"x"
            time.sleep(0.05)

        assert server.connections == 2

    @pytest.mark.parametrize(("method", "known"), [("GET", {}), ("PUT", {}), ("POST", {"repeatable": True})])
    def test_calls_anew_when_the_kept_one_is_hung_up_on_at_this_moment(self, client, server, method, known):
        server.answer = answers(Reply(200, b"1"), HANGS_UP, Reply(200, b"2"))

        bodies = [client.request(method, server.url, **known).body for _ in range(2)]

        assert bodies == [b"1", b"2"]
        assert (server.connections, len(server.received)) == (2, 3)

    def test_repeats_nothing_that_may_have_been_done_already(self, client, server):
        server.answer = answers(Reply(200), HANGS_UP, Reply(200))
        client.request("GET", server.url)

        with pytest.raises(PlatformUnavailable, match="connection"):
            client.request("POST", server.url)

        assert len(server.received) == 2

    def test_does_not_call_twice_whoever_hangs_up_on_a_new_connection(self, client, server):
        server.answer = answers(HANGS_UP)

        with pytest.raises(PlatformUnavailable, match="connection"):
            client.request("GET", server.url)

        assert len(server.received) == 1

    def test_reads_a_body_in_chunks_and_one_that_ends_with_the_connection(self, client, server):
        head = b"HTTP/1.1 200 OK\r\nConnection: close\r\n"
        chunked = head + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
        until_closed = head + b"\r\nabcde"
        server.answer = answers(
            Reply(write=lambda out: out.write(chunked)), Reply(write=lambda out: out.write(until_closed))
        )

        assert [client.request("GET", server.url).body for _ in range(2)] == [b"abcde", b"abcde"]

    def test_reports_the_other_side_s_clock_and_ours(self, server):
        ours = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
        date = b"HTTP/1.1 200 OK\r\nDate: Mon, 23 Nov 2026 12:00:07 GMT\r\nContent-Length: 0\r\n\r\n"
        server.answer = answers(Reply(write=lambda out: out.write(date)))

        with OutboundClient(LOOPBACK, now=lambda: ours) as client:
            answer = client.request("GET", server.url)

        assert (answer.at, answer.date) == (ours, ours + timedelta(seconds=7))

    @pytest.mark.parametrize(
        "header",
        [
            "yesterday",
            "",
            "Mon, 99 Nov 2026 99:99:99 GMT",
            "Fri, 31 Dec 9999 23:59:59 -0100",
        ],
    )
    def test_ignores_a_date_that_is_none(self, client, server, header):
        raw = f"HTTP/1.1 200 OK\r\nDate: {header}\r\nContent-Length: 0\r\n\r\n".encode()
        server.answer = answers(Reply(write=lambda out: out.write(raw)))

        assert client.request("GET", server.url).date is None

    def test_ignores_the_proxies_of_the_environment(self, client, server, monkeypatch):
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, "http://127.0.0.1:9")
        server.answer = answers(Reply(200))

        assert client.request("GET", server.url).status == 200

    def test_closes_what_nobody_closed(self, server):
        server.answer = answers(Reply(200))

        with warnings.catch_warnings():
            warnings.simplefilter("error")
            OutboundClient(LOOPBACK).request("GET", server.url)

        assert server.connections == 1


class TestReadingWhatAnAnswerSays:
    @pytest.mark.parametrize(
        ("reply", "expected"),
        [
            (Reply(400, b'{"error": "invalid_client", "error_description": "No <b>key</b>"}'), "No key"),
            (Reply(400, b'{"errors": {"type": "bad"}}'), "{'type': 'bad'}"),
            (Reply(404, b"<html><body><h1>Not found</h1></body></html>"), "Not found"),
            (Reply(400, b"[]", reason="Incorrect score received{user: 5}"), "Incorrect score received"),
            (Reply(400, b"x" * 5000), "x" * 300),
            (Reply(400, b""), "Bad Request"),
            # Two megabytes are looked through once, not anew from each of these.
            (Reply(400, b"<p>" + b"x" * 300 + b"<title" * 300_000), "Bad Request"),
        ],
    )
    def test_gives_short_plain_words(self, client, server, reply, expected):
        server.answer = answers(reply)

        assert client.request("GET", server.url).words == expected


class TestKeepingToTheLimits:
    def fails(self, client, url, **more):
        with pytest.raises(PlatformUnavailable) as problem:
            client.request("GET", url, **more)
        return problem.value

    def test_gives_up_on_a_silent_server(self, server):
        server.answer = answers(Reply(write=lambda out: time.sleep(1)))

        with OutboundClient(LOOPBACK, read_timeout=0.2) as client:
            assert self.fails(client, server.url).code == "timeout"

    @pytest.mark.parametrize("start", [b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", b""])
    def test_gives_up_on_one_that_sends_a_byte_now_and_then(self, server, start):
        def drip(out):
            out.write(start)
            for _ in range(60):
                out.write(b"x")
                out.flush()
                time.sleep(0.05)

        server.answer = answers(Reply(write=drip))
        began = time.monotonic()

        with OutboundClient(LOOPBACK, read_timeout=1, total_timeout=0.4) as client:
            assert self.fails(client, server.url).code == "timeout"

        assert time.monotonic() - began < 2

    def test_does_not_read_more_than_the_limit(self, client, server):
        server.answer = answers(Reply(200, b"x" * 1001))

        assert self.fails(client, server.url, size_limit=1000).code == "too-large"

    def test_reads_up_to_the_limit(self, client, server):
        server.answer = answers(Reply(200, b"x" * 1000))

        assert len(client.request("GET", server.url, size_limit=1000).body) == 1000

    def test_does_not_read_endless_chunks(self, client, server):
        def endless(out):
            out.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            while True:
                out.write(b"400\r\n" + b"x" * 1024 + b"\r\n")

        server.answer = answers(Reply(write=endless))

        assert self.fails(client, server.url, size_limit=100_000).code == "too-large"

    def test_reports_a_server_that_is_not_there(self, client):
        with LocalServer(answers(Reply())).running() as gone:
            url = gone.url

        assert self.fails(client, url).code == "connection"

    @pytest.mark.parametrize(
        "raw", [b"", b"\x00\x01\x02\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx"]
    )
    def test_reports_what_is_not_http_or_ends_too_early(self, client, server, raw):
        server.answer = answers(Reply(write=lambda out: out.write(raw)))

        assert self.fails(client, server.url).code == "connection"

    def test_reports_a_name_that_nobody_knows(self):
        def unknown(host, port):
            raise OSError("Name or service not known")

        with OutboundClient((), resolve=unknown) as client:
            assert self.fails(client, "https://lms.example/").code == "connection"

    @pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
    def test_calls_some_answers_worth_another_try(self, client, server, status):
        server.answer = answers(Reply(status, b"<p>later</p>", {"Retry-After": "17"}))

        problem = self.fails(client, server.url)

        assert (problem.code, problem.words) == (f"http-{status}", "later")
        assert (problem.facts["retry_after"], problem.facts["status"]) == (17.0, status)

    @pytest.mark.parametrize(
        ("header", "seconds"),
        [
            ("0", 0.0),
            ("999999999999", 86_400.0),
            ("-5", None),
            ("soon", None),
            ("Thu, 01 Jan 1970 00:00:00 GMT", 0.0),
        ],
    )
    def test_reads_how_long_to_wait_from_a_number_or_a_date(self, client, server, header, seconds):
        server.answer = answers(Reply(429, b"", {"Retry-After": header}))

        assert self.fails(client, server.url).facts["retry_after"] == seconds


class TestFollowingRedirects:
    def test_goes_on_at_the_same_host(self, client, server):
        server.answer = answers(Reply(302, b"", {"Location": "/there?a=1"}), Reply(200, b"here"))

        assert client.request("GET", f"{server.url}/start").body == b"here"
        assert [received.path for received in server.received] == ["/start", "/there?a=1"]

    def test_ends_after_three(self, client, server):
        server.answer = answers(Reply(307, b"", {"Location": "/again"}))

        with pytest.raises(PlatformUnavailable, match="redirects"):
            client.request("GET", server.url)

        assert len(server.received) == 4

    @pytest.mark.parametrize(
        "location",
        [
            "http://127.0.0.2/",
            "https://127.0.0.1/",
            "//evil.example/",
            "file:///etc/passwd",
            "http://127.0.0.1:1/",
        ],
    )
    def test_never_goes_to_another_host(self, client, server, location):
        server.answer = answers(Reply(302, b"", {"Location": location}))

        with pytest.raises(ServiceRefused, match="outbound-forbidden"):
            client.request("GET", server.url, headers={"Authorization": "Bearer secret"})

        assert len(server.received) == 1

    def test_never_repeats_a_post(self, client, server):
        server.answer = answers(Reply(307, b"", {"Location": "/there"}))

        assert client.request("POST", server.url, data="x").status == 307
        assert len(server.received) == 1


class TestGoingWhereItWasChecked:
    @pytest.mark.parametrize(
        "url",
        [
            "http://127.0.0.1:{port}/",
            "http://localhost:{port}/",
            "http://[::ffff:127.0.0.1]:{port}/",
            "http://2130706433:{port}/",
            "http://0x7f.1:{port}/",
            "http://0.0.0.0:{port}/",
            "http://[::]:{port}/",
            "https://127.0.0.1:{port}/",
        ],
    )
    def test_does_not_reach_this_machine_by_any_spelling(self, server, url):
        # Everything resolves to this machine, as the system's resolver would say for these spellings.
        with (
            OutboundClient((), resolve=lambda host, port: ["127.0.0.1"]) as client,
            pytest.raises(ServiceRefused),
        ):
            client.request("GET", url.format(port=server.port))

        assert server.connections == 0

    @pytest.mark.parametrize(
        "url",
        [
            "ftp://lms.example/",
            "file:///etc/passwd",
            "https://user:pw@lms.example/",
            "",
            "//lms.example",
            "https://a b/",
        ],
    )
    def test_calls_web_addresses_only(self, client, url):
        with pytest.raises(ServiceRefused, match="outbound-forbidden"):
            client.request("GET", url)

    @pytest.mark.parametrize("address", ["10.0.0.1", "169.254.169.254", "::ffff:10.0.0.1", "fd00:ec2::254"])
    def test_refuses_a_public_name_that_resolves_to_a_private_address(self, address):
        client = OutboundClient(LOOPBACK, resolve=lambda host, port: [address])

        with pytest.raises(ServiceRefused, match="outbound-forbidden"):
            client.request("GET", "https://lms.example/")

    def test_never_calls_a_metadata_address_even_when_its_name_is_allowed(self):
        client = OutboundClient(("lms.example", "0.0.0.0/0"), resolve=lambda host, port: ["169.254.169.254"])

        with pytest.raises(ServiceRefused, match="outbound-forbidden"):
            client.request("GET", "http://lms.example/")

    def test_insists_on_https_for_a_host_that_nobody_named(self):
        client = OutboundClient((), resolve=lambda host, port: ["93.184.216.34"])

        with pytest.raises(ServiceRefused, match="outbound-forbidden") as refusal:
            client.request("GET", "http://lms.example/")

        assert "https" in refusal.value.words

    def test_connects_to_the_very_address_that_it_checked(self, server):
        """A name server that answers differently a moment later (rebinding) is asked once only."""
        asked = []

        def rebinding(host, port):
            asked.append(host)
            return ["127.0.0.1"] if len(asked) == 1 else ["10.0.0.1"]

        server.answer = answers(Reply(200, b"here"))

        with OutboundClient(("lms.example",), resolve=rebinding) as client:
            assert client.request("GET", f"http://lms.example:{server.port}/").body == b"here"

        assert asked == ["lms.example"]
        assert server.received[0].headers["Host"] == f"lms.example:{server.port}"

    def test_tries_the_next_address_when_one_does_not_answer(self, server):
        server.answer = answers(Reply(200))

        with OutboundClient(
            ("lms.example",), resolve=lambda host, port: ["127.0.0.9", "127.0.0.1"]
        ) as client:
            assert client.request("GET", f"http://lms.example:{server.port}/").status == 200


class TestSpeakingTls:
    @pytest.fixture
    def secure_server(self, authority):
        server = LocalServer(answers(Reply(200, b"sealed")))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("lms.example").configure_cert(context)
        server.secure(context)
        with server.running():
            yield server

    def client(self, authority=None):
        tls = ssl.create_default_context()
        if authority is not None:
            authority.configure_trust(tls)
        return OutboundClient(LOOPBACK, connect_timeout=2, resolve=lambda host, port: ["127.0.0.1"], tls=tls)

    def test_checks_the_name_of_the_host_not_the_address(self, authority, secure_server):
        with self.client(authority) as client:
            answer = client.request("GET", f"https://lms.example:{secure_server.port}/")

        assert answer.body == b"sealed"

    def test_refuses_a_certificate_of_another_name(self, authority, secure_server):
        with self.client(authority) as client, pytest.raises(PlatformUnavailable) as problem:
            client.request("GET", f"https://other.example:{secure_server.port}/")

        assert problem.value.code == "tls"

    def test_refuses_a_certificate_of_an_unknown_authority(self, secure_server):
        with self.client() as client, pytest.raises(PlatformUnavailable) as problem:
            client.request("GET", f"https://lms.example:{secure_server.port}/")

        assert problem.value.code == "tls"


class TestReadingAStrangersPage:
    """Previews of links: nothing secret is sent, and the beginning of a page is enough."""

    @pytest.fixture
    def reader(self):
        here = partial(addresses_of, "127.0.0.1")
        with OutboundClient(
            LOOPBACK, size_limit=1000, elsewhere=True, resolve=lambda _, port: here(port)
        ) as made:
            yield made

    def test_goes_on_at_another_host_that_may_be_called(self, reader, server):
        server.answer = answers(
            Reply(301, b"", {"Location": f"http://other.example:{server.port}/"}), Reply(200, b"x")
        )
        assert reader.request("GET", server.url).status == 200

    @pytest.mark.parametrize(
        "location", ["file:///etc/passwd", "gopher://127.0.0.1/", "http://user:pass@127.0.0.1/"]
    )
    def test_goes_to_no_host_that_may_not(self, reader, server, location):
        server.answer = answers(Reply(302, b"", {"Location": location}))
        with pytest.raises(ServiceRefused, match="outbound-forbidden"):
            reader.request("GET", server.url)
        assert len(server.received) == 1

    def test_takes_the_beginning_of_what_is_too_large(self, reader, server):
        server.answer = answers(Reply(200, b"y" * 5_000_000))
        assert reader.request("GET", server.url, beginning=True).body == b"y" * 1000
