"""Threads are moved, split and merged: who reads them then, old addresses, points, notes, two at once."""

from dataclasses import asdict

import pytest
from sqlalchemy import select

from lti_tool import clock
from lti_tool.grading.items import items_from
from lti_tool.models import (
    AuditEntry,
    Comment,
    ContributionFact,
    Draft,
    ModerationCase,
    ModerationStep,
    Notification,
    PollBallot,
    PollOption,
    Post,
    Reaction,
    Revision,
    Role,
    SubgroupMember,
    Tag,
    ThreadReader,
    Topic,
)
from lti_tool.services import facts
from tests.functional.space import id_of
from tests.functional.test_kinds import POLL
from tests.functional.test_prompts import set_by
from tests.functional.test_subgroups import Groups
from tests.support.classroom import TWENTY_WORDS, Classroom
from tests.support.statements import counted

pytestmark = pytest.mark.slow_on_postgresql
WHY = "It fits better there."


class Course:
    """Inès asks, Karim and Hugo answer; Claire and Bruno look after the space."""

    def __init__(self, space) -> None:
        self.groups = Groups(space)
        self.space, self.world = space, space.world
        for person in ("ines", "karim", "hugo", "claire", "bruno"):
            space.home(person).post("preferences/language", language="en")

    def write(self, person="ines", title="Zebra title", body="The zebra sentence.", **more) -> int:
        return id_of(self.space.write(person, title=title, body=body, **more))

    def reply(self, person, post, body="An answer with a giraffe.", **more) -> int:
        page = self.space.home(person).post(f"posts/{post}/comments", body=body, **more)
        assert page.status == 200, page.text
        with self.world.database() as session:
            return session.scalars(select(Comment.id).order_by(Comment.id.desc()).limit(1)).one()

    def one(self, table, number):
        with self.world.database() as session:
            found = session.get(table, number)
            session.expunge(found)
            return found

    def version(self, post: int) -> int:
        with self.world.database() as session:
            wanted = select(ModerationCase.version).where(ModerationCase.about == f"post:{post}")
            return session.scalars(wanted).first() or 0

    def sends(self, act: str, post: int, person="claire", **fields):
        """Let somebody decide, on the state of things as it is unless told otherwise."""
        told = {"body": WHY, "version": str(self.version(post))}
        told["until"] = f"{clock.now():%Y-%m-%dT%H:%M:%S.%fZ}"
        return self.space.home(person).post(f"posts/{post}/{act}", **told | fields)

    def done(self, act: str, post: int, **fields):
        page = self.sends(act, post, **fields)
        assert page.status == 200, page.text
        assert "done=thread-" in page.path or "/posts/" in page.path
        return page

    def items(self) -> dict:
        """What grading makes of the facts of everybody; the titles of lines are only shown."""
        with self.world.app.app_context():
            found = facts.facts_of(1)
        return {
            member: [asdict(one) | {"title": ""} for one in items_from(theirs)]
            for member, theirs in found.items()
        }

    def sees(self, person: str, post: int) -> bool:
        status = self.space.home(person).get(f"posts/{post}").status
        assert status in (200, 404)
        return status == 200

    def told(self, person: str) -> list[str]:
        page = self.space.home(person).get("notifications")
        return [link["href"] for link in page.soup.select("main a.title") if "/moderation" in link["href"]]

    def finds(self, person: str, words: str) -> list[str]:
        page = self.space.home(person).get("search", q=words)
        return [link["href"].partition("?")[0] for link in page.soup.select(".results .title a")]

    def led(self, person: str, below: str):
        """Open an address, and wherever it leads."""
        home = self.space.home(person)
        page = home.get(below)
        while page.status == 303:
            page = home.browser.get(page.response.location)
        return page

    def topic(self, name="Selling") -> int:
        self.space.home("claire").post("topics", name=name)
        with self.world.database() as session:
            return session.scalars(select(Topic.id).where(Topic.name == name)).one()

    def acts(self) -> list[str]:
        with self.world.database() as session:
            wanted = select(AuditEntry.act).where(AuditEntry.act.startswith("moderation."))
            return list(session.scalars(wanted.order_by(AuditEntry.id)))


@pytest.fixture
def course(space):
    return Course(space)


@pytest.fixture
def group(course):
    """A sub-group of Inès and Karim."""
    return course.groups.make("The two of us", "ines", "karim")


