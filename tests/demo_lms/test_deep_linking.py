"""Content chosen in a tool: what is asked, what is taken, what becomes of it, and what is refused."""

import pytest
from joserfc import jwt

from demo_lms import create_lms
from demo_lms.claims import CLAIM, GRADE_CLAIM
from demo_lms.names import CONTENT_ITEMS_CLAIM, DEEP_LINKING, DEEP_LINKING_SETTINGS_CLAIM
from tests.demo_lms.pretend_tool import claims_in, form_of, rsa_key

ITEM = {
    "type": "ltiResourceLink",
    "title": "A prompt",
    "text": "What to do",
    "url": "http://127.0.0.1:8080/lti/launch",
    "custom": {"activity": "k-1"},
    "lineItem": {
        "label": "A prompt",
        "scoreMaximum": 10,
        "resourceId": "k-1",
        "tag": "t-1",
        "submissionReview": {"url": "http://127.0.0.1:8080/lti/launch?review=1"},
    },
}
UNGRADED = {"type": "ltiResourceLink", "title": "The community", "custom": {"activity": "community"}}


class Dialog:
    """One choice of content, from the tool's side."""

    def __init__(self, browser, settings, tool):
        self.browser, self.settings, self.tool = browser, settings, tool
        initiation = form_of(browser.client.get("/courses/2/content/launch")).fields
        asked = browser.request_for(initiation, settings)
        posted = form_of(browser.client.get("/lti/auth", query_string=asked))
        self.claims = claims_in(posted.fields["id_token"], settings.signing_key)
        self.asked = self.claims[DEEP_LINKING_SETTINGS_CLAIM]
        self.address = self.asked["deep_link_return_url"].removeprefix(settings.issuer)

    def answer(self, *items, key=None, header=None, without=(), nonce="n-1", **claims):
        now = int(self.tool.clock().timestamp())
        told = {
            "iss": self.settings.client_id,
            "aud": self.settings.issuer,
            "iat": now - 5,
            "exp": now + 300,
            "nonce": nonce,
            CLAIM + "deployment_id": "1",
            CLAIM + "message_type": "LtiDeepLinkingResponse",
            CLAIM + "version": "1.3.0",
            CONTENT_ITEMS_CLAIM: list(items),
        }
        if "data" in self.asked:
            told[DEEP_LINKING + "data"] = self.asked["data"]
        told = {name: value for name, value in {**told, **claims}.items() if name not in without}
        header = header or {"alg": "RS256", "kid": self.tool.key.kid}
        return jwt.encode(header, told, key or self.tool.key)

    def give(self, *items, **changes):
        """Post the answer as the page of a tool does, from another site: without cookies."""
        return self.tool.client.post(self.address, data={"JWT": self.answer(*items, **changes)})


@pytest.fixture
def trainer(browser):
    return browser.become("claire")


@pytest.fixture
def open_dialog(trainer, settings, tool):
    return lambda: Dialog(trainer, settings, tool)


@pytest.fixture
def launched(browser, settings, lms_key):
    def launch(course_id="2", **query):
        initiation = browser.begin(course_id, **query)
        posted = form_of(
            browser.client.get("/lti/auth", query_string=browser.request_for(initiation, settings))
        )
        return claims_in(posted.fields["id_token"], lms_key)

    return launch


class TestTheRequest:
    def test_asks_as_moodle_does(self, open_dialog):
        dialog = open_dialog()

        assert dialog.claims[CLAIM + "message_type"] == "LtiDeepLinkingRequest"
        assert CLAIM + "resource_link" not in dialog.claims
        assert dialog.claims[CLAIM + "launch_presentation"] == {"locale": "fr"}
        assert dialog.asked["accept_types"] == ["ltiResourceLink"]
        assert dialog.asked["accept_multiple"] is True
        assert not {"data", "accept_lineitem"} & set(dialog.asked)
        assert "lineitem" not in dialog.claims[GRADE_CLAIM]

    def test_asks_as_others_do(self, open_dialog, lms):
        lms.quirks.content_several = lms.quirks.content_columns = False
        lms.quirks.content_several_as_text = lms.quirks.content_columns_said = lms.quirks.content_data = True

        asked = open_dialog().asked

        assert (asked["accept_multiple"], asked["accept_lineitem"]) == ("false", False)
        assert asked["data"]

    @pytest.mark.parametrize("key", ["ines", "helene"])
    def test_is_for_trainers_only(self, browser, key):
        browser.become(key)

        assert browser.client.get("/courses/2/content").status_code == 403
        assert browser.client.get("/courses/2/content/launch").status_code == 403

    def test_is_not_for_a_tool_that_offers_none(self, trainer, lms, registered):
        lms.activate(registered)

        answer = trainer.client.get("/courses/2/content/launch", query_string={"tool": registered})

        assert answer.status_code == 404


