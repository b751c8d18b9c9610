"""Prompts: set, seen from their opening on, answered, moved, withdrawn; what late makes of a score."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from lti_tool import clock
from lti_tool.extensions import db
from lti_tool.models import (
    AssessmentFact,
    Change,
    Community,
    CommunityState,
    ContributionFact,
    DeliveryState,
    Post,
    Prompt,
    Role,
)
from lti_tool.transactions import transaction
from tests.functional.space import Space, id_of, named
from tests.support.classroom import TWENTY_WORDS, Classroom
from tests.support.statements import counted
from tests.support.world import ENGLISH

pytestmark = [pytest.mark.long, pytest.mark.slow_on_postgresql]

LEARNER, TRAINER, LEAD = Role.LEARNER, Role.TRAINER, Role.PEDAGOGICAL_LEAD
MANAGER, SPONSOR, GUEST, OBSERVER = Role.COMMUNITY_MANAGER, Role.SPONSOR, Role.GUEST_EXPERT, Role.OBSERVER
WORDS = {"title": "Tell of a meeting", "body": "What did you **try**?"}
ZONE = ZoneInfo("Europe/Paris")


def at(**later: float) -> str:
    """Return a moment from now as the form's field holds it."""
    return (clock.now() + timedelta(**later)).astimezone(ZONE).strftime("%Y-%m-%dT%H:%M")


def set_by(home, **fields):
    """Let somebody set a prompt; return the page of its post."""
    page = home.post("prompts", **WORDS | fields)
    assert page.status == 200, page.text
    return page


def only(space_or_world, wanted):
    world = getattr(space_or_world, "world", space_or_world)
    with world.database() as session:
        row = session.scalars(wanted).one()
        session.expunge(row)
        return row


def prompt_of(space_or_world) -> Prompt:
    return only(space_or_world, select(Prompt))


class EnglishSpace(Space):
    """The French course, read in English by everybody."""

    def home(self, person):
        known = person in self._pages
        page = super().home(person)
        if not known:
            self._pages[person] = page = in_english(page)
        return page


def in_english(home):
    home.post("preferences/language", language="en")
    return home.get("")


@pytest.fixture
def space(world):
    return EnglishSpace(world)


@pytest.fixture
def trainer(space):
    """Claire's home page; the community goes by the clocks of Paris."""
    home = space.home("claire")
    home.post("zone", time_zone="Europe/Paris")
    return home


class TestSettingOne:
    @pytest.mark.parametrize("role", [TRAINER, LEAD, MANAGER], ids=str)
    def test_is_for_those_who_lead(self, space, trainer, role):
        page = set_by(space.home_of(role), deadline=at(days=3))
        assert page.soup.select_one("h1#title").text == "Tell of a meeting"
        assert "Answers until" in page.soup.select_one("#prompt-dates").text

    def test_notes_its_deadline_as_a_fact(self, space, trainer):
        set_by(trainer, deadline=at(days=3))
        prompt, fact = prompt_of(space), only(space, select(AssessmentFact))
        assert fact.deadline == prompt.deadline
        assert (fact.act, fact.member_id, fact.prompt_id) == ("scheduled", None, prompt.id)
        assert len(prompt.key) == 36

    def test_clicked_twice_makes_one(self, space, trainer):
        first, second = (trainer.post("prompts", follow=False, **WORDS) for _ in range(2))
        assert first.response.location == second.response.location
        assert [space.count(table) for table in (Prompt, Post, Change, AssessmentFact)] == [1, 1, 1, 1]

    @pytest.mark.parametrize(
        ("fields", "said"),
        [
            ({"deadline": "2020-01-01T10:00"}, "later than the opening"),
            ({"deadline": "soon"}, "a day and a time"),
            ({"deadline": "2026-02-30T10:00"}, "a day and a time"),
            ({"deadline": "1850-01-01T10:00"}, "out of range"),
            ({"deadline": "2027-03-28T02:30"}, "clocks go forward"),
            ({"opens_at": "2027-03-28T02:30"}, "clocks go forward"),
            ({"opens_at": "2027-04-02T10:00", "deadline": "2027-04-01T10:00"}, "later than the opening"),
            ({"title": ""}, "write something"),
        ],
    )
    def test_with_what_cannot_be_keeps_everything_typed(self, space, trainer, fields, said):
        typed = WORDS | fields
        page = trainer.post("prompts", **typed)
        assert page.status == 422
        assert said in page.text
        form = page.soup.select_one("form[data-draft]")
        shown = {field["name"]: field.get("value", "") for field in form.select("input[name]")}
        assert form.select_one("textarea[name=body]").text.strip() == typed["body"]
        for name in typed.keys() - {"body"}:
            assert shown[name] == typed[name]
        assert space.count(Prompt) == 0

    @pytest.mark.parametrize(
        ("typed", "hour"), [("2027-06-01T18:00", 16), ("2027-10-31T02:30", 1), ("2027-12-01T18:00", 17)]
    )
    def test_goes_by_the_clock_of_the_community(self, space, trainer, typed, hour):
        """Of the hour that comes twice in autumn the second one is meant: it gives more time."""
        set_by(trainer, deadline=typed)
        assert prompt_of(space).deadline.hour == hour

    def test_names_the_zone_on_the_form(self, trainer):
        assert "Europe/Paris" in trainer.get("prompts/new").soup.select_one("fieldset").text

    def test_is_kept_when_the_session_is_gone(self, trainer):
        trainer.post("sign-out")
        typed = WORDS | {"deadline": at(days=2)}
        assert trainer.post("prompts", **typed).status == 401
        home = trainer.browser.open_community()
        page = home.browser.get(home.soup.select_one("a[href*='kept=']")["href"])
        assert page.soup.select_one("input[name=deadline]")["value"] == typed["deadline"]
        assert page.soup.select_one("textarea[name=body]").text.strip() == WORDS["body"]

    def test_in_a_closed_community_is_refused(self, space, trainer):
        with space.world.app.app_context(), transaction():
            db.session.query(Community).update({"state": CommunityState.CLOSED})
        page = trainer.post("prompts", **WORDS)
        assert page.status == 403
        assert "closed" in page.text