class TestMoving:
    def test_to_another_topic_changes_nothing_else(self, course):
        post, topic = course.write(tags="sales"), course.topic()
        course.reply("karim", post)
        before = course.items()
        page = course.done("move", post, topic=str(topic), subgroup="everybody")
        assert "done=thread-moved" in page.path
        assert course.one(Post, post).topic_id == topic
        assert course.sees("hugo", post)
        assert course.items() == before
        assert course.acts() == ["moderation.moved"]
        assert len(course.told("ines")) == 1
        assert course.told("karim") == []

    def test_into_a_subgroup_leaves_it_to_its_members_and_those_who_look_after_it(self, course, group):
        post = course.write(tags="sales")
        course.reply("karim", post)
        with course.world.database() as session:
            assert session.scalars(select(Tag.post_count).where(Tag.name == "sales")).one() == 1
        hugo = course.space.home("hugo")
        hugo.post(f"posts/{post}/bookmark", bookmark="on")
        assert course.finds("hugo", "zebra")
        course.done("move", post, topic="", subgroup=str(group))
        assert not course.sees("hugo", post)
        assert course.sees("karim", post)
        assert course.sees("claire", post)
        assert course.finds("hugo", "zebra") == []
        assert course.finds("karim", "zebra")
        for below in (
            "",
            "discussions",
            "bookmarks",
            "notifications",
            "to-answer",
            f"members/{course.space.number('ines')}",
        ):
            assert "Zebra title" not in hugo.get(below).text, below
        with course.world.database() as session:
            assert session.scalars(select(Tag.post_count).where(Tag.name == "sales")).one() == 0

    def test_the_votes_of_a_poll_stay_and_only_those_who_read_it_vote(self, course, group):
        post = id_of(course.space.home("ines").post("posts", **POLL | {"title": "Which zebra?"}))
        with course.world.database() as session:
            first = session.scalars(select(PollOption.id).order_by(PollOption.id).limit(1)).one()
        for person in ("karim", "hugo"):
            voted = course.space.home(person).post(f"posts/{post}/ballot", option=str(first))
            assert "done=voted" in voted.path, voted.text
        course.done("move", post, topic="", subgroup=str(group))
        assert course.space.count(PollBallot) == 2
        assert course.space.home("hugo").post(f"posts/{post}/ballot", option=str(first)).status == 404
        assert course.sees("karim", post)

    def test_what_is_read_and_begun_is_still_there(self, course):
        post, topic = course.write(), course.topic()
        hugo = course.space.home("hugo")
        hugo.post("drafts", draft=f"reply-{post}", draft_version="0", draft_page="p1", body="Begun.")
        hugo.post(f"posts/{post}/attention", attention="followed")
        with course.world.database() as session:
            before = session.execute(select(*ThreadReader.__table__.columns)).all()
        course.done("move", post, topic=str(topic), subgroup="everybody")
        with course.world.database() as session:
            assert session.execute(select(*ThreadReader.__table__.columns)).all() == before
        assert "Begun." in hugo.get("drafts").text

    def test_whoever_reported_it_reads_its_title_no_more(self, course, group):
        post = course.write()
        course.space.home("hugo").post(f"posts/{post}/report", reason="elsewhere")
        course.done("move", post, topic="", subgroup=str(group))
        assert "Zebra title" not in course.space.home("hugo").get("notifications").text

    def test_whoever_replied_does_not_read_what_it_is_called_since(self, course, group):
        Classroom(course.world).switch_on()
        ones = (course.write(), course.write(title="Okapi of before"))
        for post in ones:
            course.reply("hugo", post, TWENTY_WORDS)
            course.reply("karim", post, TWENTY_WORDS)
        course.write("hugo", title="Gnu of Hugo", body=TWENTY_WORDS)
        course.done("move", ones[0], topic="", subgroup=str(group))
        course.space.home("ines").post(
            f"posts/{ones[0]}/edit", title="Secret kudu", body="Secret.", version="0"
        )
        read = {
            person: [
                course.space.home(person).get(below).text
                for below in ("participation", "participation/evidence.csv", "participation/evidence.json")
            ]
            for person in ("hugo", "karim")
        }
        assert all("Okapi of before" in text for text in read["hugo"] + read["karim"])
        assert all("Gnu of Hugo" in text for text in read["hugo"])
        assert all("Secret kudu" in text for text in read["karim"])
        assert not any("Secret kudu" in text for text in read["hugo"])

    def test_the_page_says_beforehand_who_reads_it_and_who_no_longer(self, course, group):
        post = course.write()
        course.reply("hugo", post)
        page = course.space.home("claire").get(f"posts/{post}/move", topic="", subgroup=str(group))
        words = " ".join(page.soup.select_one("main").text.split())
        assert "From then on 4 people can read it: the sub-group The two of us" in words
        assert "Nobody will see it who does not see it now." in words
        assert "9 people who can read it now will no longer see it." in words
        assert course.space.name("hugo") in words
        assert course.one(Post, post).subgroup_id is None

    def test_whoever_began_it_has_to_be_there(self, course, group):
        post = course.write("hugo")
        page = course.sends("move", post, topic="", subgroup=str(group))
        assert page.status == 422
        assert "Put them into the sub-group first" in page.text
        assert course.one(Post, post).subgroup_id is None

    def test_out_of_a_subgroup_has_to_be_confirmed_and_those_who_wrote_are_told(self, course, group):
        post = id_of(course.groups.write("ines", group, title="Zebra title"))
        reply = course.reply("karim", post)
        asked = course.space.home("claire").get(f"posts/{post}/move", topic="", subgroup="everybody")
        assert "ask them first if you can" in asked.text
        page = course.sends("move", post, topic="", subgroup="everybody")
        assert page.status == 422
        assert WHY in page.text
        assert not course.sees("hugo", post)
        course.done("move", post, topic="", subgroup="everybody", confirmed="1")
        assert course.sees("hugo", post)
        assert course.finds("hugo", "zebra")
        (told,) = course.told("karim")
        assert f"/comments/{reply}/moderation" in told
        karim = course.space.home("karim")
        assert WHY in karim.get(f"posts/{post}/comments/{reply}/moderation").text
        answer = karim.post(f"posts/{post}/comments/{reply}/moderation/answer", body="Please ask me first.")
        assert answer.status == 200
        waiting = course.space.home("claire").get("moderation", show="answered")
        assert len(waiting.soup.select("main ul.rows a.title")) == 1

    def test_what_a_subgroup_wrote_is_never_for_sponsors(self, course, group):
        charter = {"body": "Be kind.", "language": "en", "opens_to_sponsors": "true", "number": "0"}
        assert course.space.home("claire").post("charter/edit", **charter).status == 200
        for person in ("ines", "karim", "hugo"):
            course.space.home(person).post("charter/acceptance", number="1")
        post = id_of(course.groups.write("ines", group, title="Zebra title"))
        course.done("move", post, topic="", subgroup="everybody", confirmed="1")
        other = course.write("hugo", title="For everybody")
        sponsor = course.space.home_of(Role.SPONSOR)

        def read() -> list[str]:
            return [one.text for one in sponsor.get("shared").soup.select("#shared .title")]

        assert read() == ["For everybody"]
        course.done("merge", post, into=str(other))
        assert read() == []

    def test_nowhere_is_no_move(self, course):
        post = course.write()
        assert course.sends("move", post, topic="", subgroup="everybody").status == 422
        assert course.acts() == []

    def test_into_a_closed_one_or_one_of_elsewhere_is_refused(self, course, group):
        post = course.write()
        assert course.sends("move", post, topic="", subgroup="9999").status == 422
        assert course.sends("move", post, topic="9999", subgroup="everybody").status == 422
        course.groups.trainer.post(f"subgroups/{group}/close")
        assert course.sends("move", post, topic="", subgroup=str(group)).status == 422
        assert course.one(Post, post).subgroup_id is None

    def test_needs_a_reason_and_keeps_the_rest(self, course):
        post, topic = course.write(), course.topic()
        page = course.sends("move", post, topic=str(topic), subgroup="everybody", body=" ")
        assert page.status == 422
        assert page.soup.select_one(f"#topic option[value='{topic}'][selected]")
        assert course.one(Post, post).topic_id is None

    def test_of_two_at_once_the_second_reads_that_the_first_did(self, course, group):
        post, topic = course.write(), course.topic()
        seen = str(course.version(post))
        course.done("move", post, topic=str(topic), subgroup="everybody", version=seen)
        page = course.sends(
            "move", post, topic="", subgroup=str(group), version=seen, person="bruno", body="My words"
        )
        assert page.status == 409
        assert "My words" in page.text
        assert course.one(Post, post).subgroup_id is None

    def test_a_double_click_is_one(self, course):
        post, topic = course.write(), course.topic()
        for _ in range(2):
            page = course.sends("move", post, topic=str(topic), subgroup="everybody", version="0")
            assert page.status == 200
        assert course.acts() == ["moderation.moved"]
        assert course.space.count(ModerationStep) == 1

    def test_once_more_for_the_same_reason_is_no_double_click(self, course):
        post, first, second = course.write(), course.topic(), course.topic("Renting")
        course.done("move", post, topic=str(first), subgroup="everybody")
        course.done("move", post, topic=str(second), subgroup="everybody")
        assert course.one(Post, post).topic_id == second

    def test_the_post_of_a_prompt_only_changes_its_topic(self, course, group):
        post, topic = id_of(set_by(course.space.home("claire"))), course.topic()
        page = course.sends("move", post, topic="", subgroup=str(group))
        assert page.status == 422
        assert "only its topic can be changed" in page.text
        course.done("move", post, topic=str(topic), subgroup="everybody")
        assert course.one(Post, post).topic_id == topic
        assert course.sends("merge", post, into=str(course.write())).status == 422


