"""Many contributions marked by one act: what is offered, what is noted, what is left to others, undoing."""

from datetime import timedelta
from fractions import Fraction

import pytest
from sqlalchemy import select

from demo_lms.people import INSTRUCTOR
from lti_tool import clock
from lti_tool.extensions import db
from lti_tool.models import AuditEntry, ContributionFact, DeliveryState, Post, Role
from lti_tool.services import assessment, marking, to_mark
from lti_tool.services.marking import Choice, Outcome
from lti_tool.services.to_mark import KINDS, Asked
from lti_tool.transactions import transaction
from tests.functional.desk import Desk
from tests.functional.filling import fill
from tests.functional.space import id_of
from tests.support.classroom import Classroom
from tests.support.statements import counted
from tests.support.world import ENGLISH, FRENCH

pytestmark = pytest.mark.slow_on_postgresql

HALF = Fraction(1, 2)


@pytest.fixture
def desk(world):
    return Desk(Classroom(world))


@pytest.fixture
def three(desk) -> list[str]:
    """Two questions by Inès and one by Hugo."""
    return [f"post:{id_of(desk.classroom.ask(key, about=key + n))}" for key, n in WRITTEN]


WRITTEN = (("ines", "1"), ("ines", "2"), ("hugo", "1"))


def marks(desk) -> list[tuple]:
    """Every mark ever given: subject, quality, reason."""
    with desk.classroom.world.database() as session:
        found = session.scalars(
            select(ContributionFact).where(ContributionFact.act == "marked").order_by(ContributionFact.id)
        )
        return [
            (
                f"comment:{one.comment_id}" if one.comment_id else f"post:{one.post_id}",
                one.quality,
                one.reason,
            )
            for one in found
        ]


def several(desk, subjects, quality, reason=None, now=None, shown=None) -> Outcome:
    choices = [Choice(subject, shown) for subject in subjects]
    return desk.do(marking.mark_several, choices, quality, reason, now or clock.now())


def send(desk, below="grading/to-mark", **fields):
    return desk.classroom.trainer.post(below, **fields)


def picked(page) -> list[str]:
    return [box["value"] for box in page.soup.select("input[name=pick][checked]")]


def offered(page) -> list[str]:
    return [box["value"].partition("=")[0] for box in page.soup.select("input[name=pick]")]


