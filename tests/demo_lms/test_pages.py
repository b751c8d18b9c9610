import pytest
from bs4 import BeautifulSoup


def page_of(answer):
    return BeautifulSoup(answer.text, "html.parser")


class TestOpeningTheLms:
    def test_makes_a_new_browser_the_first_learner(self, app):
        page = page_of(app.test_client().get("/"))

        assert page.find("option", selected=True)["value"] == "ines"

    def test_offers_everybody_in_the_switcher(self, browser, lms):
        options = page_of(browser.client.get("/")).find("select", id="person").find_all("option")

        assert [option["value"] for option in options] == list(lms.people)

    def test_links_the_courses_one_is_enrolled_in(self, browser):
        def links():
            return [link["href"] for link in page_of(browser.client.get("/")).select(".course a")]

        assert links() == ["/courses/2/"]
        browser.become("claire")
        assert links() == ["/courses/2/", "/courses/3/"]


class TestChangingPerson:
    def test_comes_back_to_the_page(self, browser):
        answer = browser.client.post("/person", data={"person": "claire", "back": "/courses/2/grades"})

        assert answer.headers["Location"] == "/courses/2/grades"
        selected = page_of(browser.client.get("/courses/2/grades")).find("option", selected=True)
        assert selected["value"] == "claire"

    @pytest.mark.parametrize(
        "back", ["https://elsewhere.example/", "//elsewhere.example/", "/\\elsewhere", ""]
    )
    def test_never_leads_elsewhere(self, browser, back):
        answer = browser.client.post("/person", data={"person": "claire", "back": back})

        assert answer.headers["Location"] == "/"

    def test_knows_nobody_else(self, browser):
        assert browser.client.post("/person", data={"person": "nobody"}).status_code == 404


class TestReadingACourse:
    def test_frames_the_activity_as_moodle_does(self, browser):
        frame = page_of(browser.client.get("/courses/2/")).find("iframe")

        assert frame["src"] == "/courses/2/launch"
        assert frame["title"] == "Communauté Managers de proximité"
        assert not frame.has_attr("sandbox")

    def test_offers_the_activity_in_a_new_tab(self, browser):
        link = page_of(browser.client.get("/courses/2/")).find("a", target="_blank")

        assert link["href"] == "/courses/2/launch?window=window"

    def test_is_not_for_strangers(self, browser):
        assert browser.client.get("/courses/3/").status_code == 403
        assert browser.client.get("/courses/999/").status_code == 404

    def test_shows_what_was_exchanged(self, browser):
        browser.client.get("/courses/2/launch")

        assert "launch begun" in page_of(browser.client.get("/courses/2/")).find("ul", class_="log").text


class TestReadingTheGradebook:
    def test_shows_a_teacher_every_learner(self, browser, tool, column):
        tool.send(column, scoreGiven=14.25, comment="Bien")

        page = page_of(browser.become("claire").client.get("/courses/2/grades"))

        rows = {row["data-sub"]: row for row in page.select("tr[data-sub]")}
        assert rows["u-ines"].find(class_="grade").text == "14.25"
        assert "Bien" in rows["u-ines"].text
        assert "no grade" in rows["u-awa"].text
        assert "u-testuser" not in rows and "u-claire" not in rows and "u-grace" not in rows

    def test_shows_a_learner_the_own_row(self, browser, column):
        rows = page_of(browser.client.get("/courses/2/grades")).select("tr[data-sub]")

        assert [row["data-sub"] for row in rows] == ["u-ines"]

    def test_writes_numbers_the_french_way(self, browser, tool, column):
        tool.send(column, scoreGiven=14.25)
        browser.client.post("/language", data={"language": "fr"})

        page = page_of(browser.client.get("/courses/2/grades"))

        assert page.html["lang"] == "fr"
        assert page.find(class_="grade").text == "14,25"

    def test_shows_hostile_names_and_comments_as_text(self, browser, tool, column, lms):
        hostile = "<script>alert(1)</script>"
        tool.send(column, comment=hostile)
        tool.make_column(label=hostile)

        text = browser.client.get("/courses/2/grades").text

        assert "<script>alert" not in text
        assert "&lt;script&gt;alert" in text


class TestChangingAGradeByHand:
    def send(self, browser, lms, **changes):
        item = lms.lineitems("2")[0]
        form = {"learner": "u-ines", "column": item.id, "value": "12,5", "comment": "vu en cours", **changes}
        return browser.client.post("/courses/2/grades", data=form)

    def test_stores_value_and_comment(self, browser, lms, column):
        browser.become("claire")

        assert self.send(browser, lms).status_code == 303

        grade = lms.grade_of("2", "u-ines")
        assert (grade.score, grade.comment, grade.by_hand, grade.overridden) == (
            12.5,
            "vu en cours",
            True,
            False,
        )
        assert "by hand" in browser.client.get("/courses/2/grades").text

    def test_marks_the_own_column_overridden(self, browser, lms, own_column):
        browser.become("claire")

        self.send(browser, lms)

        assert lms.grade_of("2", "u-ines").overridden
        assert "overridden" in browser.client.get("/courses/2/grades").text

    def test_takes_a_grade_away_when_empty(self, browser, lms, tool, column):
        tool.send(column)
        browser.become("claire")

        self.send(browser, lms, value=" ")

        assert lms.score_of("2", "u-ines") is None

    @pytest.mark.parametrize(
        "change",
        [
            {"value": "much"},
            {"value": "-1"},
            {"value": "inf"},
            {"value": "nan"},
            {"learner": "u-claire"},
            {"learner": "u-nobody"},
            {"column": "999"},
            {"column": "x"},
        ],
    )
    def test_says_what_is_wrong_and_keeps_what_was_typed(self, browser, lms, column, change):
        browser.become("claire")

        answer = self.send(browser, lms, **change)

        assert answer.status_code == 422
        page = page_of(answer)
        assert page.find(role="alert")
        assert page.find("input", id="comment")["value"] == "vu en cours"
        assert lms.grade_of("2", "u-ines") is None

    def test_is_not_for_learners(self, browser, lms, column):
        assert self.send(browser, lms).status_code == 403
        assert lms.grade_of("2", "u-ines") is None