class TestBeforeItOpens:
    @pytest.fixture
    def coming(self, space, trainer):
        for role in (LEARNER, GUEST, MANAGER, LEAD):
            space.home_of(role)
        return set_by(trainer, opens_at=at(days=2), deadline=at(days=5))

    @pytest.mark.parametrize("role", [LEARNER, GUEST, OBSERVER, SPONSOR], ids=str)
    def test_others_find_it_at_no_address(self, space, coming, role):
        home, post, prompt = space.home_of(role), id_of(coming), prompt_of(space).id
        for below in ("", "?filter=mine", "?before=99999999999.0-5", "prompts", "posts/new", "members"):
            page = home.browser.get(f"{home.community}{below}")
            assert "Tell of a meeting" not in page.html, below
        expected = 404 if role in (LEARNER, GUEST) else 403
        for below in (f"posts/{post}", f"posts/{post}/history"):
            assert home.get(below).status == expected, below
        assert home.post(f"posts/{post}/comments", body="A reply").status == expected
        assert home.get(f"prompts/{prompt}/edit").status == 403

    @pytest.mark.parametrize("role", [LEARNER, GUEST], ids=str)
    def test_others_are_told_of_no_change_and_no_count(self, space, coming, role):
        home = space.home_of(role)
        assert home.get("changes", after=0).status == 304
        assert "new contribution" not in home.get("").text
        assert "nothing is written here yet" in home.get("").text.lower()

    def test_nobody_can_edit_or_delete_it_but_as_staff(self, space, coming):
        for below in ("edit", "delete"):
            page = space.home_of(LEARNER).post(
                f"posts/{id_of(coming)}/{below}", title="x", body="x", version="0"
            )
            assert page.status == 404

    def test_nobody_can_answer_it_and_the_text_stays(self, space, coming):
        home, prompt = space.home_of(LEARNER), prompt_of(space).id
        assert "Tell of a meeting" not in home.get("posts/new", prompt=prompt).html
        page = home.post("posts", kind="discussion", title="Mine", body="All my words", prompt=str(prompt))
        assert page.status == 422
        assert "takes no answers" in page.text
        assert page.soup.select_one("textarea[name=body]").text.strip() == "All my words"

    @pytest.mark.parametrize("role", [TRAINER, LEAD, MANAGER], ids=str)
    def test_staff_see_when_it_opens(self, space, coming, role):
        home = space.home_of(role)
        assert "opens " in home.get("").soup.select_one("#posts article").text
        assert "opens " in home.get("prompts").text
        page = home.get(f"posts/{id_of(coming)}")
        assert "opens " in page.text
        assert page.soup.select_one("#reply") is None

    def test_it_appears_as_new_once_it_opens(self, space, coming, time_machine):
        time_machine.move_to(clock.now() + timedelta(days=2, minutes=1), tick=True)
        home = space.home_of(LEARNER).browser.open_community()
        assert home.soup.select_one("#posts h3 a").text == "Tell of a meeting"
        assert "Prompt" in home.soup.select_one("#posts article").text
        assert home.soup.select_one("section[aria-labelledby=prompt]")
        assert home.get(f"posts/{id_of(coming)}").status == 200

    def test_it_can_be_opened_at_once_or_vanish(self, space, coming):
        prompt = prompt_of(space).id
        space.home("claire").post(f"prompts/{prompt}/edit", **WORDS, version="0", opens_at="", deadline="")
        assert space.home_of(LEARNER).get(f"posts/{id_of(coming)}").status == 200

    def test_withdrawn_it_leaves_nothing(self, space, coming, time_machine):
        space.home("bruno").post(f"prompts/{prompt_of(space).id}/withdraw")
        time_machine.move_to(clock.now() + timedelta(days=3), tick=True)
        for person in ("ines", "claire"):
            home = space.home(person).browser.open_community()
            assert "Tell of a meeting" not in home.html
            assert home.get(f"posts/{id_of(coming)}").status == 404