class Talk:
    """A thread of Inès: Karim replies, Hugo replies to him, Inès to both; then Hugo on something else."""

    def __init__(self, course: Course) -> None:
        self.course = course
        self.post = course.write()
        self.karim = course.reply("karim", self.post, "Karim tells of the giraffe at length.")
        self.below = course.reply("hugo", self.post, "Hugo answers him below.", parent=str(self.karim))
        self.ines = course.reply("ines", self.post, "Inès says more.")
        self.last = course.reply("hugo", self.post, "Hugo has another idea altogether.")
        for giver, reply in (("ines", self.karim), ("karim", self.below)):
            thanks = course.space.home(giver).post(
                f"posts/{self.post}/comments/{reply}/reactions", kind="helped", note="It worked."
            )
            assert thanks.status == 200, thanks.text

    def split(self, *chosen: int, title="The other thing", **more):
        told = {"title": title, "chosen": [str(one) for one in chosen]}
        return self.course.sends("split", self.post, **told | more)


@pytest.fixture
def talk(course):
    return Talk(course)


def kept_drafts(talk, *places: str) -> None:
    """Let Inès begin something at each place, as a page of hers would."""
    home = talk.course.space.home("ines")
    for place in places:
        told = {"draft": place, "draft_version": "0", "draft_page": "p1"}
        assert "done=draft-kept" in home.post("drafts", **told, body=f"Of {place}.").path


