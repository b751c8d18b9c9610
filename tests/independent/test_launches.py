"""Launches from Open edX's consumer: its login initiation, its authorization end point, token and keys."""

from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"


class TestAnInstructor:
    def test_comes_in_as_a_trainer_of_the_course(self, connected, person):
        block = connected()
        claire = person(block, block.claire).enter()
        assert claire.page("members").select_one("#roster") is not None
        assert claire.claims[f"{CLAIM}context"]["id"] == block.course
        assert claire.claims[f"{CLAIM}deployment_id"] == "1"

    def test_finds_the_name_of_the_course(self, connected, person):
        block = connected()
        page = person(block, block.claire).enter().page()
        assert "Course " in page.get_text()


class TestALearner:
    def test_comes_into_the_same_community_without_the_rights_of_a_trainer(self, connected, person):
        block = connected()
        claire = person(block, block.claire).enter()
        learner = person(block, block.learners[0]).enter()
        assert learner.community == claire.community
        assert learner.post("members/roster").status_code == 403

    def test_is_known_by_the_id_that_the_platform_gives_to_tools(self, connected, person):
        block = connected()
        learner = person(block, block.learners[0]).enter()
        assert learner.claims["sub"] == block.held["subs"][block.learners[0]]

    def test_comes_in_without_any_personal_data(self, connected, person):
        block = connected(fields={"ask_to_send_full_name": False})
        learner = person(block, block.learners[0]).enter()
        assert not {"name", "email", "preferred_username"} & learner.claims.keys()

    def test_comes_again_by_opening_the_unit_anew(self, connected, person):
        block = connected()
        learner = person(block, block.learners[0])
        assert learner.enter().community == learner.enter().community


class TestAnEdxRole:
    def test_that_is_unknown_elsewhere_is_a_learner_all_the_same(self, connected, person):
        """Beta testers, sales staff and the like launch as Learner, and as None elsewhere."""
        block = connected(role="beta_testers")
        learner = person(block, block.learners[0]).enter()
        assert "http://purl.imsglobal.org/vocab/lis/v2/membership#Learner" in learner.claims[f"{CLAIM}roles"]

    def test_of_a_community_assistant_counts_as_what_the_design_says(self, connected, person):
        """Learner and Instructor#TeachingAssistant at once: trainer wins."""
        block = connected(role="Community TA")
        assistant = person(block, block.learners[0]).enter()
        assert assistant.page("members").select_one("#roster") is not None


class TestTheLogin:
    def test_is_answered_with_what_the_platform_asks_for(self, connected, person, community_tool):
        block = connected()
        sent = parse_qs(urlsplit(person(block, block.claire).authentication_request()).query)
        assert sent["redirect_uri"] == [f"{community_tool.address}/lti/launch"]
        assert (sent["response_mode"], sent["prompt"]) == (["form_post"], ["none"])

    def test_to_an_address_that_the_author_did_not_enter_is_refused_by_the_platform(self, connected, person):
        block = connected()
        claire = person(block, block.claire)
        parts = urlsplit(claire.authentication_request())
        changed = [
            (name, value + "x" if name == "redirect_uri" else value) for name, value in parse_qsl(parts.query)
        ]
        answer = claire.session.get(parts._replace(query=urlencode(changed)).geturl(), timeout=20)
        assert answer.status_code == 400
        assert "id_token" not in answer.text

    def test_from_a_block_whose_author_entered_another_address_never_comes_back(self, connected, person):
        block = connected(fields={"lti_1p3_redirect_uris": ["https://elsewhere.example/launch"]})
        claire = person(block, block.claire)
        answer = claire.session.get(claire.authentication_request(), timeout=20)
        assert answer.status_code == 400
        assert "id_token" not in answer.text


class TestATokenOfThePlatform:
    def test_is_taken_once(self, connected, person):
        block = connected()
        claire = person(block, block.claire)
        where, fields = claire.answer_of_the_platform(claire.authentication_request())
        first = claire.session.post(where, data=fields, allow_redirects=False, timeout=20)
        second = claire.session.post(where, data=fields, allow_redirects=False, timeout=20)
        assert (first.status_code, second.status_code) == (303, 400)

    def test_that_was_touched_is_refused(self, connected, person):
        block = connected()
        claire = person(block, block.claire)
        where, fields = claire.answer_of_the_platform(claire.authentication_request())
        head, body, signature = fields["id_token"].split(".")
        fields["id_token"] = f"{head}.{body}.{signature[::-1]}"
        answer = claire.session.post(where, data=fields, allow_redirects=False, timeout=20)
        assert answer.status_code == 400
