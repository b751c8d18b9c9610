"""Thanks, recognition, what solved a question: said once, taken back, limited, and what grading learns."""

import threading
from datetime import timedelta
from fractions import Fraction

import pytest
from sqlalchemy import select

from lti_tool import clock
from lti_tool.extensions import db
from lti_tool.grading.facts import Kind
from lti_tool.models import Comment, ContributionFact, Post, Reaction, Topic
from lti_tool.services import facts, participation, rules
from lti_tool.transactions import transaction
from tests.functional.space import id_of
from tests.functional.test_thread import below, replied
from tests.support.classroom import Classroom
from tests.support.samples import samples

pytestmark = pytest.mark.slow_on_postgresql

WITHOUT = "n’apporte pas de points"


@pytest.fixture
def thread(space):
    """A question by Inès, as she sees it; Karim and Hugo are here too."""
    space.home("karim")
    space.home("hugo")
    return space.write("ines", title="A question", body="Its words.")


@pytest.fixture
def reply(space, thread) -> str:
    """The address of Karim's reply to it."""
    return f"{below(thread)}/comments/{replied(space, 'karim', thread, 'Try this.')}"


def received(space, kind: Kind) -> list[tuple]:
    """Return what was noted of what anybody received: act, receiver, giver, by staff."""
    with space.world.database() as session:
        found = session.scalars(
            select(ContributionFact).where(ContributionFact.kind == kind.value).order_by(ContributionFact.id)
        )
        return [(one.act, one.member_id, one.actor_id, bool(one.by_staff)) for one in found]


def pressed(page, reply: str):
    """Return the button of thanks under a reply."""
    number = reply.rpartition("/")[2]
    return page.soup.select_one(f"#comment-{number} form[data-reaction=helped] button")


class TestThanks:
    def test_are_counted_and_shown_as_given(self, space, thread, reply):
        page = thread.post(f"{reply}/reactions", kind="helped", on="true")
        assert pressed(page, reply)["aria-pressed"] == "true"
        assert pressed(page, reply).select_one("[data-count]").text == "1"
        other = space.home("hugo").get(below(thread))
        assert pressed(other, reply)["aria-pressed"] == "false"
        assert pressed(space.home("karim").get(below(thread)), reply) is None

    def test_given_twice_are_once_and_come_back_once(self, space, thread, reply):
        for on in ("true", "true", "false", "false"):
            assert thread.post(f"{reply}/reactions", kind="helped", on=on, follow=False).status == 303
        ines, karim = space.number("ines"), space.number("karim")
        noted = received(space, Kind.RECOGNITION)
        assert noted == [("written", karim, ines, False), ("deleted", karim, ines, False)]
        with space.world.database() as session:
            assert session.scalars(select(Comment.helped_count)).one() == 0
        assert space.count(Reaction) == 0

    def test_say_what_was_done_with_it(self, space, thread, reply):
        for note in ("I <b>said</b> it\n\nso.\0", "Then I wrote it."):
            thread.post(f"{reply}/reactions", kind="helped", note=note)
            page = space.home("hugo").get(below(thread))
            assert page.soup.select_one(".thanks").text.count("I ") == 1
            assert page.soup.select_one(".thanks b b") is None
        thread.post(f"{reply}/reactions", kind="helped", note=" ")
        assert space.home("hugo").get(below(thread)).soup.select_one(".thanks") is None
        assert space.count(Reaction) == 1

    @pytest.mark.long
    def test_with_too_long_a_line_lose_no_word(self, thread, reply):
        page = thread.post(f"{reply}/reactions", kind="helped", note="word " * 100)
        assert page.status == 422
        assert page.soup.select_one("textarea[name=note]").text.strip() == ("word " * 100).strip()

    def test_are_for_what_others_wrote_and_for_what_stands(self, space, thread, reply):
        assert space.home("karim").post(f"{reply}/reactions", kind="helped").status == 403
        space.home("karim").post(f"{reply}/delete")
        assert thread.post(f"{reply}/reactions", kind="helped").status == 404
        assert space.count(Reaction) == 0

    @pytest.mark.parametrize("kind", samples("vote", "", "endorsed", "HELPED", "\0"))
    def test_of_no_known_kind_are_refused(self, thread, reply, kind):
        assert thread.post(f"{reply}/reactions", kind=kind).status == 422

    @pytest.mark.long
    def test_answer_a_script_with_how_things_stand(self, thread, reply):
        thread.browser.headers["Accept"] = "application/json"
        answer = thread.post(f"{reply}/reactions", kind="helped", on="true").response.get_json()
        assert (answer["stands"], answer["count"]) == (True, 1)
        assert answer["told"]

    def test_of_staff_bring_nothing(self, space, thread, reply):
        space.home("claire").post(f"{reply}/reactions", kind="helped")
        assert received(space, Kind.RECOGNITION)[0][3] is True

    def test_that_return_thanks_say_so(self, space, thread, reply):
        thread.post(f"{reply}/reactions", kind="helped")
        space.home("karim").post(f"{below(thread)}/reactions", kind="helped")
        with space.world.database() as session:
            first, second = session.scalars(
                select(ContributionFact)
                .where(ContributionFact.kind == "recognition")
                .order_by(ContributionFact.id)
            )
            assert first.returns_at is None
            assert second.returns_at == first.at

    def test_at_the_same_moment_are_one(self, space, thread, reply):
        together = threading.Barrier(3)

        def press():
            together.wait()
            thread.post(f"{reply}/reactions", kind="helped", follow=False)

        presses = [threading.Thread(target=press) for _ in range(3)]
        for one in presses:
            one.start()
        for one in presses:
            one.join()
        assert (space.count(Reaction), len(received(space, Kind.RECOGNITION))) == (1, 1)


