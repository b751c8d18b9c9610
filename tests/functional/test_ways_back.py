"""Back to the LMS: from inside, from every refusal of a signed launch, and never where a request says."""

from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select

from demo_lms.people import INSTITUTION_ADMINISTRATOR, INSTRUCTOR
from lti_tool.models import ResourceLink, Seat
from tests.functional.launches import CLAIM, altered, launch_with, setting, without
from tests.support.world import TOOL

pytestmark = pytest.mark.slow_on_postgresql

MOODLE = "https://moodle.example.edu/mod/lti/return.php?course=2&launch_container=2&sesskey=Ab%2Bc9"


def coming_from(return_url, **more):
    presentation = {"document_target": "iframe", "return_url": return_url, "locale": "en"}
    return setting(launch_presentation=presentation, **more)


def ways_back(page) -> list[str]:
    return [link["href"] for link in page.soup.select("a[target=_top]")]


def said(address: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


class TestFromInside:
    def test_leads_where_the_launch_came_from_with_a_word_on_leaving(self, world):
        home = launch_with(world.browser("ines"), coming_from(MOODLE))
        (back,) = set(ways_back(home))
        assert back.startswith(MOODLE + "&lti_msg=")
        assert said(back)["lti_msg"] == "You have left the community. What you wrote there is kept."
        assert said(back)["sesskey"] == "Ab+c9"
        assert "lti_errormsg" not in said(back)

    def test_is_kept_with_the_seat_and_the_link_and_followed_on_every_page(self, world):
        home = launch_with(world.browser("ines"), coming_from(MOODLE))
        for below in ("", "members", "prompts", "posts/new"):
            assert set(ways_back(home.get(below))) == set(ways_back(home)), below
        with world.database() as session:
            assert session.scalars(select(Seat.return_url)).all() == [MOODLE]
            assert session.scalars(select(ResourceLink.return_url)).all() == [MOODLE]

    def test_each_seat_has_its_own(self, world):
        browser = world.browser("ines")
        first = launch_with(browser, coming_from(MOODLE))
        browser.be("karim")
        second = launch_with(browser, coming_from("https://other.example/back"))
        assert ways_back(first.get("members"))[0].startswith(MOODLE)
        assert ways_back(second.get("members"))[0].startswith("https://other.example/back?lti_msg=")

    @pytest.mark.parametrize(
        "address",
        [None, "", "javascript:alert(1)", "//evil.example", "data:,x", "/here", 7, ["https://x.example/"]],
    )
    def test_is_not_offered_where_the_launch_gave_no_address_of_the_web(self, world, address):
        home = launch_with(world.browser("ines"), coming_from(address))
        assert home.status == 200
        assert ways_back(home) == []

    def test_is_offered_on_a_refusal_inside_too(self, world):
        home = launch_with(world.browser("ines"), coming_from(MOODLE))
        page = home.get("grading")
        assert page.status == 403
        (back,) = ways_back(page)
        assert said(back)["lti_errormsg"] == page.soup.h1.text
        assert said(back)["lti_errorlog"] == "not-allowed"

    def test_never_goes_where_a_request_says(self, world):
        home = launch_with(world.browser("ines"), coming_from(MOODLE))
        for name in ("return_url", "launch_presentation_return_url", "url", "next", "lti_msg"):
            page = home.get("members", **{name: "https://evil.example/"})
            assert all(back.startswith(MOODLE) for back in ways_back(page))
            assert not page.soup.select("a[href^='https://evil']")


REFUSED = {
    "expired": setting(exp=22222, iat=11111),
    "version-wrong": setting(version="11.3"),
    "message-type-missing": without("message_type"),
    "roles-missing": without("roles"),
    "deployment-missing": without("deployment_id"),
    "target-foreign": setting(target_link_uri="https://evil.example/"),
    "anonymous": setting(sub=""),
    "resource-link-missing": without("resource_link"),
}


class TestFromARefusal:
    @pytest.mark.parametrize("code", REFUSED)
    def test_of_a_signed_launch_leads_back_with_what_is_wrong(self, world, code):
        def change(claims):
            coming_from(MOODLE)(claims)
            REFUSED[code](claims)

        page = launch_with(world.browser("ines"), change)
        assert page.status == 400
        (back,) = ways_back(page)
        assert back.startswith(MOODLE)
        assert said(back)["lti_errormsg"] == page.soup.h1.text
        reference = page.soup.select_one("input#reference")["value"]
        assert said(back)["lti_errorlog"] == f"{code} {reference}"

    @pytest.mark.parametrize("return_url", ["javascript:alert(1)", "", None, {"a": "b"}])
    def test_offers_no_way_that_is_none(self, world, return_url):
        def change(claims):
            coming_from(return_url)(claims)
            claims.pop(CLAIM + "roles")

        assert ways_back(launch_with(world.browser("ines"), change)) == []

    def test_believes_nobody_whose_signature_is_wrong(self, world):
        browser = world.browser("ines")
        form = altered(browser, coming_from(MOODLE))
        head, body, tail = form["id_token"].split(".")
        page = browser.launch(form | {"id_token": f"{head}.{body}.{tail[::-1]}"})
        assert ways_back(page) == []

    def test_believes_no_token_of_another_login(self, world):
        """Signed by the LMS, but for another browser: somebody may have slipped it in."""
        stolen = altered(world.browser("karim"), coming_from("https://evil.example/back"))
        browser = world.browser("ines")
        page = browser.launch(browser.launch_form() | {"id_token": stolen["id_token"]})
        assert page.status == 400
        assert ways_back(page) == []

    def test_believes_no_field_of_the_form(self, world):
        browser = world.browser("ines")
        fields = {
            "return_url": "https://evil.example/",
            "launch_presentation_return_url": "https://evil.example/",
        }
        page = browser.launch(fields | {"state": "x", "id_token": "x"})
        assert "evil.example" not in page.html

    def test_of_a_token_sent_twice_leads_nowhere(self, world):
        browser = world.browser("ines")
        form = altered(browser, coming_from(MOODLE))
        browser.launch(form)
        assert ways_back(browser.launch(form)) == []


class TestOutsideACourse:
    def test_says_what_this_is_and_leads_back(self, world):
        page = launch_with(
            world.browser("ines"), lambda claims: (coming_from(MOODLE)(claims), without("context")(claims))
        )
        assert page.soup.h1.text == "No course came with this link"
        assert "closed learning community" in page.text
        (back,) = ways_back(page)
        assert said(back)["lti_errormsg"] == page.soup.h1.text
        assert "tell your trainer" in page.text
        assert f"{TOOL}/admin" not in page.html

    @pytest.mark.parametrize(
        "kind", ["Account", "Group", "http://purl.imsglobal.org/vocab/lis/v2/course#Group"]
    )
    def test_says_when_the_place_is_no_course(self, world, kind):
        page = launch_with(world.browser("ines"), setting(context={"id": "g", "type": [kind]}))
        assert page.soup.h1.text == "This is not a course"

    def test_tells_staff_that_they_can_place_it(self, world):
        page = launch_with(
            world.browser("claire"),
            lambda claims: (without("context")(claims), setting(roles=[INSTRUCTOR])(claims)),
        )
        assert "If your course has no link to it yet, add one" in page.text
        assert f"{TOOL}/admin" not in page.html

    def test_shows_administrators_the_way_to_the_console(self, world):
        page = launch_with(
            world.browser("ruth"),
            lambda claims: (without("context")(claims), setting(roles=[INSTITUTION_ADMINISTRATOR])(claims)),
        )
        assert page.soup.select_one(f"a[href='{TOOL}/admin']")
        with world.database() as session:
            assert session.scalars(select(Seat)).all() == []


def test_a_course_of_the_demo_takes_the_words(world):
    """The whole way: the LMS shows what we say."""
    home = launch_with(world.browser("ines"), setting())
    back = ways_back(home)[0].removeprefix(world.lms.settings.issuer)
    page = world.browser("ines").lms.get(back, base_url=world.lms.settings.issuer)
    assert "You have left the community." in page.get_data(as_text=True)
