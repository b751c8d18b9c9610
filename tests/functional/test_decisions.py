"""What trainers decide about scores: in force is the latest, rows are never changed, nothing is sent."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from lti_tool import clock
from lti_tool.errors import NotAllowed, NotFound
from lti_tool.models import AuditEntry, DeliveryState, Feedback, GradeDecision, Role
from lti_tool.services import decisions, feedback
from lti_tool.services.decisions import DecisionsInForce, decisions_in_force
from lti_tool.services.graded import InputRefused
from tests.functional.desk import Desk
from tests.support.classroom import Classroom
from tests.support.statements import counted
from tests.support.world import ENGLISH

pytestmark = pytest.mark.slow_on_postgresql

EVERY_ACT = (
    decisions.reset,
    decisions.decide_zero,
    decisions.withdraw_zero,
    decisions.waive_assessment,
    decisions.require_assessment,
)


@pytest.fixture
def desk(world):
    return Desk(Classroom(world))


def audited(desk) -> list[str]:
    with desk.classroom.world.database() as session:
        wanted = select(AuditEntry.act).where(AuditEntry.act.startswith("grade.")).order_by(AuditEntry.id)
        return list(session.scalars(wanted))


def in_force(desk) -> DecisionsInForce:
    return desk.ask(decisions_in_force, desk.column, [desk.ines])[desk.ines]


def override(desk, value: str, reason: str = "Oral examination", **how) -> None:
    now = clock.now()
    desk.do(decisions.override, desk.column, desk.ines, Decimal(value), reason, now, **how)


class TestAnOverride:
    def test_stands_with_its_value_and_reason(self, desk):
        override(desk, "12.50")
        found = in_force(desk).override
        assert (found.value, found.reason) == (Decimal("12.50"), "Oral examination")
        assert audited(desk) == ["grade.override"]

    @pytest.mark.parametrize("value", ["0", "20", "19.99"])
    def test_reaches_from_nothing_to_the_maximum(self, desk, value):
        override(desk, value)
        assert in_force(desk).override.value == Decimal(value)

    @pytest.mark.parametrize("value", ["-0.01", "20.01", "1.001", "NaN", "Infinity", "1E+9"])
    def test_takes_no_other_number(self, desk, value):
        with pytest.raises(InputRefused) as refusal:
            override(desk, value)
        assert list(refusal.value.messages) == ["value"]
        assert desk.rows(GradeDecision) == []

    @pytest.mark.parametrize("reason", ["", "   ", "x" * 1001])
    def test_needs_a_reason_of_reasonable_length(self, desk, reason):
        with pytest.raises(InputRefused) as refusal:
            override(desk, "5", reason)
        assert list(refusal.value.messages) == ["reason"]

    def test_is_followed_never_changed(self, desk):
        override(desk, "5")
        first = desk.rows(GradeDecision)
        override(desk, "6")
        desk.do(decisions.reset, desk.column, desk.ines, "A mistake", clock.now())
        assert desk.rows(GradeDecision)[:1] == first
        assert len(desk.rows(GradeDecision)) == 3
        assert in_force(desk).override is None

    def test_sent_twice_is_one(self, desk):
        override(desk, "5")
        override(desk, "5.00")
        assert len(desk.rows(GradeDecision)) == 1
        assert audited(desk) == ["grade.override"]

    def test_with_another_reason_is_another_one(self, desk):
        override(desk, "5")
        override(desk, "5", "Written examination")
        assert in_force(desk).override.reason == "Written examination"

    def test_is_noted_for_the_gradebook_and_not_sent(self, desk):
        override(desk, "5")
        assert desk.classroom.state("ines") is DeliveryState.READY
        assert desk.classroom.grade("ines") is None


class TestTheOtherDecisions:
    def test_a_zero_and_its_opposite(self, desk):
        desk.do(decisions.decide_zero, desk.column, desk.ines, "Never came", clock.now())
        assert in_force(desk) == DecisionsInForce(zero=True)
        desk.do(decisions.withdraw_zero, desk.column, desk.ines, "Was ill", clock.now())
        assert in_force(desk) == DecisionsInForce()

    def test_going_without_the_assessment_and_its_opposite(self, desk):
        desk.do(decisions.waive_assessment, desk.column, desk.ines, "Too late", clock.now())
        assert in_force(desk) == DecisionsInForce(without_assessment=True)
        desk.do(decisions.require_assessment, desk.column, desk.ines, "There is time", clock.now())
        assert in_force(desk) == DecisionsInForce()

    @pytest.mark.parametrize("act", [decisions.reset, decisions.withdraw_zero, decisions.require_assessment])
    def test_what_undoes_nothing_leaves_no_trace(self, desk, act):
        desk.do(act, desk.column, desk.ines, "Whatever", clock.now())
        assert desk.rows(GradeDecision) == []
        assert audited(desk) == []

    def test_stand_beside_each_other(self, desk):
        override(desk, "5")
        desk.do(decisions.waive_assessment, desk.column, desk.ines, "Too late", clock.now())
        found = in_force(desk)
        assert (found.override.value, found.without_assessment) == (Decimal("5"), True)


class TestWhoDecidesAboutWhom:
    @pytest.mark.parametrize("act", EVERY_ACT)
    @pytest.mark.parametrize("role", set(Role) - {Role.TRAINER}, ids=str)
    def test_trainers_only(self, desk, act, role):
        with pytest.raises(NotAllowed):
            desk.do(act, desk.column, desk.ines, "Because", clock.now(), role=role)

    @pytest.mark.parametrize("act", EVERY_ACT)
    def test_only_graded_members_and_columns_of_this_community(self, desk, act):
        desk.classroom.pages["grace"] = desk.classroom.world.enter("grace", ENGLISH)
        claire, grace = desk.classroom.number("claire"), desk.classroom.number("grace")
        for column, member in (
            (desk.column, claire),
            (desk.column, grace),
            (desk.column, 999),
            (desk.column + 1, desk.ines),
        ):
            with pytest.raises(NotFound):
                desk.do(act, column, member, "Because", clock.now())
        with pytest.raises(NotFound):
            desk.do(act, desk.column, desk.ines, "Because", clock.now(), who="grace", role=Role.TRAINER)


class TestReadingThem:
    def test_takes_one_statement_and_knows_everybody(self, desk):
        override(desk, "5")
        others = [desk.classroom.number(key) for key in ("hugo", "lea")]
        with desk.classroom.world.app.app_context(), counted() as sent:
            found = decisions_in_force(desk.column, [desk.ines, *others])
        assert len(sent) == 1
        assert set(found) == {desk.ines, *others}
        assert found[others[0]] == DecisionsInForce()


class TestFeedback:
    def write(self, desk, body: str, to_lms: bool = False, **how) -> None:
        desk.do(feedback.write_feedback, desk.column, desk.ines, body, to_lms, clock.now(), **how)

    def stands(self, desk):
        return desk.ask(feedback.feedback_in_force, desk.column, [desk.ines]).get(desk.ines)

    def test_stands_until_other_words_follow(self, desk):
        self.write(desk, "Well done.")
        first = desk.rows(Feedback)
        self.write(desk, "Well done, and on time.", True)
        found = self.stands(desk)
        assert (found.body, found.to_lms) == ("Well done, and on time.", True)
        assert desk.rows(Feedback)[:1] == first
        assert audited(desk) == ["grade.feedback", "grade.feedback"]

    def test_sent_twice_is_one(self, desk):
        self.write(desk, "Well done.")
        self.write(desk, " Well done. ")
        assert len(desk.rows(Feedback)) == 1

    def test_nothing_takes_it_back(self, desk):
        self.write(desk, "")
        assert desk.rows(Feedback) == []
        self.write(desk, "Well done.", True)
        self.write(desk, "  ", True)
        assert self.stands(desk) is None
        assert len(desk.rows(Feedback)) == 2

    def test_has_a_length(self, desk):
        self.write(desk, "é" * 2000)
        with pytest.raises(InputRefused):
            self.write(desk, "é" * 2001)

    def test_concerns_the_gradebook_only_when_it_goes_there(self, desk):
        self.write(desk, "Between us.")
        assert desk.classroom.cells() == 0
        self.write(desk, "For everybody.", True)
        assert desk.classroom.state("ines") is DeliveryState.READY

    def test_is_a_trainer_s_about_learners_here(self, desk):
        with pytest.raises(NotAllowed):
            self.write(desk, "Me too.", who="ines")
        for column, member in ((desk.column + 1, desk.ines), (desk.column, 999)):
            with pytest.raises(NotFound):
                desk.do(feedback.write_feedback, column, member, "Lost.", False, clock.now())


def test_nothing_is_decided_in_the_future_of_the_clock(desk):
    """Decisions carry the moment that they are given."""
    before = clock.now() - timedelta(days=1)
    desk.do(decisions.override, desk.column, desk.ines, Decimal("5"), "Oral", before)
    with desk.classroom.world.database() as session:
        assert session.scalar(select(func.max(GradeDecision.decided_at))) == before
