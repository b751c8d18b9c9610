"""The tool behind Debian's nginx, configured by the example of deploy/ with only its places replaced."""

import re

import pytest

from tests.deploy.proxied import Server

pytestmark = [pytest.mark.processes, pytest.mark.timeout(120)]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Everything running, once for the tests of this file."""
    with Server(tmp_path_factory.mktemp("server")) as running:
        yield running


class TestALaunchThroughTheProxy:
    def test_it_ends_in_the_community_on_https_with_cookies_that_a_frame_may_keep(self, server):
        visitor = server.visitor()
        answer = server.launch("ines", visitor)
        assert answer.status_code == 303, answer.text[:500]
        place = answer.headers["Location"]
        assert place.startswith(("/communities/", f"{server.url}/communities/"))
        cookie = next(part for part in answer.raw.headers.getlist("Set-Cookie") if "__Host-" in part)
        assert {"Secure", "HttpOnly", "SameSite=None", "Partitioned"} <= set(re.split(r";\s*", cookie))
        home = visitor.get(server.url + place.removeprefix(server.url), timeout=10)
        assert home.status_code == 200
        assert "http://localhost" not in home.text

    def test_a_post_arrives_and_is_shown(self, server):
        visitor = server.visitor()
        place = server.launch("karim", visitor).headers["Location"].removeprefix(server.url)
        community, seat = re.match(r"(/communities/\d+/).*seat=(\d+)", place).groups()
        compose = visitor.get(f"{server.url}{community}posts/new?seat={seat}", timeout=10).text
        token = re.search(r'name="seat_token"[^>]*value="([^"]+)"', compose)[1]
        fields = {
            "seat_token": token,
            "kind": "question",
            "title": "Through the proxy?",
            "body": "A question.",
        }
        written = visitor.post(f"{server.url}{community}posts?seat={seat}", data=fields, timeout=10)
        assert written.status_code == 200
        assert "Through the proxy?" in written.text


class TestTheProxy:
    def test_figures_are_not_shown_outside(self, server):
        assert server.visitor().get(f"{server.url}/metrics", timeout=10).status_code == 404

    @pytest.mark.parametrize("address", ["/healthz", "/readyz"])
    def test_health_is_shown(self, server, address):
        assert server.wait_for(server.url + address).status_code == 200

    def test_plain_http_is_sent_to_https(self, server):
        answer = server.visitor().get(
            f"http://localhost:{server.http}/lti/launch", allow_redirects=False, timeout=10
        )
        assert (answer.status_code, answer.headers["Location"]) == (301, "https://localhost/lti/launch")

    def test_a_static_file_with_its_hash_is_kept_for_good_and_one_without_is_asked_for_again(self, server):
        visitor = server.visitor()
        front = visitor.get(f"{server.url}/", timeout=10).text
        hashed = re.search(r'"(/static/[^"]+\?v=\w+)"', front)[1]
        assert "immutable" in visitor.get(server.url + hashed, timeout=10).headers["Cache-Control"]
        bare = visitor.get(server.url + hashed.partition("?")[0], timeout=10)
        assert (bare.status_code, bare.headers["Cache-Control"]) == (200, "no-cache")

    def test_a_login_with_long_hints_meets_the_tool(self, server):
        answer = server.visitor().get(f"{server.url}/lti/login?login_hint={'h' * 7500}", timeout=10)
        assert "CV-" in answer.text

    def test_a_page_is_not_compressed_and_says_who_may_frame_it(self, server):
        answer = server.visitor().get(f"{server.url}/communities/1/", timeout=10)
        assert answer.status_code == 401
        assert "Content-Encoding" not in answer.headers
        assert "frame-ancestors" in answer.headers["Content-Security-Policy"]

    def test_the_log_holds_no_one_use_link_and_nothing_behind_the_question_mark(self, server):
        server.visitor().get(f"{server.url}/lti/register/one-use-token?openid_configuration=x", timeout=10)
        server.visitor().get(f"{server.url}/communities/1/?seat=behind-the-question-mark", timeout=10)
        logged = "".join((server.folder / name).read_text() for name in ("access.log", "error.log"))
        assert "/lti/register/..." in logged
        assert "one-use-token" not in logged
        assert "behind-the-question-mark" not in logged


class TestStoppingOneWebProcess:
    def test_the_other_serves_and_it_can_come_back(self, server):
        port = server.web_ports[0]
        assert server.stop_web(port) == 0
        visitor = server.visitor()
        try:
            answers = {visitor.get(f"{server.url}/healthz", timeout=10).status_code for _ in range(12)}
            launched = server.launch("ines", server.visitor()).status_code
        finally:
            server.start_web(port)
            server.wait_for(f"http://127.0.0.1:{port}/healthz")
        assert (answers, launched) == ({200}, 303)