class TestAnsweringOne:
    @pytest.fixture
    def asked(self, trainer):
        return set_by(trainer, deadline=at(days=3))

    def answer(self, home, prompt, **fields):
        return home.post(
            "posts",
            **{"kind": "discussion", "title": "Mine", "body": TWENTY_WORDS, "prompt": str(prompt)} | fields,
        )

    def test_leads_from_the_prompt_to_the_answer_and_back(self, space, asked):
        ines = space.home("ines")
        thread = ines.get(f"posts/{id_of(asked)}")
        compose = ines.browser.get(thread.soup.select_one("a[href*='prompt=']")["href"])
        assert "Tell of a meeting" in compose.soup.select_one(".callout").text
        page = self.answer(ines, compose.soup.select_one("input[name=prompt]")["value"])
        assert "Answers: Tell of a meeting" in page.text
        back = ines.get(f"posts/{id_of(asked)}")
        assert "1 post answers it" in back.text
        assert "You have answered" in back.text
        listed = ines.get("prompts").text
        assert "1 person has answered" in listed
        assert "You have answered" in listed
        assert "You have answered" not in space.home("karim").get("prompts").text

    def test_is_noted_for_grading_with_its_replies(self, space, asked):
        page = self.answer(space.home("ines"), prompt_of(space).id)
        space.reply("karim", page)
        assert space.count(ContributionFact, ContributionFact.prompt_id == prompt_of(space).id) == 3

    def test_clicked_twice_makes_one(self, space, asked):
        for _ in range(2):
            self.answer(space.home("ines"), prompt_of(space).id)
        assert space.count(Post, Post.opens_prompt.is_(None)) == 1

    @pytest.mark.parametrize("number", ["0", "-1", "x", "999", "9" * 30, ""])
    def test_of_what_is_no_prompt_keeps_everything_typed(self, space, asked, number):
        page = self.answer(space.home("ines"), number, body="All my words")
        assert page.status == 422
        assert page.soup.select_one("textarea[name=body]").text.strip() == "All my words"
        assert space.count(Post) == 1

    def test_of_another_community_is_refused(self, space, asked):
        elsewhere = space.world.enter("grace", ENGLISH)
        page = self.answer(elsewhere, prompt_of(space).id)
        assert page.status == 422
        assert "Tell of a meeting" not in page.html

    def test_is_kept_with_its_prompt_when_the_session_is_gone(self, space, asked):
        ines = space.home("ines")
        ines.post("sign-out")
        assert self.answer(ines, prompt_of(space).id).status == 401
        home = ines.browser.open_community()
        page = home.browser.get(home.soup.select_one("a[href*='kept=']")["href"])
        assert page.soup.select_one("input[name=prompt]")["value"] == str(prompt_of(space).id)

    def test_of_a_withdrawn_one_is_refused(self, space, trainer, asked):
        trainer.post(f"prompts/{prompt_of(space).id}/withdraw", reason="Not needed")
        assert self.answer(space.home("ines"), prompt_of(space).id).status == 422
        assert "was withdrawn" in space.home("ines").get(f"posts/{id_of(asked)}").text

    def test_ends_with_the_post_that_asks(self, space, trainer, asked):
        trainer.post(f"posts/{id_of(asked)}/delete")
        assert self.answer(space.home("ines"), prompt_of(space).id).status == 422
        assert prompt_of(space).withdrawn_at is not None

    def test_leaves_an_ended_prompt_readable_from_its_answers(self, space, trainer, asked):
        page = self.answer(space.home("ines"), prompt_of(space).id)
        trainer.post(f"posts/{id_of(asked)}/delete")
        assert "Answers:" not in space.home("ines").get(f"posts/{id_of(page)}").text