class TestHowOftenAThreadHelped:
    def test_stays_right_while_thanks_and_replies_come_and_go_at_the_same_moment(self, space, thread, reply):
        """Two people thank and take it back while whoever wrote the reply deletes it and brings it back."""
        post, together = below(thread), threading.Barrier(3)
        space.home("claire").post(f"{reply}/reactions", kind="helped")
        acts = {
            "hugo": [(post, "reactions", "true"), (reply, "reactions", "true"), (post, "reactions", "false")],
            "ines": [(reply, "reactions", on) for on in ("true", "false", "true")],
            "karim": [(reply, act, "") for act in ("delete", "restore", "delete")],
        }
        pages = {person: space.home(person) for person in acts}

        def goes(person):
            together.wait()
            for where, act, on in acts[person]:
                pages[person].post(f"{where}/{act}", kind="helped", on=on, follow=False)

        going = [threading.Thread(target=goes, args=(person,)) for person in acts]
        for one in going:
            one.start()
        for one in going:
            one.join()
        assert self.counted(space) == self.reactions(space)
        pages["karim"].post(f"{reply}/restore")
        assert self.counted(space) == self.reactions(space) == space.count(Reaction)

    def counted(self, space) -> int:
        with space.world.database() as session:
            return session.scalars(select(Post.thread_helped_count)).one()

    def reactions(self, space) -> int:
        """Count the thanks themselves, of replies those that stand."""
        gone = select(Comment.id).where(Comment.deleted_at.is_not(None))
        of_what_stands = Reaction.comment_id.is_(None) | Reaction.comment_id.not_in(gone)
        return space.count(Reaction, Reaction.kind == "helped", of_what_stands)


KINDS = {
    "question": {"helped", "met"},
    "discussion": {"helped", "endorsed"},
    "experience": {"helped", "endorsed"},
    "resource": {"helped", "endorsed"},
    "idea": {"helped"},
    "poll": set(),
    "announcement": set(),
}
FIELDS = {
    "experience": {"situation": "A talk.", "tried": "To listen.", "result": "It worked."},
    "resource": {"link": "https://127.0.0.1/page"},
    "poll": {"option_1": "Now", "option_2": "Later", "results": "always"},
}


