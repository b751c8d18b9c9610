"""The login, requests that may only read, and browsers that keep no Secure cookie over http."""

from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import insert
from sqlalchemy.exc import DBAPIError

from lti_tool import clock, create_app
from lti_tool.extensions import db
from lti_tool.models import Organisation
from lti_tool.services import platforms
from lti_tool.services.platforms import Registration
from lti_tool.transactions import reading, transaction
from tests.functional.launches import (
    assert_calmly_refused,
    assert_login_refused,
    records,
)
from tests.support.statements import counted
from tests.support.world import TOOL, hidden_fields

pytestmark = pytest.mark.slow_on_postgresql


class TestALogin:
    def ask(self, world, method="POST", **changes):
        params = world.browser("ines").login_form() | changes
        params = {name: value for name, value in params.items() if value is not None}
        if method == "GET":
            return world.browser().get(f"/lti/login?{urlencode(params)}")
        return world.browser().post("/lti/login", params)

    @pytest.mark.parametrize("method", ["GET", "POST"])
    def test_asks_the_lms_who_it_is(self, world, method):
        page = self.ask(world, method)
        assert page.status == 200
        address = urlsplit(page.soup.select_one("[data-auth-url]")["data-auth-url"])
        asked = {name: values[0] for name, values in parse_qs(address.query).items()}
        assert asked.keys() >= {"state", "nonce", "login_hint", "lti_message_hint"}
        assert asked["response_type"] == "id_token" and asked["response_mode"] == "form_post"
        assert asked["scope"] == "openid" and asked["prompt"] == "none"
        assert asked["redirect_uri"] == f"{TOOL}/lti/launch"

    def test_offers_the_same_login_in_a_tab_of_its_own(self, world):
        page = self.ask(world)
        again = page.soup.select_one("a[data-tab]")["href"]
        assert world.browser().get(again).status == 200

    def test_goes_its_own_way_though_the_page_is_the_same_for_all(self, world):
        pages = [
            world.browser(person).post("/lti/login", world.browser(person).login_form())
            for person in ("ines", "karim")
        ]
        ways = [page.soup.select_one("[data-auth-url]")["data-auth-url"] for page in pages]
        assert ways[0] != ways[1]
        for page, way in zip(pages, ways, strict=True):
            assert page.soup.select_one("[data-way=here] a")["href"] == way
            assert "\ue000" not in page.html
            assert "\ue001" not in page.html

    def test_speaks_the_language_of_the_browser(self, world):
        browser = world.browser("ines")
        for language in ("fr", "en", "fr"):
            browser.headers["Accept-Language"] = language
            page = browser.post("/lti/login", browser.login_form())
            assert page.soup.html["lang"] == language

    def test_works_without_what_is_optional(self, world):
        assert self.ask(world, client_id=None, lti_deployment_id=None, lti_message_hint=None).status == 200

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"iss": None}, "login-no-issuer"),
            ({"iss": "https://unknown.example"}, "login-unknown-issuer"),
            ({"iss": "x\0y"}, "login-unknown-issuer"),
            ({"client_id": "unknown"}, "login-unknown-issuer"),
            ({"login_hint": None}, "login-no-hint"),
            ({"login_hint": "x" * 9000}, "login-hint-too-long"),
            ({"target_link_uri": "https://evil.example/"}, "login-foreign-target"),
        ],
    )
    def test_that_cannot_go_on_is_refused_and_never_redirected(self, world, changes, code):
        for method in ("GET", "POST"):
            page = self.ask(world, method, **changes)
            assert_login_refused(world, page, code)
            assert "Location" not in page.response.headers

    def test_without_a_client_id_is_refused_when_the_lms_has_several(self, world):
        settings = world.lms.settings
        with world.app.app_context(), transaction():
            second = Registration("Second", settings.issuer, "other", "http://a", "http://b", "http://c")
            platforms.add(second, None, TOOL, clock.now())
        page = self.ask(world, client_id=None, lti_deployment_id=None)
        assert_login_refused(world, page, "login-ambiguous-client")
        assert self.ask(world).status == 200

    def test_writes_nothing(self, world):
        form = world.browser("ines").login_form()
        with world.app.app_context(), counted() as sent:
            world.browser().post("/lti/login", form)
        assert sent and all(statement.startswith("SELECT") for statement in sent)

    def test_may_be_begun_twice_before_either_is_finished(self, world):
        browser = world.browser("ines")
        first, second = browser.launch_form(), browser.launch_form()
        assert browser.launch(second).status == 200
        assert browser.launch(first).status == 200

    def test_finds_out_whether_its_cookie_came_back(self, world):
        browser = world.browser("ines")
        assert browser.get("/lti/login/cookie").response.json == {"sticks": False}
        browser.post("/lti/login", browser.login_form())
        assert browser.get("/lti/login/cookie").response.json == {"sticks": True}