class TestChangingOne:
    @pytest.fixture
    def asked(self, trainer):
        return set_by(trainer, deadline=at(days=3))

    def change(self, home, space, **fields):
        prompt = prompt_of(space)
        return home.post(f"prompts/{prompt.id}/edit", **WORDS | {"version": "0", "deadline": ""} | fields)

    def test_gives_it_new_words_with_their_history(self, space, trainer, asked):
        same = prompt_of(space).deadline.astimezone(ZONE).strftime("%Y-%m-%dT%H:%M")
        page = self.change(trainer, space, title="New title", deadline=same)
        assert page.soup.select_one("h1#title").text == "New title"
        assert space.count(AssessmentFact) == 1
        assert "2 versions" in trainer.get(f"posts/{id_of(asked)}/history").text

    def test_moves_the_deadline_for_a_reason(self, space, trainer, asked):
        page = self.change(trainer, space, deadline=at(days=9))
        assert page.status == 422
        self.change(trainer, space, deadline=at(days=9), reason="Holidays")
        with space.world.database() as session:
            facts = session.scalars(select(AssessmentFact).order_by(AssessmentFact.id)).all()
            noted = [(fact.reason, fact.deadline) for fact in facts]
        assert [reason for reason, _ in noted] == [None, "Holidays"]
        assert noted[1][1] == prompt_of(space).deadline

    def test_made_from_an_older_wording_overwrites_nothing(self, space, trainer, asked):
        same = prompt_of(space).deadline.astimezone(ZONE).strftime("%Y-%m-%dT%H:%M")
        self.change(trainer, space, title="First", deadline=same)
        page = self.change(trainer, space, title="Second", deadline=same)
        assert page.status == 409
        assert page.soup.select_one("input[name=title]")["value"] == "Second"

    def test_leaves_its_words_to_their_author(self, space, trainer, asked):
        bruno = space.home("bruno")
        self.change(bruno, space, title="Mine now", deadline=at(days=5), reason="More time")
        assert bruno.get(f"posts/{id_of(asked)}").soup.select_one("h1#title").text == "Tell of a meeting"

    def test_in_another_community_is_not_found(self, space, asked):
        """For somebody who leads both communities, too."""
        elsewhere = space.home("claire").browser.open_community(ENGLISH)
        assert elsewhere.community != space.home("claire").community
        assert "Tell of a meeting" not in elsewhere.get("prompts").html
        prompt = prompt_of(space).id
        assert elsewhere.get(f"prompts/{prompt}/edit").status == 404
        for below in (f"prompts/{prompt}/edit", f"prompts/{prompt}/withdraw"):
            assert elsewhere.post(below, **WORDS, version="0").status == 404
        assert prompt_of(space).withdrawn_at is None