class TestWhatCanBeSaid:
    """To a post, by its kind; to every reply thanks and recognition. Pages and forms go by one rule."""

    @pytest.mark.parametrize("kind", samples(*KINDS, gate=3))
    def test_to_a_post_is_offered_and_taken_and_nothing_else(self, space, kind):
        thread = space.write("claire", kind=kind, title="Of this kind", body="Words.", **FIELDS.get(kind, {}))
        page = space.home("ines").get(below(thread))
        foot = page.soup.select_one("article[aria-labelledby=title] .post-foot")
        offered = {form["data-reaction"] for form in foot.select("form[data-reaction]")}
        if foot.select_one("a[href*='/recognition']"):
            offered.add("endorsed")
        assert offered == KINDS[kind]
        for said in ("helped", "met", "endorsed"):
            address = "recognition" if said == "endorsed" else "reactions"
            answer = space.home("ines").post(f"{below(thread)}/{address}", kind=said, topic="", note="")
            assert answer.status == (200 if said in KINDS[kind] else 404)
            assert said in KINDS[kind] or "ne peut pas se dire ici" in answer.text
        assert space.count(Reaction) == len(KINDS[kind])

    @pytest.mark.parametrize("kind", ["announcement", "poll"])
    def test_to_a_reply_is_the_same_under_every_kind(self, space, kind):
        thread = space.write("claire", kind=kind, title="Of this kind", body="Words.", **FIELDS.get(kind, {}))
        reply = f"{below(thread)}/comments/{replied(space, 'hugo', thread, 'Try this.')}"
        assert pressed(space.home("ines").post(f"{reply}/reactions", kind="helped"), reply)
        assert space.home("ines").post(f"{reply}/recognition", topic="", note="").status == 200


class TestHavingMetItToo:
    def test_is_for_questions_of_others(self, space, thread, reply):
        page = space.home("hugo").post(f"{below(thread)}/reactions", kind="met")
        assert page.soup.select_one("form[data-reaction=met] [data-count]").text == "1"
        talk = space.write("ines", kind="discussion", title="A talk")
        assert space.home("hugo").post(f"{below(talk)}/reactions", kind="met").status == 404
        assert space.home("hugo").post(f"{reply}/reactions", kind="met").status == 404
        assert received(space, Kind.RECOGNITION) == []

    def test_lets_one_follow_the_question_unless_one_muted_it(self, space, thread):
        hugo = space.home("hugo").post(f"{below(thread)}/reactions", kind="met")
        assert "A question" in hugo.get("", filter="followed").soup.select_one("main").text
        hugo.post(f"{below(thread)}/attention", attention="muted")
        hugo.post(f"{below(thread)}/reactions", kind="met", on="")
        hugo.post(f"{below(thread)}/reactions", kind="met")
        assert "A question" not in hugo.get("", filter="followed").soup.select_one("main").text


class TestTheAllowance:
    """Of the usual rules: five in a week."""

    def test_lets_further_thanks_through_without_points_and_says_so(self, space, thread):
        Classroom(space.world).ready()
        replies = [
            f"{below(thread)}/comments/{replied(space, 'karim', thread, f'Try {number}')}"
            for number in range(6)
        ]
        told = [
            thread.post(f"{one}/reactions", kind="helped").soup.select_one(".toast").text for one in replies
        ]
        assert [WITHOUT in one for one in told] == [False] * 5 + [True]
        assert space.count(Reaction) == 6
        assert len(received(space, Kind.RECOGNITION)) == 5
        thread.post(f"{replies[0]}/reactions", kind="helped", on="false")
        assert WITHOUT not in thread.post(f"{replies[0]}/reactions", kind="helped").text

    def test_refuses_recognition_beyond_it_and_says_when(self, space, thread, time_machine):
        for number in range(6):
            one = replied(space, ("karim", "hugo")[number % 2], thread, f"Try {number}")
            address = f"{below(thread)}/comments/{one}"
            if number < 5:
                thread.post(f"{address}/reactions", kind="helped")
        page = thread.post(f"{address}/recognition", note="Every word of it")
        assert page.status == 422
        assert "La prochaine sera possible" in page.text
        assert page.soup.select_one("input[name=note]")["value"] == "Every word of it"
        time_machine.move_to(clock.now() + timedelta(days=8), tick=True)
        again = space.world.enter("ines").post(f"{address}/recognition", note="Every word of it")
        assert again.status == 200
        assert space.count(Reaction) == 6