class TestReadingRequests:
    """The database itself refuses to write where a request may only read."""

    INSERT = insert(Organisation).values(name="Written", created_at=clock.now())

    def test_cannot_write(self, tool):
        for method, address in (("GET", "/"), ("GET", "/lti/login"), ("POST", "/lti/login"), ("HEAD", "/")):
            with tool.test_request_context(address, method=method, base_url=TOOL):
                tool.preprocess_request()
                with pytest.raises(DBAPIError):
                    db.session.execute(self.INSERT)
                db.session.rollback()

    def test_leave_later_requests_free_to_write(self, tool):
        tool.test_client().get("/", base_url=TOOL)
        with tool.test_request_context("/lti/launch", method="POST", base_url=TOOL):
            tool.preprocess_request()
            db.session.execute(self.INSERT)
            db.session.rollback()

    def test_a_reading_block_inside_a_writing_request_is_as_strict(self, tool):
        with tool.test_request_context("/lti/launch", method="POST", base_url=TOOL):
            tool.preprocess_request()
            with reading(), pytest.raises(DBAPIError):
                db.session.execute(self.INSERT)
            with transaction():
                db.session.execute(self.INSERT)


class TestTheDemoOnHttpLoopback:
    """A browser that refuses Secure cookies over http, as Safari does: only plain ones are stored."""

    HERE = "http://127.0.0.1:8080"

    @pytest.fixture
    def loopback(self, world, database_url, tmp_path):
        """The same tool as the demo serves it, and a browser of it; its LMS sends people there."""
        app = create_app(
            "testing", {"DATABASE_URL": database_url, "BASE_URL": self.HERE, "VAR_DIR": str(tmp_path)}
        )
        world.lms.settings.tool_url = self.HERE
        yield app.test_client()
        with app.app_context():
            db.engine.dispose()

    def launch_form(self, world, client) -> dict[str, str]:
        browser = world.browser("ines")
        page = client.post("/lti/login", data=browser.login_form(), base_url=self.HERE)
        self.drop_secure_cookies(client)
        found = BeautifulSoup(page.data, "html.parser").select_one("[data-auth-url]")
        return browser.signed_answer(found["data-auth-url"])

    def drop_secure_cookies(self, client):
        for name in ("__Host-cv_login", "__Host-cv_session"):
            client.delete_cookie(name, domain="127.0.0.1")

    def test_a_launch_whose_cookie_stayed_away_comes_again_from_our_own_page(self, world, loopback):
        form = self.launch_form(world, loopback)
        stranger = loopback.application.test_client()
        page = stranger.post("/lti/launch", data=form, base_url=self.HERE)
        assert page.status_code == 200
        assert hidden_fields(page.get_data(as_text=True)) == form
        answer = loopback.post("/lti/launch?cv_reposted=1", data=form, base_url=self.HERE)
        assert answer.status_code == 303
        self.drop_secure_cookies(loopback)
        assert loopback.get(answer.location, base_url=self.HERE).status_code == 200

    def test_its_plain_cookie_stays_with_our_own_pages(self, world, loopback):
        form = self.launch_form(world, loopback)
        answer = loopback.post("/lti/launch", data=form, base_url=self.HERE)
        plain = [one for one in answer.headers.getlist("Set-Cookie") if one.startswith("cv_session=")]
        assert len(plain) == 1
        assert "HttpOnly" in plain[0] and "SameSite=Lax" in plain[0] and "Secure" not in plain[0]

    def test_it_comes_again_once_only(self, world, loopback):
        form = self.launch_form(world, loopback)
        stranger = loopback.application.test_client()
        answer = stranger.post("/lti/launch?cv_reposted=1", data=form, base_url=self.HERE)
        assert answer.status_code == 400
        assert records(world)[-1].code == "state-other-browser"

    def test_signing_out_takes_both_cookies_back(self, world, loopback):
        form = self.launch_form(world, loopback)
        home = loopback.post("/lti/launch", data=form, base_url=self.HERE).location
        page = BeautifulSoup(loopback.get(home, base_url=self.HERE).data, "html.parser")
        token = page.select_one("input[name=seat_token]")["value"]
        loopback.post("/communities/1/sign-out", data={"seat_token": token}, base_url=self.HERE)
        assert loopback.get_cookie("cv_session", domain="127.0.0.1") is None
        assert loopback.get(home, base_url=self.HERE).status_code == 401

    def test_over_https_there_is_neither(self, world):
        form = world.browser("ines").launch_form()
        assert_calmly_refused(world, world.browser().launch(form), "state-other-browser")
        login = world.browser("ines").post("/lti/login", world.browser("ines").login_form())
        assert len(login.response.headers.getlist("Set-Cookie")) == 1