class TestMarkingSeveral:
    def test_is_one_act_with_a_fact_for_each_that_changes(self, desk, three):
        desk.do(assessment.mark, three[0], HALF, "Read twice", clock.now())
        page = send(
            desk, pick=[f"{three[0]}=1/2", f"{three[1]}=", f"{three[2]}="], mark="1/2", reason="Short"
        )
        assert "2 contributions marked." in page.text
        assert marks(desk) == [
            (three[0], "1/2", "Read twice"),
            (three[1], "1/2", "Short"),
            (three[2], "1/2", "Short"),
        ]
        assert desk.statement(clock.now()).points == 10
        assert desk.classroom.state("hugo") is DeliveryState.READY
        with desk.classroom.world.database() as session:
            noted = session.scalars(select(AuditEntry.detail).where(AuditEntry.act == "grade.marked-several"))
            assert [[one[0] for one in detail["marks"]] for detail in noted] == [three[1:]]

    def test_takes_all_that_is_shown_without_a_script(self, desk, three):
        send(desk, shown=[f"{one}=" for one in three], all="1", mark="0")
        assert [subject for subject, quality, _ in marks(desk) if quality == "0"] == three

    def test_says_when_there_is_nothing_to_change(self, desk, three):
        several(desk, three, Fraction(1))
        before = desk.rows(ContributionFact)
        page = send(desk, pick=[f"{three[0]}=1"], mark="1", reason="Another")
        assert "Nothing to change" in page.text
        assert page.soup.select_one("form[action*=undo]") is None
        assert desk.rows(ContributionFact) == before

    def test_leaves_what_somebody_marked_meanwhile(self, desk, three):
        desk.classroom.world.enter("marc")
        desk.do(assessment.mark, three[0], Fraction(0), "Mine", clock.now(), who="marc", role=Role.TRAINER)
        page = send(desk, pick=[f"{three[0]}=", f"{three[1]}="], mark="5/4")
        assert "1 contribution was marked otherwise meanwhile" in page.text
        assert marks(desk) == [(three[0], "0", "Mine"), (three[1], "5/4", None)]

    def test_leaves_what_is_gone_and_who_is_no_longer_graded(self, desk, three):
        desk.classroom.learner("ines").post(f"posts/{three[0].removeprefix('post:')}/delete")
        desk.classroom.lms.enrol("hugo", FRENCH, INSTRUCTOR)
        desk.classroom.world.enter("hugo")
        page = send(desk, pick=[f"{one}=" for one in [*three, "post:999", "comment:5"]], mark="0")
        assert "4 contributions are no longer there to be marked." in page.text
        assert [subject for subject, _, _ in marks(desk)] == [three[1]]

    def test_reaches_nothing_of_another_community(self, desk, three):
        there = desk.classroom.world.enter("grace", ENGLISH)
        elsewhere = id_of(there.post("posts", kind="question", title="Elsewhere", body="Words of theirs"))
        assert len(desk.rows(ContributionFact)) == len(three) + 1
        assert f"post:{elsewhere}" not in offered(desk.classroom.trainer.get("grading/to-mark"))
        page = send(desk, pick=[f"post:{elsewhere}=", f"{three[0]}="], mark="0")
        assert "1 contribution is no longer there to be marked." in page.text
        assert [subject for subject, _, _ in marks(desk)] == [three[0]]

    @pytest.mark.parametrize(
        "fields",
        [{"mark": "0"}, {"pick": []}, {"mark": "3/4"}, {"mark": "x"}, {"pick": "post:1"}, {"pick": "x=1/0"}],
        ids=str,
    )
    def test_keeps_what_was_chosen_where_something_is_missing_or_wrong(self, desk, three, fields):
        chosen = [f"{three[0]}=", f"{three[2]}="]
        told = ({"pick": chosen} if "mark" in fields and len(fields) == 1 else {"mark": "0"}) | fields
        if fields == {"mark": "0"}:
            told = {"mark": "0"}
        page = send(desk, **told, reason="What I typed")
        assert page.status == 422
        assert page.soup.select_one("#several-reason")["value"] == "What I typed"
        assert picked(page) == [one for one in told.get("pick", []) if one in chosen][::-1]
        assert marks(desk) == []

    def test_on_the_page_of_a_learner_takes_marks_back_too(self, desk, three):
        several(desk, three, HALF)
        below = f"grading/learners/{desk.ines}/marks/several"
        page = send(desk, below, pick=[f"{three[0]}=1/2", f"{three[1]}=1/2"], mark="")
        assert "2 contributions marked." in page.text
        assert desk.statement(clock.now()).points == 20
        assert send(desk, below, mark="0").status == 422

    def test_costs_as_many_statements_for_many_as_for_few(self, desk):
        fill(desk.classroom.world, members=30, posts=130, comments=1)
        with desk.classroom.world.database() as session:
            subjects = [f"post:{number}" for number in session.scalars(select(Post.id).order_by(Post.id))]

        def cost(some) -> int:
            with desk.classroom.world.app.app_context(), counted() as sent:
                assert several(desk, some, HALF).changed == len(some)
            return len(sent)

        assert cost(subjects[:3]) == cost(subjects[3:123])


class TestUndoing:
    def test_puts_back_what_stood_before_with_its_reason(self, desk, three):
        desk.do(assessment.mark, three[0], Fraction(5, 4), "Very clear", clock.now())
        chosen = [f"{three[0]}=5/4", f"{three[1]}="]
        page = send(desk, pick=chosen, mark="0", reason="Wrong click")
        at = page.soup.select_one("form[action*=undo] input[name=at]")["value"]
        before = desk.rows(ContributionFact)
        page = send(desk, "grading/to-mark/undo", at=at)
        assert "2 contributions have the marks that they had before." in page.text
        assert marks(desk)[-2:] == [(three[0], "5/4", "Very clear"), (three[1], None, None)]
        assert desk.rows(ContributionFact)[: len(before)] == before

    def test_leaves_what_was_marked_since_and_what_is_gone(self, desk, three):
        at = clock.now()
        several(desk, three, Fraction(0), now=at)
        desk.do(assessment.mark, three[0], HALF, None, at + timedelta(seconds=1))
        desk.classroom.learner("hugo").post(f"posts/{three[2].removeprefix('post:')}/delete")
        done = desk.do(marking.undo, at, at + timedelta(seconds=2))
        assert done == Outcome(changed=1, kept=1, gone=1)
        assert marks(desk)[-1] == (three[1], None, None)

    def test_is_of_one_s_own_acts_alone(self, desk, three):
        desk.classroom.world.enter("marc")
        at = clock.now()
        several(desk, three, Fraction(0), now=at)
        done = desk.do(marking.undo, at, clock.now(), who="marc", role=Role.TRAINER)
        assert done == Outcome(0, 0, 0)

    def test_goes_back_to_the_page_of_the_learner(self, desk, three):
        below = f"grading/learners/{desk.ines}/marks"
        page = send(desk, f"{below}/several", pick=[f"{three[0]}="], mark="0")
        at = page.soup.select_one("#marked input[name=at]")["value"]
        page = send(desk, f"{below}/undo", at=at)
        assert "1 contribution has the mark that it had before." in page.text
        assert page.soup.select_one("#rubric")