class TestRecognition:
    def topic(self, space, name="Feedback") -> int:
        with space.world.app.app_context(), transaction():
            made = Topic(community_id=1, name=name, folded=name.lower(), position=1, created_at=clock.now())
            db.session.add(made)
            db.session.flush()
            return made.id

    def test_stands_under_the_reply_with_topic_and_sentence(self, space, thread, reply):
        topic = self.topic(space)
        form = space.home("claire").get(f"{reply}/recognition")
        assert form.soup.select_one(f"option[value='{topic}']").text == "Feedback"
        form.post(f"{reply}/recognition", topic=str(topic), note="Open questions.")
        callout = space.home("hugo").get(below(thread)).soup.select_one(".recognised")
        assert all(words in callout.text for words in ("Claire", "Feedback", "Open questions."))
        space.home("claire").post(f"{reply}/recognition/withdraw")
        assert space.home("hugo").get(below(thread)).soup.select_one(".recognised") is None

    def test_on_a_topic_that_is_not_here_is_refused(self, space, thread, reply):
        page = thread.post(f"{reply}/recognition", topic="77", note="Kept")
        assert page.status == 422
        assert "Kept" in page.html

    def test_of_one_person_is_given_twice_at_most(self, space, thread):
        statuses = [
            space.home("claire")
            .post(f"{below(thread)}/comments/{replied(space, 'karim', thread, f'{number}')}/recognition")
            .status
            for number in range(3)
        ]
        assert statuses == [200, 200, 422]
        assert space.count(Reaction) == 2

    @pytest.mark.long
    def test_and_thanks_for_the_same_are_one_of_the_week(self, space, thread, reply):
        thread.post(f"{reply}/reactions", kind="helped")
        page = thread.get(f"{reply}/recognition")
        assert "encore 4 cette semaine" in page.text
        thread.post(f"{reply}/recognition")
        assert "encore 4 cette semaine" in thread.get(f"{reply}/recognition").text


