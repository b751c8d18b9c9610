"""What a contribution leaves behind for grading."""

from fractions import Fraction

from sqlalchemy import select

from lti_tool import clock
from lti_tool.models import ContributionFact, DeliveryState, ScoreDelivery
from lti_tool.services import participation, rules
from tests.support.classroom import TWENTY_WORDS


def facts_of(classroom) -> list[tuple]:
    """Return act, kind, words and overlap of every fact, in order."""
    with classroom.world.database() as session:
        rows = session.scalars(select(ContributionFact).order_by(ContributionFact.id)).all()
        return [(row.act, row.kind, row.words, row.copied) for row in rows]


def reasons(classroom, key="ines") -> list[str]:
    """Return the reasons of a learner's statement, oldest contribution first."""
    number = classroom.number(key)
    with classroom.world.database():
        by = rules.in_force(int(classroom.trainer.community.split("/")[2]))
        stands = participation.statement_of(by, number, clock.now())
        return [line.reason.value for line in stands.lines]


class TestWriting:
    def test_a_post_is_a_question_with_its_words_counted(self, classroom):
        classroom.learner("ines").post("posts", kind="discussion", title="T", body=TWENTY_WORDS)
        assert facts_of(classroom) == [("written", "question", 20, "0")]

    def test_a_reply_is_an_answer_compared_with_what_it_answers(self, classroom):
        post = classroom.trainer.post("posts", kind="question", title="T", body=TWENTY_WORDS)
        reply = f"{TWENTY_WORDS} and a little more of my own to say"
        classroom.learner("ines").post(below(post, "comments"), body=reply)
        act, kind, words, copied = facts_of(classroom)[-1]
        assert (act, kind, words) == ("written", "answer", 29)
        assert Fraction(copied) == Fraction(16, 25)

    def test_saying_the_same_twice_is_a_near_copy(self, classroom):
        classroom.ready()
        ines = classroom.learner("ines")
        for title in ("One", "Two"):
            ines.post("posts", kind="question", title=title, body=TWENTY_WORDS)
        assert reasons(classroom) == ["counted", "near_copy"]

    def test_answering_oneself_never_counts(self, classroom):
        classroom.ready()
        ines = classroom.learner("ines")
        post = ines.post("posts", kind="question", title="T", body=TWENTY_WORDS)
        ines.post(below(post, "comments"), body=" ".join(f"other{n}" for n in range(20)))
        assert reasons(classroom) == ["counted", "own_thread"]


class TestEditingAndDeleting:
    def test_an_edit_is_measured_anew(self, classroom):
        classroom.ready()
        ines = classroom.learner("ines")
        post = ines.post("posts", kind="question", title="T", body="too short")
        assert reasons(classroom) == ["too_short"]
        ines.post(below(post, "edit"), title="T", body=TWENTY_WORDS, version="0")
        assert reasons(classroom) == ["counted"]

    def test_what_is_deleted_loses_its_points(self, classroom):
        classroom.ready()
        ines = classroom.learner("ines")
        post = ines.post("posts", kind="question", title="T", body=TWENTY_WORDS)
        ines.post(below(post, "delete"))
        assert reasons(classroom) == ["removed"]
        assert facts_of(classroom)[-1][:2] == ("deleted", "question")

    def test_a_score_that_was_sent_follows_a_deletion_down_to_zero(self, graded):
        ines = graded.learner("ines")
        post = ines.post("posts", kind="question", title="T", body=TWENTY_WORDS)
        graded.send()
        graded.deliver()
        ines.post(below(post, "delete"))
        graded.send()
        graded.deliver()
        assert (graded.grade(), graded.state()) == (0, DeliveryState.CONFIRMED)


class TestWhoIsGraded:
    def test_a_trainers_contribution_makes_nothing_ready(self, graded):
        graded.trainer.post("posts", kind="question", title="T", body=TWENTY_WORDS)
        with graded.world.database() as session:
            assert session.scalars(select(ScoreDelivery)).all() == []


def below(page, name: str) -> str:
    """Return the address of something below a post, from the page of that post."""
    return f"posts/{page.path.split('/posts/')[1].split('?')[0].split('/')[0]}/{name}"
