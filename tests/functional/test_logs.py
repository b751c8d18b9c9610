"""The log tells what happened, and carries no token, no name, no mail address, nothing that people wrote."""

import io
import json
import logging

import pytest
from sqlalchemy import event

from lti_tool import logs
from lti_tool.extensions import db
from tests.support.classroom import Classroom
from tests.support.world import TOOL

WRITTEN = "Words that nobody but the class should read"
QUOTED = f"Inès Benali <ines@example.org> wrote {WRITTEN}"


@pytest.fixture
def log():
    """What the tool writes meanwhile, in one text."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(logs.formatter("json"))
    ours, root = logging.getLogger("lti_tool"), logging.getLogger()
    before = ours.level
    root.addHandler(handler)
    ours.setLevel(logging.INFO)
    yield written
    root.removeHandler(handler)
    ours.setLevel(before)


def lines(log):
    return [json.loads(line) for line in log.getvalue().splitlines()]


def secrets_of(browser, form):
    """Everything of a launch that must not be found in any log."""
    tokens = [form["id_token"], *form["id_token"].split("."), form["state"]]
    return [*tokens, *(cookie.value for cookie in browser.tool._cookies.values())]


NAMES = ("Inès", "Ines", "Benali", "u-ines", "@")


class TestARequest:
    def test_is_one_line_with_its_route_and_id(self, world, log):
        home = world.enter("ines")
        log.seek(0)
        log.truncate()
        answer = home.get("").response
        (line,) = [line for line in lines(log) if line["event"] == "request"]
        assert line["request_id"] == answer.headers["X-Request-ID"]
        assert (line["method"], line["status"], line["level"]) == ("GET", 200, "info")
        assert "community_id" in line["route"]
        assert line["timestamp"].endswith("Z")
        assert line["duration_ms"] > 0

    def test_the_address_of_a_secret_link_is_not_in_it(self, world, log):
        for address in ("/o/one-use-token", "/lti/register/invitation-secret?openid_configuration=https://x"):
            world.browser().get(address)
        assert "one-use-token" not in log.getvalue()
        assert "invitation-secret" not in log.getvalue()
        assert "openid_configuration" not in log.getvalue()


class TestAWholeDay:
    def test_a_launch_and_a_post_leave_no_trace_of_the_person(self, world, log):
        browser = world.browser("ines")
        form = browser.launch_form()
        home = browser.launch(form)
        assert home.post("posts", kind="question", title="My title", body=WRITTEN).status == 200
        hidden = [*secrets_of(browser, form), *NAMES, WRITTEN, "My title", home.seat_token]
        self.nothing_of(hidden, log)
        assert len(lines(log)) >= 4

    def test_a_refused_launch_neither(self, world, log):
        browser = world.browser("ines")
        form = browser.launch_form()
        assert browser.launch(form | {"id_token": form["id_token"] + "x"}, follow=False).status == 400
        browser.get(
            f"/lti/login?iss=https://unknown.example&login_hint=ines@example.org&client_id={'a1' * 20}"
        )
        self.nothing_of([*secrets_of(browser, form), *NAMES], log)
        assert {"refused", "login"} & set(" ".join(line["event"] for line in lines(log)).split())
        assert any(line.get("refusal") for line in lines(log))

    def test_a_score_that_fails_neither(self, world, log):
        classroom = Classroom(world).ready()
        classroom.ask()
        classroom.send()
        classroom.lms.quirks.down = True
        classroom.deliver()
        assert classroom.cell().problem == "platform-unavailable"
        self.nothing_of([*NAMES, "Bearer", "client_assertion", "eyJ"], log)

    def test_a_crash_tells_where_but_not_about_whom(self, world, log):
        home = world.enter("ines")

        def crash(connection, cursor, statement, *rest):
            if statement.startswith("INSERT INTO post"):
                raise ValueError(QUOTED)

        with world.app.app_context():
            engine = db.engine
        event.listen(engine, "before_cursor_execute", crash)
        try:
            page = home.post("posts", follow=False, kind="question", title="My title", body=WRITTEN)
        finally:
            event.remove(engine, "before_cursor_execute", crash)
        assert page.status == 500
        (told,) = [line for line in lines(log) if "exception" in line]
        assert "posts.py" in told["exception"]
        assert "ValueError" in told["exception"]
        self.nothing_of([*NAMES[:4], WRITTEN, "My title", "example.org"], log)

    def nothing_of(self, hidden, log):
        written = log.getvalue()
        assert written
        for secret in hidden:
            assert secret not in written, secret


class TestProxies:
    def test_what_they_tell_is_believed_by_setting_only(self, tool):
        told = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "elsewhere.example"}
        said = tool.test_client().get("/healthz", base_url="http://127.0.0.1:8000", headers=told).get_json()
        assert (said["scheme"], said["host"]) == ("http", "127.0.0.1:8000")
        assert said["host"] not in TOOL
