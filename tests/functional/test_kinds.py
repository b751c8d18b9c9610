"""The kinds of contribution: each with its own fields, rules and look; polls, ideas, links, announcements."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from lti_tool import clock
from lti_tool.extensions import db
from lti_tool.models import ContributionFact, Poll, PollBallot, PollChoice, PollOption, Post, Reaction, Role
from lti_tool.services import link_previews
from lti_tool.transactions import transaction
from tests.functional.space import id_of
from tests.support.samples import samples

pytestmark = pytest.mark.slow_on_postgresql

TOLD = {"situation": "A *team* of six.", "tried": "I asked first.", "result": "They spoke.", "advice": "Ask."}
POLL = {
    "kind": "poll",
    "title": "When do we meet?",
    "body": "",
    "option_1": "Tuesday",
    "option_2": "Thursday",
    "option_4": "Friday",
    "multiple": "no",
    "anonymous": "no",
    "results": "voted",
    "closes_at": "",
}


def below(thread) -> str:
    return f"posts/{id_of(thread)}"


def of(space, thread, person):
    """Return somebody's page of a thread."""
    return space.home(person).get(below(thread))


def row(space, thread) -> Post:
    with space.world.database() as session:
        post = session.get(Post, id_of(thread))
        session.refresh(post)
        session.expunge(post)
        return post


def options(page) -> dict[str, str]:
    """Return what a poll offers, by its words."""
    inputs = page.soup.select(".poll-box input[name=option]")
    return {one.find_parent("label").text.strip(): one["value"] for one in inputs}


def results(page) -> list[str]:
    return [" ".join(one.text.split()) for one in page.soup.select(".poll.results > li")]


class TestAnExperienceReport:
    def test_keeps_its_parts_and_is_one_text_to_search_and_count(self, space):
        thread = space.write("ines", kind="experience", title="I asked", body="", **TOLD)
        kept = row(space, thread)
        assert kept.parts == TOLD
        assert kept.body == "\n\n".join(TOLD.values())
        assert len(thread.soup.select(".told-part h2")) == 4
        assert thread.soup.select_one(".told-part .prose em").text == "team"

    @pytest.mark.long
    def test_shows_its_facets_in_the_feed(self, space):
        space.write("ines", kind="experience", title="I asked", body="", **TOLD)
        facets = space.home("karim").get("").soup.select_one("#posts .facets")
        assert [one.text for one in facets.select("dd")] == [
            "A team of six.",
            "I asked first.",
            "They spoke.",
            "Ask.",
        ]

    @pytest.mark.long
    def test_told_by_a_script_in_one_text_is_accepted_and_shown_plain(self, space):
        thread = space.write("ines", kind="experience", title="I asked", body="All in **one**.")
        assert thread.soup.select_one(".prose strong").text == "one"
        assert not thread.soup.select(".told-part")
        edit = thread.get(f"{below(thread)}/edit")
        assert edit.soup.select_one("textarea[name=body]").text.strip() == "All in **one**."

    def test_is_shown_whole_before_it_is_published(self, space):
        home = space.home("ines")
        shown = home.post("preview", **(TOLD | {"result": " "}))
        headings = [heading.text for heading in shown.soup.select("h2")]
        assert headings == ["Situation", "Ce que j’ai essayé", "Ce que je dirais à un collègue"]
        assert shown.soup.select_one("section em").text == "team"
        assert "Rien d’écrit pour l’instant." in home.post("preview", situation="", body=" ").text

    def test_misses_a_part_and_loses_nothing(self, space):
        page = space.home("ines").post("posts", kind="experience", title="T", **(TOLD | {"result": " "}))
        assert page.status == 422
        assert page.soup.select_one("#result-error")
        assert page.soup.select_one("#tried").text.strip() == "I asked first."
        assert page.soup.select_one("input[name=kind][checked]")["value"] == "experience"

    def test_is_edited_by_its_parts_with_its_history(self, space):
        thread = space.write("ines", kind="experience", title="I asked", body="", **TOLD)
        form = {**TOLD, "result": "They laughed.", "advice": ""}
        page = thread.post(f"{below(thread)}/edit", title="I asked", version="0", **form)
        assert "They laughed." in page.text
        assert "advice" not in row(space, thread).parts
        assert "They spoke." in page.get(f"{below(thread)}/history").text

    @pytest.mark.long
    def test_moving_words_from_part_to_part_is_an_edit(self, space):
        thread = space.write("ines", kind="experience", title="T", body="", **TOLD)
        moved = {"situation": TOLD["situation"], "tried": TOLD["tried"] + "\n\n" + TOLD["result"]}
        thread.post(f"{below(thread)}/edit", title="T", version="0", **moved, result=TOLD["advice"])
        assert row(space, thread).edit_count == 1

    @pytest.mark.long
    def test_answers_a_prompt(self, space):
        space.home("claire").post("prompts", title="Tell", body="Tell us.", deadline="")
        compose = space.home("ines").get("posts/new", prompt="1")
        assert [one["value"] for one in compose.soup.select("input[name=kind]")] == [
            "discussion",
            "experience",
        ]
        space.write("ines", kind="experience", title="Mine", body="", prompt="1", **TOLD)
        refused = space.home("ines").post("posts", **POLL, prompt="1")
        assert refused.status == 422
        with space.world.database() as session:
            kinds = select(ContributionFact.kind).where(ContributionFact.prompt_id == 1)
            assert session.scalars(kinds.order_by(ContributionFact.id)).all()[1:] == ["experience"]