def drafts_by_place(talk) -> dict[str, list[str]]:
    with talk.course.world.database() as session:
        return {one.place: one.fields["body"] for one in session.scalars(select(Draft))}


class TestSplitting:
    def test_replies_become_a_thread_of_their_own(self, talk):
        page = talk.split(talk.karim, talk.last)
        assert page.status == 200, page.text
        assert "done=thread-split" in page.path
        made = talk.course.one(Post, id_of(page))
        karim = talk.course.space.number("karim")
        assert (made.title, made.author_id, made.kind.value) == ("The other thing", karim, "discussion")
        assert made.body == "Karim tells of the giraffe at length."
        old = talk.course.one(Post, talk.post)
        assert (old.comment_count, made.comment_count) == (1, 2)
        assert (old.thread_helped_count, made.helped_count, made.thread_helped_count) == (0, 1, 2)
        assert old.last_activity_by_id == talk.course.space.number("ines")
        below, last = (talk.course.one(Comment, one) for one in (talk.below, talk.last))
        assert {below.post_id, last.post_id} == {made.id}
        assert below.parent_id is None
        shown = talk.course.space.home("hugo").get(f"posts/{made.id}").text
        for words in ("Karim tells", "Hugo answers him", "another idea", "It worked."):
            assert words in shown

    def test_nobody_wins_or_loses_points(self, talk):
        before = talk.course.items()
        talk.split(talk.karim, talk.last)
        assert talk.course.items() == before

    def test_what_comes_later_counts_as_it_would_have(self, talk):
        made = id_of(talk.split(talk.karim))
        item = f"comment:{talk.karim}"

        def state():
            karim = talk.course.items()[talk.course.space.number("karim")]
            return next(one for one in karim if one["subject"] == item)

        home = talk.course.space.home("karim")
        page = home.post(
            f"posts/{made}/edit", title="The other thing", body="Karim tells it in other words.", version="0"
        )
        assert page.status == 200, page.text
        assert (state()["kind"].value, state()["words"]) == ("answer", 6)
        assert state()["helped"] == talk.course.space.number("ines")
        thanks = len(talk.course.items()[talk.course.space.number("karim")])
        talk.course.space.home("hugo").post(f"posts/{made}/reactions", kind="helped")
        theirs = talk.course.items()[talk.course.space.number("karim")]
        assert len(theirs) == thanks + 1
        assert theirs[-1]["praise"]["about"] == item
        home.post(f"posts/{made}/delete")
        assert all(one["removed"] for one in talk.course.items()[talk.course.space.number("karim")])
        home.post(f"posts/{made}/restore")
        assert not any(one["removed"] for one in talk.course.items()[talk.course.space.number("karim")])

    def test_old_addresses_lead_on(self, talk):
        made = id_of(talk.split(talk.karim, talk.last))
        home = talk.course.space.home("ines")
        assert f"/posts/{made}" in talk.course.led("ines", f"posts/{talk.post}/comments/{talk.karim}").path
        for reply in (talk.below, talk.last):
            page = talk.course.led("ines", f"posts/{talk.post}/comments/{reply}")
            assert page.status == 200
            assert f"/posts/{made}" in page.path
        assert "became a discussion of their own" in home.get(f"posts/{talk.post}").text
        stays = talk.course.led("ines", f"posts/{talk.post}/comments/{talk.ines}")
        assert f"/posts/{talk.post}?" in stays.path
        other = talk.course.write("hugo", title="Another thread")
        assert home.get(f"posts/{other}/comments/{talk.ines}").status == 404

    def test_the_authors_learn_why_and_may_answer(self, talk):
        made = id_of(talk.split(talk.karim, talk.last))
        course = talk.course
        assert [f"/posts/{talk.post}/moderation" in one for one in course.told("ines")] == [True]
        (karim,), (hugo,) = course.told("karim"), course.told("hugo")
        assert f"/posts/{made}/moderation" in karim
        assert f"/posts/{made}/comments/{talk.below}/moderation" in hugo
        assert WHY in course.space.home("karim").get(f"posts/{made}/moderation").text
        answer = course.space.home("karim").post(f"posts/{made}/moderation/answer", body="Fine with me.")
        assert answer.status == 200
        assert course.acts() == ["moderation.split"]
        assert "The other thing" in course.space.home("claire").get("audit").text

    def test_the_search_the_history_and_what_is_read_go_along(self, talk):
        course = talk.course
        edited = f"posts/{talk.post}/comments/{talk.karim}/edit"
        course.space.home("karim").post(edited, body="The giraffe in other words.", version="0")
        course.space.home("hugo").post(f"posts/{talk.post}/attention", attention="muted")
        made = id_of(talk.split(talk.karim))
        assert any(f"/posts/{made}" in one for one in course.finds("ines", "giraffe"))
        assert all(f"/posts/{talk.post}" not in one for one in course.finds("ines", "giraffe"))
        history = course.space.home("ines").get(f"posts/{made}/history")
        assert "giraffe" in history.text
        assert course.space.count(Revision, Revision.post_id == made) == 1
        assert course.space.count(Reaction, Reaction.post_id == made) == 2
        hugo = course.space.number("hugo")
        kept = ThreadReader.post_id == made, ThreadReader.member_id == hugo
        with course.world.database() as session:
            assert session.scalars(select(ThreadReader.attention).where(*kept)).one().value == "muted"
        with course.world.database() as session:
            told = select(Notification.post_id).where(Notification.comment_id == talk.below)
            assert set(session.scalars(told)) <= {made}

    def test_a_draft_goes_along(self, talk):
        home = talk.course.space.home("ines")
        for place in (f"reply-{talk.post}-{talk.karim}", f"reply-{talk.post}-{talk.below}"):
            told = {"draft": place, "draft_version": "0", "draft_page": "p1"}
            assert home.post("drafts", **told, body="Begun.").status in (200, 204)
        made = id_of(talk.split(talk.karim))
        with talk.course.world.database() as session:
            places = set(session.scalars(select(Draft.place)))
        assert places == {f"reply-{made}", f"reply-{made}-{talk.below}"}
        assert "The other thing" in home.get("drafts").text

    def test_a_draft_stays_where_something_else_was_begun_at_its_new_place(self, talk):
        goes, stands = f"reply-{talk.post}-{talk.karim}", f"reply-{talk.post + 1}"
        kept_drafts(talk, goes, stands)
        assert id_of(talk.split(talk.karim)) == talk.post + 1
        assert drafts_by_place(talk) == {goes: [f"Of {goes}."], stands: [f"Of {stands}."]}
        page = talk.course.space.home("ines").get("drafts").text
        assert f"Of {goes}." in page and f"Of {stands}." in page

    def test_a_draft_takes_the_place_of_a_discarded_one(self, talk):
        goes, stands = f"reply-{talk.post}-{talk.karim}", f"reply-{talk.post + 1}"
        kept_drafts(talk, stands, goes)
        assert talk.course.space.home("ines").post("drafts/1/discard").status == 200
        assert id_of(talk.split(talk.karim)) == talk.post + 1
        assert drafts_by_place(talk) == {stands: [f"Of {goes}."]}

    def test_a_question_that_is_split_off_waits_for_an_answer(self, talk):
        made = id_of(talk.split(talk.last, kind="question"))
        post = talk.course.one(Post, made)
        assert post.kind.value == "question"
        assert post.waits_since == post.created_at

    def test_what_solved_the_question_stays_with_it(self, talk):
        talk.course.space.home("ines").post(f"posts/{talk.post}/comments/{talk.below}/acceptance")
        assert talk.course.one(Comment, talk.below).solves_id == talk.post
        assert talk.split(talk.karim).status == 422
        assert talk.split(talk.below).status == 422
        assert talk.split(talk.last).status == 200

    def test_what_is_not_there_cannot_be_chosen(self, talk):
        other = talk.course.write("hugo", title="Another thread")
        foreign = talk.course.reply("karim", other)
        for chosen in ((foreign,), (99999,), ()):
            page = talk.split(*chosen)
            assert page.status == 422
            assert WHY in page.text
        talk.course.space.home("hugo").post(f"posts/{talk.post}/comments/{talk.last}/delete")
        assert talk.split(talk.last).status == 422
        assert talk.split(talk.karim, title=" ").status == 422
        assert talk.course.acts() == []
        assert talk.course.space.count(Post) == 2

    def test_a_double_click_makes_one_and_a_second_moderator_reads_of_the_first(self, talk):
        talk.split(talk.karim, version="0")
        assert talk.split(talk.karim, version="0").status == 200
        assert talk.course.space.count(Post) == 2
        page = talk.split(talk.last, version="0", person="bruno", body="My words")
        assert page.status == 409
        assert "My words" in page.text

    def test_another_one_for_the_same_reason_is_no_double_click(self, talk):
        assert talk.split(talk.last).status == 200
        assert talk.split(talk.ines, title="A third thing").status == 200
        assert talk.course.one(Comment, talk.ines).became_post_id is not None

    def test_a_guest_keeps_what_became_a_thread_in_hand(self, talk):
        talk.course.space.appoint("hugo", Role.GUEST_EXPERT)
        made, home = id_of(talk.split(talk.last)), talk.course.space.home("hugo")
        words = {"kind": "discussion", "title": "Mine", "body": "Other words.", "version": "0"}
        assert home.get(f"posts/{made}").soup.select_one(f"main a[href*='/posts/{made}/edit']")
        assert home.post(f"posts/{made}/edit", **words).status == 200
        assert talk.course.one(Post, made).body == "Other words."
        home.post(f"posts/{made}/delete")
        assert talk.course.one(Post, made).deleted_at is not None
        home.post(f"posts/{made}/restore")
        assert talk.course.one(Post, made).deleted_at is None
        assert home.post("posts", **words).status == 403

    def test_its_empty_place_cannot_be_brought_back(self, talk):
        talk.split(talk.karim)
        home = talk.course.space.home("karim")
        assert home.post(f"posts/{talk.post}/comments/{talk.karim}/restore").status == 404
        assert talk.course.one(Comment, talk.karim).body == ""

    def test_what_it_costs_does_not_grow_with_the_replies(self, talk):
        home = talk.course.space.home("claire")
        with talk.course.world.app.app_context(), counted() as few:
            home.get(f"posts/{talk.post}/split")
        for _ in range(6):
            talk.course.reply("karim", talk.post, "More.")
        with talk.course.world.app.app_context(), counted() as many:
            home.get(f"posts/{talk.post}/split")
        assert len(few) == len(many)