class TestAScore:
    """Through the real pages: what a deadline makes of a learner's statement."""

    @pytest.fixture
    def classroom(self, world):
        opened = Classroom(world)
        opened.trainer = in_english(opened.trainer)
        opened.trainer.post("zone", time_zone="Europe/Paris")
        opened.pages["ines"] = in_english(opened.pages["ines"])
        return opened.ready()

    def answered(self, classroom, key="ines"):
        prompt = prompt_of(classroom.world).id
        return classroom.learner(key).post(
            "posts", kind="discussion", title="My answer", body=TWENTY_WORDS, prompt=str(prompt)
        )

    def statement(self, classroom, key="ines") -> str:
        home = classroom.learner(key).browser.open_community()
        classroom.pages[key] = home
        return home.get("participation").text

    def later(self, time_machine, **by):
        time_machine.move_to(clock.now() + timedelta(**by), tick=True)

    def test_loses_what_came_late_and_says_so(self, classroom, time_machine):
        set_by(classroom.trainer, deadline=at(hours=1))
        self.later(time_machine, days=3, hours=1)
        classroom.pages["ines"] = home = classroom.learner("ines").browser.open_community()
        compose = home.get("posts/new", prompt=prompt_of(classroom.world).id)
        assert "days late: an answer written now still counts 5" in compose.text
        self.answered(classroom)
        assert "0.57" in self.statement(classroom)

    def test_on_time_loses_nothing(self, classroom):
        set_by(classroom.trainer, deadline=at(hours=1))
        self.answered(classroom)
        assert "after the deadline" not in self.statement(classroom)

    def test_is_computed_anew_when_the_deadline_moves(self, classroom, time_machine):
        asked = set_by(classroom.trainer, deadline=at(hours=1))
        self.later(time_machine, days=3, hours=1)
        classroom.pages["ines"] = classroom.learner("ines").browser.open_community()
        self.answered(classroom)
        before = self.statement(classroom)
        classroom.trainer = trainer = classroom.trainer.browser.open_community()
        classroom.send("ines")
        classroom.deliver_until_settled(timedelta())
        assert classroom.state() is DeliveryState.CONFIRMED
        prompt = prompt_of(classroom.world).id
        form = WORDS | {"version": "0", "deadline": at(days=1), "reason": "Holidays"}
        assert trainer.post(f"prompts/{prompt}/edit", **form).status == 200
        assert classroom.state() is DeliveryState.READY
        after = self.statement(classroom)
        assert "0.57" in before
        assert "0.57" not in after
        assert id_of(asked)

    def test_keeps_replies_in_the_window_up_to_what_was_earned(self, classroom, time_machine):
        asked = set_by(classroom.trainer, deadline=at(hours=1))
        self.answered(classroom)
        self.later(time_machine, days=1)
        classroom.pages["ines"] = home = classroom.learner("ines").browser.open_community()
        page = home.get(f"posts/{id_of(asked)}")
        assert "Reply window" in page.text
        assert "Replies lose nothing until" in page.text
        home.post(f"posts/{id_of(asked)}/comments", body=" ".join(f"reply{n}" for n in range(20)))
        said = self.statement(classroom)
        assert "0.8" not in said
        assert "after the deadline" not in said

    def test_bounds_replies_in_the_window_of_somebody_who_did_nothing_before(self, classroom, time_machine):
        asked = set_by(classroom.trainer, deadline=at(hours=1))
        self.later(time_machine, days=1)
        classroom.pages["ines"] = home = classroom.learner("ines").browser.open_community()
        home.post(f"posts/{id_of(asked)}/comments", body=" ".join(f"reply{n}" for n in range(20)))
        assert "deadline" in self.statement(classroom)

    def test_is_explained_where_the_prompt_stands(self, classroom):
        asked = set_by(classroom.trainer, deadline=at(days=1))
        for below in (f"posts/{id_of(asked)}", "prompts"):
            text = classroom.learner("ines").get(below).text
            assert "evenly to nothing within 7 days" in text
            assert "Replies within 48 hours" in text


class TestWhatItCosts:
    def test_is_the_same_for_many(self, space, trainer, time_machine):
        space.home("ines")
        space.home("karim")

        def costs() -> list[int]:
            found = []
            for home in (trainer, space.home("ines")):
                for below in ("", "prompts", "posts/1", "posts/2"):
                    with space.world.app.app_context(), counted() as sent:
                        assert home.get(below).status == 200
                    found.append(len(sent))
            return found

        set_by(trainer, deadline=at(days=3))
        self.answer(space, "ines", 1)
        few = costs()
        for number in range(2, 8):
            set_by(trainer, title=f"Prompt {number}", deadline=at(days=number))
            for person in ("ines", "karim"):
                self.answer(space, person, 1, title=f"{person} {number}")
                self.answer(space, person, number)
        assert costs() == few
        assert max(few) <= 24
        assert named(trainer.get("prompts"))

    def answer(self, space, person, prompt, title="Answer"):
        page = space.home(person).post(
            "posts", kind="discussion", title=title, body=f"{title} {prompt}", prompt=str(prompt)
        )
        assert page.status == 200, page.text


def test_moments_are_told_by_the_community_s_clock(space, trainer):
    set_by(trainer, deadline="2027-06-01T18:00")
    expected = datetime(2027, 6, 1, 18, tzinfo=ZONE)
    assert prompt_of(space).deadline == expected
    edit = trainer.get(f"prompts/{prompt_of(space).id}/edit")
    assert edit.soup.select_one("input[name=deadline]")["value"] == "2027-06-01T18:00"