class TestChoosingTheKind:
    def test_without_script_keeps_what_was_typed(self, space):
        home = space.home("ines")
        page = home.post("posts/new", kind="experience", title="Mine", body="What I **wrote**", option_1="A")
        assert page.status == 200
        assert page.soup.select_one("input[name=title]")["value"] == "Mine"
        assert page.soup.select_one("#situation").text.strip() == "What I **wrote**"
        assert not page.soup.select_one("fieldset[data-for=experience]").has_attr("hidden")
        assert page.soup.select_one("fieldset[data-for=poll]").has_attr("disabled")
        back = home.post("posts/new", kind="poll", title="Mine", body="", situation="One", tried="Two")
        assert back.soup.select_one("textarea[name=body]").text.strip() == "One\n\nTwo"
        assert space.count(Post) == 0

    @pytest.mark.long
    def test_offers_announcements_to_those_who_may(self, space):
        def kinds(person):
            return [
                one["value"] for one in space.home(person).get("posts/new").soup.select("input[name=kind]")
            ]

        assert "announcement" in kinds("claire")
        assert "announcement" not in kinds("ines")

    @pytest.mark.long
    def test_of_none_that_there_is_loses_nothing(self, space):
        page = space.home("ines").post("posts", kind="sermon", title="Mine", body="My words")
        assert page.status == 422
        assert "My words" in page.text

    def test_comes_back_with_all_of_its_fields_when_the_session_was_lost(self, space):
        home = space.home("ines")
        home.post("posts", **POLL, seat_token="1.0")
        home.post("sign-out")
        home.post("posts", **POLL)
        again = home.browser.open_community()
        kept = again.soup.select_one("a[href*='kept=']")
        page = again.browser.get(kept["href"])
        assert page.soup.select_one("#option_2")["value"] == "Thursday"
        assert page.soup.select_one("input[name=kind][checked]")["value"] == "poll"