class TestMerging:
    @pytest.fixture
    def into(self, talk):
        return talk.course.write("bruno", title="The older thread", body="Of bears.")

    def merged(self, talk, into, **more):
        page = talk.course.sends("merge", talk.post, into=str(into), **more)
        assert page.status == 200, page.text
        with talk.course.world.database() as session:
            made = select(Comment).where(Comment.made_of_post_id == talk.post)
            found = session.scalars(made).one()
            session.expunge(found)
            return found

    def test_a_thread_becomes_replies_of_another(self, talk, into):
        reply = self.merged(talk, into)
        assert (reply.post_id, reply.author_id) == (into, talk.course.space.number("ines"))
        assert reply.body == "**Zebra title**\n\nThe zebra sentence."
        for one in (talk.karim, talk.below, talk.ines, talk.last):
            moved = talk.course.one(Comment, one)
            assert (moved.post_id, moved.parent_id) == (into, reply.id)
        post = talk.course.one(Post, into)
        assert (post.comment_count, post.answer_count, post.thread_helped_count) == (5, 5, 2)
        shown = talk.course.space.home("hugo").get(f"posts/{into}").text
        for words in ("Zebra title", "The zebra sentence.", "Karim tells", "Hugo answers him", "It worked."):
            assert words in shown
        for below in ("", "discussions"):
            assert f"/posts/{talk.post}?" not in talk.course.space.home("hugo").get(below).html

    def test_nobody_wins_or_loses_points(self, talk, into):
        talk.course.space.home("karim").post(f"posts/{talk.post}/reactions", kind="helped")
        talk.course.space.home("ines").post(f"posts/{talk.post}/comments/{talk.below}/acceptance")
        before = talk.course.items()
        self.merged(talk, into)
        assert talk.course.items() == before

    def test_what_comes_later_counts_as_it_would_have(self, talk, into):
        reply = self.merged(talk, into)
        course = talk.course
        ines, home = course.space.number("ines"), course.space.home("ines")

        def state(subject):
            return next(one for one in course.items()[ines] if one["subject"] == subject)

        first = f"posts/{into}/comments/{reply.id}"
        assert home.post(f"{first}/edit", body="One two three.", version="0").status == 200
        assert (state(f"post:{talk.post}")["kind"].value, state(f"post:{talk.post}")["words"]) == (
            "question",
            3,
        )
        # She replied in a thread of her own, which brings nothing; in Bruno's it would.
        own = f"posts/{into}/comments/{talk.ines}"
        assert home.post(f"{own}/edit", body="Quite other words.", version="0").status == 200
        assert state(f"comment:{talk.ines}")["answers_self"] is True
        home.post(f"{first}/delete")
        assert state(f"post:{talk.post}")["removed"] is True

    def test_its_old_address_leads_there_and_so_do_those_of_its_replies(self, talk, into):
        reply = self.merged(talk, into)
        home = talk.course.space.home("hugo")
        page = talk.course.led("hugo", f"posts/{talk.post}")
        assert page.status == 200
        assert f"/posts/{into}" in page.path
        assert f"/posts/{into}" in talk.course.led("hugo", f"posts/{talk.post}/comments/{talk.last}").path
        made = id_of(talk.course.sends("split", into, title="Again", chosen=[str(reply.id)]))
        assert f"/posts/{made}" in talk.course.led("hugo", f"posts/{talk.post}").path
        assert home.get("posts/99999").status == 404

    def test_the_old_address_tells_nothing_where_it_stands_for_others_by_then(self, talk, into):
        self.merged(talk, into)
        group = talk.course.groups.make("Staff and Karim", "karim", "bruno")
        talk.course.done("move", into, topic="", subgroup=str(group))
        home = talk.course.space.home("hugo")
        assert home.get(f"posts/{talk.post}").status == 404
        assert home.get(f"posts/{talk.post}/comments/{talk.karim}").status == 404

    def test_those_who_wrote_learn_why_and_may_answer(self, talk, into):
        reply = self.merged(talk, into)
        course = talk.course
        (ines,), (karim,), (hugo,) = course.told("ines"), course.told("karim"), course.told("hugo")
        assert f"/posts/{into}/comments/{reply.id}/moderation" in ines
        assert f"/comments/{talk.karim}/moderation" in karim
        assert f"/comments/{talk.below}/moderation" in hugo
        answer = f"posts/{into}/comments/{reply.id}/moderation/answer"
        assert course.space.home("ines").post(answer, body="Fine.").status == 200
        old = course.led("ines", f"posts/{talk.post}/moderation")
        assert f"/comments/{reply.id}/moderation" in old.path
        assert course.acts() == ["moderation.merged"]
        assert "The older thread" in course.space.home("claire").get("audit").text

    def test_a_draft_that_was_begun_at_its_new_place_as_well_stops_nothing(self, talk, into):
        goes, stands = f"reply-{talk.post}-{talk.karim}", f"reply-{into}-{talk.karim}"
        kept_drafts(talk, goes, stands)
        self.merged(talk, into)
        assert drafts_by_place(talk) == {goes: [f"Of {goes}."], stands: [f"Of {stands}."]}

    def test_bookmarks_the_search_and_the_history_go_along(self, talk, into):
        course = talk.course
        course.space.home("karim").post(f"posts/{talk.post}/bookmark", bookmark="on")
        edited = {"title": "Zebra title", "body": "Zebras once more.", "version": "0"}
        course.space.home("ines").post(f"posts/{talk.post}/edit", **edited)
        reply = self.merged(talk, into)
        assert "The older thread" in course.space.home("karim").get("bookmarks").text
        assert course.finds("hugo", "zebras")
        history = course.space.home("hugo").get(f"posts/{into}/comments/{reply.id}/history")
        assert "The zebra sentence." in history.text
        assert course.space.count(Revision, Revision.comment_id == reply.id) == 1

    def test_what_cannot_be(self, talk, into):
        course, group = talk.course, talk.course.groups.make("Us", "ines", "karim")
        elsewhere = id_of(course.groups.write("ines", group))
        for wrong in (talk.post, 99999, elsewhere, "", "x", "posts/abc"):
            page = course.sends("merge", talk.post, into=str(wrong))
            assert page.status == 422, wrong
        course.space.home("claire").post(
            f"posts/{into}/moderation",
            act="locked",
            body="Enough.",
            version="0",
            until=f"{clock.now():%Y-%m-%dT%H:%M:%S.%fZ}",
        )
        assert course.sends("merge", talk.post, into=str(into)).status == 422
        made = id_of(course.space.home("ines").post("posts", **POLL))
        assert course.sends("merge", made, into=str(talk.post)).status == 422
        assert "cannot become a reply" in course.space.home("claire").get(f"posts/{made}/merge").text
        assert [one for one in course.acts() if one == "moderation.merged"] == []

    def test_an_address_is_as_good_as_a_number(self, talk, into):
        home = talk.course.space.home("claire")
        address = f"http://tool.example/communities/1/posts/{into}?seat=2#replies"
        page = home.get(f"posts/{talk.post}/merge", into=address)
        assert page.status == 200
        assert page.soup.select_one(f"input[type=hidden][name=into][value='{into}']")

    def test_a_double_click_is_one_and_a_second_moderator_finds_it_done(self, talk, into):
        self.merged(talk, into, version="0")
        assert talk.course.sends("merge", talk.post, into=str(into), version="0").status == 200
        assert talk.course.acts() == ["moderation.merged"]
        page = talk.course.sends("merge", talk.post, into=str(into), version="0", person="bruno", body="Mine")
        assert page.status == 404
        assert talk.course.space.count(Comment, Comment.made_of_post_id == talk.post) == 1

    def test_a_decision_taken_meanwhile_comes_first(self, talk, into):
        talk.course.done("move", talk.post, topic=str(talk.course.topic()), subgroup="everybody")
        page = talk.course.sends("merge", talk.post, into=str(into), version="0", body="Mine")
        assert page.status == 409
        assert "Mine" in page.text

    def test_what_staff_hid_in_it_stays_hidden_and_can_be_brought_back(self, talk, into):
        hide = {"act": "hidden", "body": "No.", "version": "0"}
        hide["until"] = f"{clock.now():%Y-%m-%dT%H:%M:%S.%fZ}"
        course = talk.course
        course.space.home("claire").post(f"posts/{talk.post}/comments/{talk.last}/moderation", **hide)
        before = course.items()
        self.merged(talk, into)
        assert course.items() == before
        assert "another idea" not in course.space.home("ines").get(f"posts/{into}").text
        again = hide | {"act": "restored", "version": "1"}
        page = course.space.home("claire").post(f"posts/{into}/comments/{talk.last}/moderation", **again)
        assert page.status == 200
        assert "another idea" in course.space.home("ines").get(f"posts/{into}").text