class TestWhatIsTaken:
    def test_becomes_an_activity_with_its_column(self, open_dialog, lms, trainer):
        assert open_dialog().give(ITEM, UNGRADED).status_code == 200

        first, second = lms.links_of("2")
        (column,) = lms.lineitems("2")
        assert (first.title, first.text, first.custom) == ("A prompt", "What to do", {"activity": "k-1"})
        assert second.title == "The community"
        assert (column.label, column.maximum, column.resource_id) == ("A prompt", 10, "k-1")
        assert (column.tag, column.resource_link_id) == ("t-1", first.id)
        assert "A prompt" in trainer.client.get("/courses/2/").text

    def test_is_launched_with_its_parameter_and_column(self, open_dialog, lms, launched, browser):
        open_dialog().give(ITEM, UNGRADED)
        first, second = lms.links_of("2")
        browser.become("ines")

        graded, ungraded = launched(link=first.id), launched(link=second.id)

        assert graded[CLAIM + "resource_link"]["id"] == first.id
        assert graded[CLAIM + "custom"] == {"activity": "k-1"}
        assert graded[GRADE_CLAIM]["lineitem"].endswith(
            f"/lineitems/{lms.lineitems('2')[0].id}/lineitem?type_id=1"
        )
        assert "lineitem" not in ungraded[GRADE_CLAIM]
        assert CLAIM + "custom" not in launched()

    def test_nothing_is_a_way_of_closing_the_dialog(self, open_dialog, lms):
        answer = open_dialog().give(**{DEEP_LINKING + "msg": "Nothing was <b>added</b>"})

        assert answer.status_code == 200
        assert "Nothing was added" in answer.text
        assert lms.links_of("2") == []

    def test_data_comes_back_as_it_was(self, open_dialog, lms):
        lms.quirks.content_data = True

        assert open_dialog().give(UNGRADED).status_code == 200

    def test_is_taken_once(self, open_dialog, lms):
        dialog = open_dialog()
        dialog.give(UNGRADED)

        assert dialog.give(UNGRADED, nonce="n-2").status_code == 400
        assert len(lms.links_of("2")) == 1

    def test_survives_a_restart(self, open_dialog, settings, tmp_path, lms):
        settings.state_file = tmp_path / "lms.json"
        open_dialog().give(ITEM)

        assert create_lms(settings).lms.links_of("2") == lms.links_of("2")


REFUSED = {
    "another key": {"key": "other"},
    "no kid": {"header": {"alg": "RS256"}},
    "another issuer": {"iss": "somebody"},
    "another audience": {"aud": "https://elsewhere.example"},
    "dated ahead": {"iat": 9999999999},
    "expired": {"exp": 1},
    "no nonce": {"without": ("nonce",)},
    "another deployment": {CLAIM + "deployment_id": "2"},
    "another message": {CLAIM + "message_type": "LtiResourceLinkRequest"},
    "another version": {CLAIM + "version": "1.1"},
    "data that was not sent": {DEEP_LINKING + "data": None},
    "no list": {CONTENT_ITEMS_CLAIM: {}},
}
BAD_ITEMS = {
    "link": {"type": "link", "url": "https://example.org/"},
    "foreign url": UNGRADED | {"url": "https://elsewhere.example/"},
    "line break": UNGRADED | {"custom": {"activity": "a\nb=c"}},
    "number": UNGRADED | {"custom": {"activity": 5}},
    "no maximum": UNGRADED | {"lineItem": {"label": "x"}},
    "maximum 0": UNGRADED | {"lineItem": {"label": "x", "scoreMaximum": 0}},
    "null title": UNGRADED | {"title": None},
}