class TestTheReplyThatSolvedIt:
    def test_is_named_by_the_asker_and_can_be_another(self, space, thread, reply):
        page = thread.post(f"{reply}/acceptance", on="true")
        assert "Résolue" in page.soup.select_one("article .badge.ok").text
        other = replied(space, "hugo", thread, "Or this.")
        thread.post(f"{below(thread)}/comments/{other}/acceptance")
        with space.world.database() as session:
            solving = session.scalars(select(Comment.id).where(Comment.solves_id.is_not(None))).all()
            assert solving == [other]
        karim, hugo = space.number("karim"), space.number("hugo")
        noted = [(act, who) for act, who, *_ in received(space, Kind.ACCEPTED)]
        assert noted == [("written", karim), ("deleted", karim), ("written", hugo)]

    def test_taken_back_leaves_the_question_open(self, space, thread, reply):
        for on in ("true", "true", "false", "false"):
            thread.post(f"{reply}/acceptance", on=on)
        with space.world.database() as session:
            post = session.get(Post, id_of(thread))
            assert (post.solved_at, post.waits_since) == (None, None)  # Karim's reply stands
        assert [one[0] for one in received(space, Kind.ACCEPTED)] == ["written", "deleted"]
        thread.post(f"{reply}/acceptance")
        assert received(space, Kind.ACCEPTED)[-1][0] == "restored"

    def test_accepted_by_a_trainer_counts_for_nobody_until_the_asker_says_so(self, space, thread, reply):
        space.home("claire").post(f"{reply}/acceptance")
        assert received(space, Kind.ACCEPTED) == []
        thread.post(f"{reply}/acceptance")
        assert len(received(space, Kind.ACCEPTED)) == 1
        assert "Inès" in thread.get(below(thread)).soup.select_one(".accepted .flag").text

    def test_is_not_for_others_to_name_nor_of_other_kinds(self, space, thread, reply):
        assert space.home("hugo").post(f"{reply}/acceptance").status == 403
        talk = space.write("ines", kind="discussion", title="A talk")
        number = replied(space, "karim", talk, "Yes")
        assert thread.post(f"{below(talk)}/comments/{number}/acceptance").status == 404
        assert thread.post(f"{below(thread)}/comments/{number}/acceptance").status == 404

    def test_of_ones_own_brings_nothing(self, space, thread):
        own = replied(space, "ines", thread, "I found it.")
        page = thread.post(f"{below(thread)}/comments/{own}/acceptance")
        assert page.soup.select_one(".card.accepted")
        assert received(space, Kind.ACCEPTED) == []
        with space.world.database() as session:
            assert session.get(Post, id_of(thread)).waits_since is None

    def test_deleted_opens_the_question_and_brought_back_solves_it_again(self, space, thread, reply):
        thread.post(f"{reply}/acceptance")
        space.home("karim").post(f"{reply}/delete")
        with space.world.database() as session:
            post = session.get(Post, id_of(thread))
            assert (post.solved_at, post.waits_since) == (None, post.created_at)
        page = space.home("karim").post(f"{reply}/restore")
        assert "Try this." in page.soup.select_one(".card.accepted").text

    @pytest.mark.long
    def test_brought_back_when_another_solved_it_meanwhile_does_not(self, space, thread, reply):
        thread.post(f"{reply}/acceptance")
        space.home("karim").post(f"{reply}/delete")
        other = replied(space, "hugo", thread, "Or this.")
        thread.post(f"{below(thread)}/comments/{other}/acceptance")
        page = space.home("karim").post(f"{reply}/restore")
        assert "Or this." in page.soup.select_one(".card.accepted").text
        noted = [(act, who) for act, who, *_ in received(space, Kind.ACCEPTED)]
        assert noted[-1] == ("deleted", space.number("karim"))


class TestTheScore:
    def test_counts_thanks_and_acceptance_as_the_model_says(self, space, thread):
        classroom = Classroom(space.world).ready()
        asked = classroom.ask("ines", about="one")
        words = " ".join(f"answer{number}" for number in range(20))
        number = replied(space, "karim", asked, words)
        reply = f"{below(asked)}/comments/{number}"
        for person in ("ines", "hugo", "claire"):
            space.home(person).post(f"{reply}/reactions", kind="helped")
        space.home("ines").post(f"{reply}/acceptance")
        with space.world.app.app_context():
            lines = participation.statement_of(rules.in_force(1), space.number("karim"), clock.now()).lines
            told = {(line.kind, line.reason): line.value for line in lines}
            places = facts.places_of(1, space.number("karim"))
        values = sorted((line.kind.value, line.value) for line in lines)
        assert values == [
            ("accepted", Fraction(6)),
            ("answer", Fraction(8)),
            ("recognition", Fraction(0)),
            ("recognition", Fraction(3)),
            ("recognition", Fraction(3)),
        ], told
        assert all(place.comment_id == number for place in places.values())
        for address in ("reactions", "acceptance"):
            space.home("ines").post(f"{reply}/{address}", kind="helped", on="false")
        page = space.home("karim").get("participation").text
        assert "Les remerciements ont été repris" in page and "n’est plus retenue" in page
        space.home("karim").post(f"{reply}/delete")
        with space.world.app.app_context():
            after = participation.statement_of(rules.in_force(1), space.number("karim"), clock.now())
        assert all(line.value == 0 for line in after.lines)