class TestTheList:
    def page(self, desk, **asked):
        return desk.classroom.trainer.get("grading/to-mark", **asked)

    def found(self, desk, **asked) -> list[str]:
        return [one.subject for one in desk.do(to_mark.to_mark, Asked(**asked), clock.now()).contributions]

    def test_holds_what_learners_wrote_and_nobody_marked(self, desk, three):
        desk.classroom.trainer.post("posts", kind="question", title="Mine", body="Words")
        reply = desk.classroom.learner("hugo").post(
            f"posts/{three[0].removeprefix('post:')}/comments", body="So"
        )
        comment = reply.soup.select_one("article[id^=comment-]")["id"].replace("-", ":")
        several(desk, [three[1]], HALF)
        page = self.page(desk)
        assert offered(page) == [comment, three[2], three[0]]
        assert "3 contributions without a mark" in page.text
        assert "Inès" in page.soup.select_one(".answers").text
        several(desk, [three[1]], None, shown=HALF)
        assert three[1] in offered(self.page(desk))

    def test_holds_nothing_that_was_deleted_or_hidden(self, desk, three):
        desk.classroom.learner("ines").post(f"posts/{three[0].removeprefix('post:')}/delete")
        self.moderate(desk, three[1], "hidden")
        assert self.found(desk) == [three[2]]
        assert several(desk, three[1:2], HALF) == Outcome(0, 0, 1)
        self.moderate(desk, three[1], "restored")
        assert self.found(desk) == [three[2], three[1]]

    def moderate(self, desk, subject: str, act: str) -> None:
        with desk.classroom.world.app.app_context(), transaction():
            number = int(subject.removeprefix("post:"))
            written = db.session.scalars(
                select(ContributionFact).where(ContributionFact.post_id == number)
            ).first()
            claire = desk.classroom.number("claire")
            shared = {
                "community_id": written.community_id,
                "member_id": written.member_id,
                "kind": written.kind,
            }
            db.session.add(
                ContributionFact(**shared, actor_id=claire, act=act, post_id=number, at=clock.now())
            )

    def test_is_narrowed_to_a_week_a_kind_a_prompt_or_learners(self, desk, three):
        desk.classroom.trainer.post("prompts", title="Tell", body="Do this.")
        answer = desk.classroom.learner("hugo").post(
            "posts", kind="discussion", title="Done", body="I did it.", prompt="1"
        )
        hugo = desk.classroom.number("hugo")
        answered = f"post:{id_of(answer)}"
        assert self.found(desk, prompt=1) == [answered]
        assert self.found(desk, members=(hugo,)) == [answered, three[2]]
        assert self.found(desk, members=(hugo,), prompt=2) == []
        assert self.found(desk, members=(999,)) == []
        assert len(self.found(desk, week=1)) == 4
        assert self.found(desk, week=2) == self.found(desk, week=9) == []
        assert self.found(desk, kind=KINDS[1]) == []
        page = self.page(desk, member=hugo, prompt="x", kind="nothing", week="-1", before="far")
        assert offered(page) == [answered, three[2]]
        assert "Hugo" in page.text

    def test_is_what_those_wrote_who_were_selected_in_the_table(self, desk, three):
        hugo = str(desk.classroom.number("hugo"))
        page = desk.classroom.trainer.post("grading/to-mark/learners", member=[hugo, "x"], column="1")
        assert offered(page) == [three[2]]
        assert "seat_token" not in page.response.request.url

    def test_goes_on_where_one_was_when_a_page_is_marked(self, desk):
        fill(desk.classroom.world, members=3, posts=50, comments=1)
        first = self.page(desk)
        older = first.soup.select_one("a[rel=next]")["href"]
        second = desk.classroom.trainer.browser.get(older)
        assert not set(offered(first)) & set(offered(second))
        action = second.soup.select_one("#several")["action"]
        shown = [one["value"] for one in second.soup.select("input[name=shown]")]
        form = {"seat_token": second.seat_token, "shown": shown, "all": "1", "mark": "1"}
        third = desk.classroom.trainer.browser.post(action, form)
        assert "20 contributions marked." in third.text
        assert len(offered(third)) == 10
        assert offered(self.page(desk)) == offered(first)

    def test_says_that_there_is_nothing_and_what_to_do(self, desk):
        assert "Everything has its mark" in self.page(desk).text
        assert "Nothing of this is left to mark" in self.page(desk, week=1).text

    def test_costs_as_many_statements_for_many_as_for_few(self, desk, three):
        def cost() -> int:
            with desk.classroom.world.app.app_context(), counted() as sent:
                assert self.page(desk).status == 200
            assert all(one.lstrip().startswith(("SELECT", "WITH")) for one in sent)
            return len(sent)

        few = cost()
        fill(desk.classroom.world, members=40, posts=60, comments=10)
        # Who asks, the rules, who is graded, the page, its words, the titles of prompts; then what every page
        # shows beside it: the week, and what waits for a reply.
        assert cost() == few == 8