class TestWhatIsRefused:
    @pytest.mark.parametrize("changes", REFUSED.values(), ids=REFUSED)
    def test_an_answer_that_is_not_right_adds_nothing(self, open_dialog, lms, changes):
        if changes.get("key"):
            changes = {"key": rsa_key("tool-key")}

        assert open_dialog().give(UNGRADED, **changes).status_code == 400
        assert lms.links_of("2") == []
        assert lms.calls_described("content refused")

    @pytest.mark.parametrize("item", BAD_ITEMS.values(), ids=BAD_ITEMS)
    def test_neither_does_a_bad_item(self, open_dialog, lms, item):
        assert open_dialog().give(UNGRADED, item).status_code == 400
        assert lms.links_of("2") == []

    def test_several_where_one_was_asked_for(self, open_dialog, lms):
        lms.quirks.content_several = False

        assert open_dialog().give(UNGRADED, UNGRADED).status_code == 400

    def test_a_column_where_none_is_accepted(self, open_dialog, lms):
        lms.quirks.content_columns = False

        assert open_dialog().give(ITEM).status_code == 400

    def test_data_that_was_changed(self, open_dialog, lms):
        lms.quirks.content_data = True
        dialog = open_dialog()

        assert dialog.give(UNGRADED, **{DEEP_LINKING + "data": dialog.asked["data"] + " "}).status_code == 400
        assert dialog.give(UNGRADED, without=(DEEP_LINKING + "data",)).status_code == 400

    def test_a_nonce_that_was_used(self, open_dialog, lms):
        open_dialog().give(UNGRADED)

        assert open_dialog().give(UNGRADED).status_code == 400

    def test_an_answer_to_no_dialog(self, open_dialog, lms):
        dialog = open_dialog()
        dialog.address = dialog.address.replace("choice=", "choice=x")

        assert dialog.give(UNGRADED).status_code == 400


class TestACopiedCourse:
    def test_has_the_activities_with_new_numbers_and_the_same_parameters(
        self, open_dialog, lms, launched, tool, settings
    ):
        settings.custom = {"history": "$Context.id.history"}
        open_dialog().give(ITEM)
        tool.send(f"/lti/services/2/lineitems/{lms.lineitems('2')[0].id}/lineitem?type_id=1")

        copy = lms.copy_course("2")

        (origin,), (link,) = lms.links_of("2"), lms.links_of(copy.id)
        (column,) = lms.lineitems(copy.id)
        claims = launched(copy.id, link=link.id)
        assert link.id != origin.id
        assert claims[CLAIM + "custom"] == {"history": "2", "activity": "k-1"}
        assert (column.tag, column.resource_id, column.grades) == ("t-1", "k-1", {})
        assert claims[GRADE_CLAIM]["lineitem"].endswith(f"/{column.id}/lineitem?type_id=1")

    def test_of_a_copy_names_both(self, lms):
        first = lms.copy_course("2")

        assert lms.copy_course(first.id).history == (first.id, "2")


class TestTheReviewOfAPersonSWork:
    def test_is_opened_where_the_tool_wanted_it(self, open_dialog, lms, launched):
        open_dialog().give(ITEM)
        (link,) = lms.links_of("2")

        claims = launched(link=link.id, review="u-ines")

        assert claims[CLAIM + "message_type"] == "LtiSubmissionReviewRequest"
        assert claims[CLAIM + "for_user"] == {"user_id": "u-ines"}
        assert claims[CLAIM + "target_link_uri"] == "http://127.0.0.1:8080/lti/launch?review=1"
        assert claims[GRADE_CLAIM]["lineitem"]

    def test_is_offered_beside_the_grades_of_that_column(self, open_dialog, lms, trainer, tool):
        tool.make_column()
        open_dialog().give(ITEM)

        page = trainer.client.get("/courses/2/grades").text

        assert "review=u-ines" in page
        assert page.count("review=u-ines") == 1