class TestWhoMay:
    @pytest.mark.parametrize("act", ["move", "split", "merge"])
    def test_only_those_who_look_after_the_space(self, talk, act):
        into = talk.course.write("bruno", title="The older thread")
        told = {
            "topic": "",
            "subgroup": "everybody",
            "title": "X",
            "chosen": [str(talk.karim)],
            "into": str(into),
        }
        for person in ("ines", "karim"):
            assert talk.course.sends(act, talk.post, person=person, **told).status == 403
            assert talk.course.space.home(person).get(f"posts/{talk.post}/{act}").status == 403
        assert talk.course.sends(act, 99999, **told).status == 404
        talk.course.space.home("ines").post(f"posts/{talk.post}/delete")
        assert talk.course.sends(act, talk.post, **told).status == 404

    def test_a_mark_given_before_and_one_given_after_are_of_the_same(self, talk):
        course = talk.course
        course.space.home("claire").post(
            "grading",
            name="Participation",
            maximum="20",
            line_item="new",
            starts_on=clock.now().date().isoformat(),
            weeks="8",
            confirmed="1",
        )
        subject, karim = f"comment:{talk.karim}", course.space.number("karim")
        learner = f"grading/learners/{karim}"

        def mark(value, reason):
            page = course.space.home("claire").post(
                f"{learner}/marks", subject=subject, mark=value, reason=reason
            )
            assert page.status == 200, page.text

        mark("5/4", "Before it went.")
        talk.split(talk.karim)
        page = course.space.home("claire").get(learner)
        assert "Before it went." in page.text
        assert "Karim tells of the giraffe" in page.text
        mark("1/2", "After it went.")
        with course.world.database() as session:
            marks = select(ContributionFact.quality, ContributionFact.subject)
            found = session.execute(marks.where(ContributionFact.act == "marked")).all()
        assert [tuple(one) for one in found] == [("5/4", subject), ("1/2", subject)]
        assert course.space.count(SubgroupMember) == 0
