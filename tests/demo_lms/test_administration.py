from urllib.parse import parse_qs, urlsplit

import pytest

from tests.demo_lms.test_pages import page_of

ADDRESS = "https://tool.example/register/single-use?x=1"


def cards(browser):
    """Name and state of every tool on the page."""
    page = page_of(browser.client.get("/admin/tools"))
    return [(box.h2.text, box.find(class_="state").text) for box in page.select(".box:has(.state)")]


def connect(browser, **form):
    return browser.client.post("/admin/tools", data={"address": ADDRESS, **form})


class TestReadingTheTools:
    def test_is_linked_from_the_front_page(self, browser):
        links = [link["href"] for link in page_of(browser.client.get("/")).select(".bar a")]

        assert "/admin/tools" in links

    def test_shows_every_tool_with_its_state(self, browser, registered):
        assert cards(browser) == [("Community Value", "Active"), ("Registered tool", "Pending")]

    def test_shows_what_is_to_be_copied(self, browser, registered):
        shown = [code.text for code in page_of(browser.client.get("/admin/tools")).select("dd code")]

        assert {registered, "2", "http://localhost:8081", "http://localhost:8081/lti/certs"} <= set(shown)

    def test_shows_hostile_names_as_text(self, browser, lms, registered):
        lms.change_tool(registered, name="<script>alert(1)</script>")

        assert "<script>alert" not in browser.client.get("/admin/tools").text


class TestConnectingATool:
    def test_opens_its_address_in_a_frame_with_what_it_needs(self, browser, tool, lms):
        frame = page_of(connect(browser)).find("iframe")

        address = urlsplit(frame["src"])
        told = parse_qs(address.query)
        assert (address.scheme, address.netloc, address.path) == (
            "https",
            "tool.example",
            "/register/single-use",
        )
        assert told["x"] == ["1"]
        assert told["openid_configuration"] == ["http://localhost:8081/lti/openid-configuration"]
        assert tool.register(told["registration_token"][0]).status_code == 200
        assert frame["data-origin"] == "https://tool.example"

    def test_leads_back_to_the_tools_without_a_script(self, browser):
        links = page_of(connect(browser)).select("main a")

        assert [(link["href"], link.text) for link in links] == [("/admin/tools", "Done, show the tools")]

    @pytest.mark.parametrize("address", ["", "tool.example", "javascript:alert(1)", "file:///etc/hostname"])
    def test_wants_a_web_address_and_keeps_what_was_typed(self, browser, address):
        answer = connect(browser, address=address)

        page = page_of(answer)
        assert answer.status_code == 422
        assert page.find(role="alert")
        assert page.find("input", id="address")["value"] == address
        assert not page.find("iframe")

    def test_asks_what_to_do_with_a_tool_of_the_same_address(self, browser, registered):
        page = page_of(connect(browser))

        offered = [(button["value"], button.text) for button in page.select("button[name=choice]")]
        assert offered == [
            (registered, "Update Registered tool, deployment 2"),
            ("new", "Register as a new tool"),
        ]
        assert page.find("input", id="address")["value"] == ADDRESS

    @pytest.mark.parametrize(("choice", "tools"), [("update", 1), ("new", 2)])
    def test_does_what_was_chosen(self, browser, tool, lms, registered, choice, tools):
        frame = page_of(connect(browser, choice=registered if choice == "update" else "new")).find("iframe")

        tool.register(parse_qs(urlsplit(frame["src"]).query)["registration_token"][0])

        assert len(lms.registered_tools()) == tools

    def test_keeps_the_invitation_out_of_the_log(self, browser, lms):
        connect(browser)

        (call,) = lms.calls_described("registration begun")
        assert call.detail == "tool.example"
        assert "single-use" not in repr(call)


class TestActivatingATool:
    def test_lets_it_be_opened(self, browser, registered):
        answer = browser.client.post(f"/admin/tools/{registered}/activate")

        assert answer.headers["Location"] == "/admin/tools"
        assert cards(browser)[1] == ("Registered tool", "Active")
        assert browser.begin(tool=registered)["client_id"] == registered

    def test_knows_no_other(self, browser, app):
        assert browser.client.post("/admin/tools/nobody/activate").status_code == 404


class TestOpeningOneOfSeveralTools:
    def test_is_offered_in_the_course(self, browser, lms, registered):
        lms.activate(registered)

        page = page_of(browser.client.get(f"/courses/2/?tool={registered}"))

        offered = [(link.text, link.get("aria-current")) for link in page.select("nav.choice a")]
        assert offered == [("Community Value, deployment 1", None), ("Registered tool, deployment 2", "true")]
        assert page.find("iframe")["src"] == f"/courses/2/launch?tool={registered}"

    def test_is_no_choice_while_there_is_one(self, browser, registered):
        assert not page_of(browser.client.get("/courses/2/")).select("nav.choice")

    def test_says_that_a_tool_is_not_active(self, browser, registered):
        page = page_of(browser.client.get(f"/courses/2/?tool={registered}"))

        assert not page.find("iframe")
        assert "not active" in page.find("p", class_="note").text