class TestSwitchingQuirks:
    def test_holds_at_once(self, browser, lms, tool, column):
        browser.client.post("/quirks", data={"down": "on", "token_seconds": "60", "slow_seconds": "0.01"})

        assert (lms.quirks.down, lms.quirks.token_seconds, lms.quirks.strict_timestamps) == (True, 60, False)
        assert tool.send(column).status_code == 503

    def test_reads_who_is_listed_with_another_status(self, browser, lms):
        browser.client.post("/quirks", data={"inactive_members": "u-ines=Inactive, u-awa=Deleted oops"})

        assert lms.quirks.inactive_members == {"u-ines": "Inactive", "u-awa": "Deleted"}
        shown = page_of(browser.client.get("/quirks")).find("input", id="inactive_members")
        assert shown["value"] == "u-ines=Inactive u-awa=Deleted"

    def test_falls_back_to_the_defaults_for_what_is_no_number(self, browser, lms):
        browser.client.post("/quirks", data={"token_seconds": "", "slow_seconds": "x", "retry_after": ""})

        quirks = lms.quirks
        assert (quirks.token_seconds, quirks.slow_seconds, quirks.retry_after) == (3600, 0, None)

    def test_shows_what_is_switched_on(self, browser, lms):
        lms.quirks.locked_items = True

        page = page_of(browser.client.get("/quirks"))

        assert page.find("input", id="locked_items").has_attr("checked")
        assert page.find("input", id="strict_timestamps").has_attr("checked")
        assert not page.find("input", id="down").has_attr("checked")

    def test_offers_every_quirk_there_is(self, browser, lms):
        offered = {field["id"] for field in page_of(browser.client.get("/quirks")).select("main input")}

        assert offered == set(vars(lms.quirks))


class TestComingBackFromTheTool:
    def test_shows_the_messages_as_text_without_tags(self, browser):
        answer = browser.client.get("/lti/return?course=2&lti_msg=Done+<b>well</b>&lti_errormsg=Oh")

        said = [quote.text for quote in page_of(answer).find_all("blockquote")]
        assert said == ["Done well", "Oh"]
        assert "leave.js" not in answer.text

    def test_leaves_the_frame_for_the_course_without_a_message(self, browser):
        answer = browser.client.get("/lti/return?course=2")

        link = page_of(answer).find("a", id="leave")
        assert (link["href"], link["target"]) == ("/courses/2/", "_top")
        assert "leave.js" in answer.text

    def test_signs_nobody_in(self, app):
        answer = app.test_client().get("/lti/return?course=2")

        assert "Set-Cookie" not in answer.headers


class TestEveryPage:
    @pytest.mark.parametrize(
        "path",
        [
            "/",
            "/courses/2/",
            "/courses/2/grades",
            "/messages",
            "/quirks",
            "/admin/tools",
            "/courses/2/launch",
            "/lti/return",
            "/nothing",
        ],
    )
    def test_has_a_language_a_title_one_heading_and_no_inline_script(self, browser, path):
        answer = browser.client.get(path)
        page = page_of(answer)

        assert page.html["lang"] == "en"
        assert page.title.text.strip()
        assert len(page.find_all("h1")) == 1
        assert not [script for script in page.find_all("script") if script.text.strip()]
        assert "default-src 'self'" in answer.headers["Content-Security-Policy"]

    @pytest.mark.parametrize(
        "path", ["/", "/courses/2/", "/courses/2/grades", "/messages", "/admin/tools", "/quirks"]
    )
    def test_names_every_field(self, browser, column, path):
        browser.become("claire")
        page = page_of(browser.client.get(path))
        labelled = {label["for"] for label in page.find_all("label")}

        fields = [field for field in page.select("input, select") if field.get("type") != "hidden"]
        assert {field["id"] for field in fields} <= labelled


class TestPlatformStorage:
    """What the scripts of the page do is seen in `tests/browser/test_two_sites.py`."""

    def test_is_offered_by_the_course_page_when_it_is_switched_on(self, lms, browser):
        for manner, scripts, frames in (("", 0, 0), ("parent", 1, 0), ("frame", 1, 1), ("made-up", 0, 0)):
            browser.client.post("/quirks", data={"platform_storage": manner})
            page = page_of(browser.client.get("/courses/2/"))
            assert len(page.select("script[data-manner]")) == scripts, manner
            assert len(page.select("iframe[name=lti_storage_frame]")) == frames, manner
        assert page_of(browser.client.get("/lti/storage")).select_one("script")["data-manner"] == "parent"
