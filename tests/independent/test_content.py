"""Deep linking with Open edX's consumer: its request, our choices, its validator, the launch after."""

import re

from bs4 import BeautifulSoup

from tests.independent.installations import SECONDS

CUSTOM = "https://purl.imsglobal.org/spec/lti/claim/custom"
MESSAGE = "https://purl.imsglobal.org/spec/lti/claim/message_type"


def authors_choice(claire, *what: str) -> tuple[str, dict[str, str]]:
    """Open the choices from Studio and make one; return where our answer goes, and the signed answer."""
    begin = claire.session.get(claire.block.studio(claire.username), timeout=SECONDS).json()
    page = BeautifulSoup(claire.launch(begin["deep_linking_launch_url"]).text, "html.parser")
    assert claire.claims[MESSAGE] == "LtiDeepLinkingRequest"
    form = page.select_one("main form")
    # As a browser sends it: every field that was not touched, of boxes the ticked ones.
    untouched = form.select("input[name]:not([type=radio], [type=checkbox])")
    fields = [(one["name"], one.get("value", "")) for one in untouched]
    fields += [("what", one) for one in what] or [("cancel", "1")]
    address = f"{claire.tool.address}{form['action']}"
    answer = claire.session.post(address, data=fields, timeout=SECONDS)
    sent = BeautifulSoup(answer.text, "html.parser").select_one("form#repost")
    assert sent is not None, answer.text[:3000]
    return sent["action"], {"JWT": sent.select_one("input[name=JWT]")["value"]}


def content(community_tool) -> dict[str, object]:
    """The author's entries that switch deep linking on."""
    return {
        "lti_advantage_deep_linking_enabled": True,
        "lti_advantage_deep_linking_launch_url": f"{community_tool.address}/lti/launch",
    }


class TestChoosingContent:
    def test_our_answer_is_taken_and_kept(self, connected, person, community_tool):
        block = connected(fields=content(community_tool))
        claire = person(block, block.claire)
        where, answer = authors_choice(claire, "space")
        taken = claire.session.post(where, data=answer, timeout=SECONDS)
        assert "successfully saved" in taken.text
        (item,) = block.held["content"]
        assert item["type"] == "ltiResourceLink"

    def test_what_was_chosen_opens_for_a_learner(self, connected, person, community_tool):
        block = connected(fields=content(community_tool))
        claire = person(block, block.claire).enter()
        where, answer = authors_choice(claire, "space")
        claire.session.post(where, data=answer, timeout=SECONDS)
        learner = person(block, block.learners[0]).enter()
        assert learner.community == claire.community

    def test_a_chosen_prompt_opens_by_the_key_that_came_back(self, connected, person, community_tool):
        block = connected(fields=content(community_tool))
        claire = person(block, block.claire).enter()
        assert claire.post("prompts", title="What did you try?", body="Tell us.").status_code == 303
        (edit,) = claire.page("prompts").select("a[href*='/prompts/'][href*='/edit']")
        number = re.search(r"/prompts/(\d+)/", edit["href"])[1]
        where, answer = authors_choice(claire, f"prompt-{number}")
        claire.session.post(where, data=answer, timeout=SECONDS)
        learner = person(block, block.learners[0]).enter()
        assert learner.claims[CUSTOM] == block.held["content"][0]["custom"]
        assert "What did you try?" in learner.page(learner.home.removeprefix(learner.community)).h1.text

    def test_a_cancelled_choice_keeps_nothing(self, connected, person, community_tool):
        block = connected(fields=content(community_tool))
        claire = person(block, block.claire)
        where, answer = authors_choice(claire)
        assert claire.session.post(where, data=answer, timeout=SECONDS).status_code == 200
        assert block.held["content"] == []

    def test_an_answer_that_was_touched_is_refused_by_them(self, connected, person, community_tool):
        block = connected(fields=content(community_tool))
        claire = person(block, block.claire)
        where, answer = authors_choice(claire, "space")
        head, body, signature = answer["JWT"].split(".")
        refused = claire.session.post(
            where, data={"JWT": f"{head}.{body}.{signature[::-1]}"}, timeout=SECONDS
        )
        assert refused.status_code != 200
        assert block.held["content"] == []