class TestAPoll:
    def test_shows_results_once_one_has_voted(self, space):
        thread = space.write("ines", **POLL)
        karim = of(space, thread, "karim")
        assert list(options(karim)) == ["Tuesday", "Thursday", "Friday"]
        assert results(karim) == []
        page = karim.post(f"{below(thread)}/ballot", option=options(karim)["Thursday"])
        assert results(page)[1].startswith("Votre choix : Thursday 100 %")
        assert "1 vote" in page.soup.select_one(".poll-box").text

    @pytest.mark.long
    def test_named_can_be_changed_and_who_chose_what_be_opened(self, space):
        thread = space.write("ines", **POLL)
        karim = of(space, thread, "karim")
        for choice in ("Thursday", "Tuesday"):
            karim.post(f"{below(thread)}/ballot", option=options(karim)[choice])
        assert space.count(PollBallot) == 1
        with space.world.database() as session:
            assert session.scalars(select(PollOption.vote_count).order_by(PollOption.position)).all() == [
                1,
                0,
                0,
            ]
        voters = karim.get(f"{below(thread)}/ballots")
        assert "Karim" in voters.soup.select_one("section.card").text
        assert space.home("claire").get(f"{below(thread)}/ballots").status == 404  # has not voted

    def test_anonymous_keeps_nobody_with_what_they_chose_and_changes_no_vote(self, space, time_machine):
        thread = space.write("ines", **(POLL | {"anonymous": "yes"}))
        karim = of(space, thread, "karim")
        chosen = options(karim)
        for _ in range(2):  # clicked twice
            assert karim.post(f"{below(thread)}/ballot", option=chosen["Tuesday"]).status == 200
        time_machine.move_to(clock.now() + timedelta(minutes=5), tick=True)
        refused = karim.post(f"{below(thread)}/ballot", option=chosen["Friday"])
        assert refused.status == 409
        assert "anonyme" in refused.soup.select_one(".poll-box .error").text
        assert (space.count(PollBallot), space.count(PollChoice)) == (1, 0)
        assert karim.get(f"{below(thread)}/ballots").status == 404

    @pytest.mark.long
    def test_takes_several_answers_where_it_asks_for_them_only(self, space):
        one, several = (
            space.write("ines", **POLL),
            space.write("ines", **(POLL | {"multiple": "yes", "title": "Several"})),
        )
        for thread, status in ((one, 409), (several, 200)):
            karim = of(space, thread, "karim")
            assert (
                karim.post(f"{below(thread)}/ballot", option=list(options(karim).values())).status == status
            )
        assert space.count(PollChoice) == 3

    @pytest.mark.parametrize("option", samples("999999999", "", "1' OR 1", gate=1))
    def test_refuses_what_it_does_not_offer(self, space, option):
        thread = space.write("ines", **POLL)
        page = space.home("karim").post(f"{below(thread)}/ballot", option=option)
        assert page.status == 409
        assert space.count(PollBallot) == 0

    def test_takes_no_option_of_another_poll(self, space):
        mine, other = space.write("ines", **POLL), space.write("ines", **(POLL | {"title": "Other"}))
        theirs = options(of(space, other, "karim"))["Tuesday"]
        assert space.home("karim").post(f"{below(mine)}/ballot", option=theirs).status == 409

    def test_closes_at_its_time_and_then_shows_its_results(self, space, time_machine):
        closing = (clock.now() + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")
        thread = space.write("ines", **(POLL | {"results": "closed", "closes_at": closing}))
        karim = of(space, thread, "karim")
        chosen = options(karim)
        assert results(karim.post(f"{below(thread)}/ballot", option=chosen["Friday"])) == []
        time_machine.move_to(clock.now() + timedelta(days=3), tick=True)
        late = space.home("claire").post(f"{below(thread)}/ballot", option=chosen["Friday"])
        assert late.status == 409
        assert "terminé" in late.soup.select_one(".poll-box .error").text
        assert results(late)[2].startswith("Friday 100")

    def test_voted_in_by_several_at_the_same_moment_counts_each_once(self, space):
        thread = space.write("ines", **POLL)
        people = ("karim", "claire", "ines")
        pages = [of(space, thread, person) for person in people]
        option, together = options(pages[0])["Tuesday"], threading.Barrier(len(people) * 2)

        def vote(page):
            together.wait()
            page.post(f"{below(thread)}/ballot", option=option)

        votes = [threading.Thread(target=vote, args=[page]) for page in pages * 2]
        for one in votes:
            one.start()
        for one in votes:
            one.join()
        with space.world.database() as session:
            poll = session.scalars(select(Poll)).one()
            assert poll.ballot_count == 3
            assert max(session.scalars(select(PollOption.vote_count))) == 3

    @pytest.mark.parametrize(
        ("told", "field"),
        samples(
            ({"option_2": "", "option_4": ""}, "options"),
            ({"option_2": "tuesday "}, "options"),
            ({"option_2": "x" * 201}, "options"),
            ({"closes_at": "2020-01-01T10:00"}, "closes_at"),
            ({"closes_at": "soon"}, "closes_at"),
            ({"results": "never"}, "results"),
        ),
    )
    def test_that_cannot_be_is_refused_with_all_that_was_typed(self, space, told, field):
        page = space.home("ines").post("posts", **(POLL | told))
        assert page.status == 422
        assert page.soup.select_one(f"#{field}-error, .callout.bad")
        assert page.soup.select_one("#option_1")["value"] == "Tuesday"

    @pytest.mark.long
    def test_can_be_reworded_until_somebody_voted(self, space):
        thread = space.write("ines", **POLL)
        form = POLL | {"option_2": "Wednesday", "results": "always", "version": "0"}
        thread.post(f"{below(thread)}/edit", **form)
        karim = of(space, thread, "karim")
        assert list(options(karim)) == ["Tuesday", "Wednesday", "Friday"]
        assert "Wednesday" in row(space, thread).body
        karim.post(f"{below(thread)}/ballot", option=options(karim)["Tuesday"])
        refused = thread.post(f"{below(thread)}/edit", **(form | {"option_2": "Monday", "version": "1"}))
        assert refused.status == 422
        edit = thread.get(f"{below(thread)}/edit")
        assert not edit.soup.select("input[name^=option_]")
        saved = thread.post(f"{below(thread)}/edit", title="When?", body="Say.", version="1", closes_at="")
        assert saved.status == 200
        assert "Wednesday" in row(space, thread).body

    def test_is_found_by_nobody_else(self, space):
        thread = space.write("ines", **POLL)
        stranger = space.world.enter("omar", "3")
        assert stranger.post(f"{below(thread)}/ballot", option="1").status == 404
        assert stranger.get(f"{below(thread)}/ballots").status == 404


class TestAnIdea:
    def idea(self, space):
        return space.write("ines", kind="idea", title="A wall of thanks", body="At the coffee machine.")

    def test_takes_one_vote_of_each_and_gives_it_back(self, space):
        thread = self.idea(space)
        for wanted, votes in (("yes", 1), ("yes", 1), ("no", 0), ("no", 0), ("yes", 1)):
            page = space.home("karim").post(f"{below(thread)}/vote", vote=wanted)
            assert row(space, thread).vote_count == votes == space.count(Reaction)
        assert page.soup.select_one("form.vote button")["aria-pressed"] == "true"

    @pytest.mark.long
    def test_takes_no_vote_of_its_author(self, space):
        thread = self.idea(space)
        assert not thread.soup.select("form.vote")
        assert thread.post(f"{below(thread)}/vote", vote="yes").status == 403
        assert space.count(Reaction) == 0

    def test_is_decided_by_staff_who_say_why(self, space):
        thread = self.idea(space)
        decided = space.home("claire").post(
            f"{below(thread)}/decision", state="retained", reason="We begin on Monday."
        )
        assert decided.status == 200
        assert "We begin on Monday." in of(space, thread, "karim").text
        assert "Retenue" in space.home("karim").get("").soup.select_one("#posts .status").text
        assert thread.post(f"{below(thread)}/decision", state="done").status == 403
        wrong = space.home("claire").post(f"{below(thread)}/decision", state="maybe", reason="Hm")
        assert wrong.status == 422
        assert wrong.soup.select_one("#idea-reason").text.strip() == "Hm"

    def test_that_is_decided_takes_no_vote_any_more(self, space):
        thread = self.idea(space)
        space.home("claire").post(f"{below(thread)}/decision", state="declined", reason="")
        page = space.home("karim").post(f"{below(thread)}/vote", vote="yes")
        assert page.status == 409
        assert row(space, thread).vote_count == 0

    @pytest.mark.long
    def test_answers_a_script_with_the_button_alone(self, space):
        thread = self.idea(space)
        home = space.home("karim")
        home.browser.headers["HX-Request"] = "true"
        page = home.post(f"{below(thread)}/vote", vote="yes", follow=False)
        assert page.status == 200
        assert page.soup.select_one("button")["aria-pressed"] == "true"
        assert not page.soup.select("main")


class TestAResource:
    def resource(self, space, link="example.org/page?a=1", **more):
        form = {"kind": "resource", "title": "Worth it", "body": "Ten minutes."} | more
        return space.home("ines").post("posts", link=link, **form)

    @pytest.mark.long
    def test_leads_to_its_address_in_a_new_tab(self, space):
        thread = self.resource(space)
        link = thread.soup.select_one("a.linked")
        assert (link["href"], link["target"]) == ("https://example.org/page?a=1", "_blank")
        assert "noopener" in link["rel"]
        assert "example.org" in space.home("karim").get("").soup.select_one("#posts a.linked").text

    def test_with_no_address_of_the_web_is_refused(self, space):
        link = "javascript:alert(1)"
        page = self.resource(space, link)
        assert page.status == 422
        assert page.soup.select_one("#link-error")
        assert page.soup.select_one("#link")["value"] == link

    @pytest.mark.long
    def test_needs_an_address_or_a_file(self, space):
        assert self.resource(space, "").status == 422

    def test_calls_its_text_by_one_name(self, space):
        """What is to be corrected is named as its field is: nobody looks for a "Text" that is not there."""
        refused = self.resource(space, body="")
        edited = space.home("ines").get(f"{below(self.resource(space))}/edit")

        named = [link.text for link in refused.soup.select(".callout.bad a[href='#body']")]
        asked = [one.text for one in refused.soup.select("label[for=body] span:not([hidden])")]
        assert named == asked == [edited.soup.select_one("label[for=body]").text] == ["À quoi cela sert"]

    def test_shows_what_a_worker_read_and_reads_anew_when_it_leads_elsewhere(self, space):
        thread = self.resource(space)
        with space.world.app.app_context(), transaction():
            post = db.session.get(Post, id_of(thread))
            assert post.link_wanted_at is not None
            post.link_preview = {"title": "A <b>page</b>", "site": "Example", "description": "Says."}
            post.link_wanted_at = None
        card = of(space, thread, "karim").soup.select_one("a.linked")
        assert card.select_one("b").text == "A <b>page</b>"
        form = {"title": "Worth it", "body": "Ten minutes.", "version": "0"}
        thread.post(f"{below(thread)}/edit", link="https://example.net", **form)
        post = row(space, thread)
        assert (post.link_url, post.link_preview) == ("https://example.net", None)
        assert post.edit_count == 1 and post.link_wanted_at is not None

    @pytest.mark.long
    def test_is_published_though_its_page_may_not_be_read(self, space):
        thread = self.resource(space, "https://127.0.0.1/secret")
        with space.world.app.app_context():
            link_previews.read_wanted(clock.now, transaction)
        post = row(space, thread)
        assert (post.link_wanted_at, post.link_preview, post.link_attempts) == (None, None, 1)


class TestAnAnnouncement:
    def announce(self, space, person="claire", **more):
        form = {"kind": "announcement", "title": "Room 12", "body": "From Monday on."} | more
        return space.home(person).post("posts", **form)

    def test_is_of_staff_alone(self, space):
        page = self.announce(space, "ines")
        assert page.status == 403
        assert "From Monday on." in page.text
        assert space.count(Post) == 0

    def test_stands_on_top_for_a_week_unless_it_says_otherwise(self, space, time_machine):
        self.announce(space)
        ines = space.home("ines").get("")
        assert ines.soup.select_one(".pinned h3").text == "Room 12"
        assert not ines.soup.select("#posts h3")  # once is enough
        time_machine.move_to(clock.now() + timedelta(days=9), tick=True)
        later = space.world.enter("ines")
        assert not later.soup.select(".pinned")
        assert later.soup.select_one("#posts h3").text == "Room 12"

    def test_says_the_last_day_on_which_it_stands_there(self, space, time_machine):
        thread = self.announce(space, pinned_until=(clock.now() + timedelta(days=3)).date().isoformat())
        day = (clock.now() + timedelta(days=3)).date()
        line = " ".join(of(space, thread, "ines").soup.select_one("article .line").text.split())
        assert line.startswith(f"Épinglée jusqu’au {'1er' if day.day == 1 else day.day} ")

    @pytest.mark.long
    def test_is_unpinned_by_whoever_may_announce(self, space):
        thread = self.announce(space)
        assert space.home("ines").post(f"{below(thread)}/unpin").status == 403
        space.home_of(Role.COMMUNITY_MANAGER).post(f"{below(thread)}/unpin")
        assert not space.home("ines").get("").soup.select(".pinned")

    @pytest.mark.parametrize("day", samples("2020-01-01", "tomorrow", "2999-01-01", gate=1))
    def test_until_a_day_that_cannot_be_is_refused(self, space, day):
        page = self.announce(space, pinned_until=day)
        assert page.status == 422
        assert page.soup.select_one("#pinned_until-error")

    @pytest.mark.long
    def test_without_a_day_stands_where_every_contribution_stands(self, space):
        self.announce(space, pinned_until="")
        assert not space.home("ines").get("").soup.select(".pinned")


class TestEveryList:
    def test_shows_every_kind(self, space):
        space.write("ines", **POLL)
        space.write("ines", kind="idea", title="A wall of thanks", body="At the coffee machine.")
        space.write("ines", kind="experience", title="I asked", body="", **TOLD)
        home = space.home("karim").get("")
        listed = home.get(f"members/{space.number('ines')}")
        for page in (home, listed):
            assert len(page.soup.select(".poll-box, form.vote, .facets")) == 3, page.path
        assert space.home("ines").get("?filter=mine").soup.select(".poll-box")
