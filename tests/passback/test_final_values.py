"""A value shown as final is frozen with the statement behind it; what is not frozen is not called final."""

import json
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select, update

from lti_tool import clock
from lti_tool.extensions import db
from lti_tool.models import (
    AssessmentFact,
    Community,
    ContributionFact,
    Enrolment,
    Period,
    ScoreStatement,
    User,
)
from lti_tool.services import running_scores, upkeep
from lti_tool.transactions import transaction
from tests.rosters.course import RosterCourse
from tests.support.classroom import ONE_QUESTION, TWENTY_WORDS

A_WEEK_AND_A_DAY = timedelta(days=8)
FINAL, NOT_YET = "c’est la valeur définitive, arrêtée aujourd’hui", "en train d’être arrêtée comme définitive"


@pytest.fixture
def over(classroom):
    """A training of one week, in which Inès asked, closed yesterday; no worker has run since."""
    classroom.switch_on(weeks="1")
    classroom.make_columns()
    classroom.ask("ines")
    classroom.learner("karim")
    pass_a_week(classroom)
    return classroom


def pass_a_week(classroom) -> None:
    with classroom.world.app.app_context(), transaction():
        for table, moments in (
            (Period, ("starts_at", "ends_at")),
            (ContributionFact, ("at",)),
            (AssessmentFact, ("at",)),
        ):
            for row in db.session.scalars(select(table)):
                for moment in moments:
                    setattr(row, moment, getattr(row, moment) - A_WEEK_AND_A_DAY)
        running_scores.mark_column_stale(db.session.scalars(select(Community.id)).one())


def keep_up(classroom) -> None:
    with classroom.world.app.app_context():
        upkeep.keep_up(clock.now, transaction)


def frozen(classroom) -> list[ScoreStatement]:
    with classroom.world.database() as session:
        found = session.scalars(select(ScoreStatement).order_by(ScoreStatement.id)).all()
        session.expunge_all()
        return found


def said(classroom, key="ines") -> str:
    return classroom.learner(key).get("participation").text


def set_by_hand(classroom, value: str) -> None:
    number = classroom.number("ines")
    column = classroom.item().column_id
    form = {"decision": "override", "column": column, "value": value, "reason": "Helped on the phone"}
    assert classroom.trainer.post(f"grading/learners/{number}/decisions", **form).status == 200


class TestAFinalValue:
    def test_is_called_so_only_once_it_is_frozen(self, over):
        assert FINAL not in said(over)
        assert NOT_YET in said(over)
        keep_up(over)
        assert FINAL in said(over)

    def test_is_frozen_with_lines_rules_and_digest(self, over):
        keep_up(over)
        (kept,) = frozen(over)
        assert (kept.member_id, kept.score, kept.sent, kept.comment) == (
            over.number("ines"),
            ONE_QUESTION,
            False,
            None,
        )
        assert kept.record["final"]
        assert len(kept.record["lines"]) == 1
        assert kept.digest == kept.record["digest"]

    def test_is_frozen_once(self, over):
        keep_up(over)
        before = len(frozen(over))
        with over.world.app.app_context(), transaction():
            running_scores.mark_column_stale(db.session.scalars(select(Community.id)).one())
        keep_up(over)
        assert len(frozen(over)) == before

    def test_is_not_frozen_anew_when_the_same_is_sent(self, over):
        over.send()
        over.deliver()
        keep_up(over)
        (kept,) = frozen(over)
        assert kept.sent
        assert FINAL in said(over)

    def test_is_frozen_anew_when_a_decision_changes_it(self, over):
        keep_up(over)
        set_by_hand(over, "12")
        assert FINAL not in said(over)
        keep_up(over)
        assert [kept.score for kept in frozen(over)] == [ONE_QUESTION, Decimal("12.00")]
        assert FINAL in said(over)

    def test_does_not_exist_of_those_who_never_came_nor_of_staff(self, over):
        keep_up(over)
        assert {kept.member_id for kept in frozen(over)} == {over.number("ines")}
        assert FINAL not in said(over, "karim")
        assert NOT_YET not in said(over, "karim")

    @pytest.mark.parametrize("by", ["launch", "roster"])
    def test_comes_to_be_when_somebody_is_in_the_course_again(self, over, by):
        """They were not when the last week closed: a list had left them out."""
        with over.world.app.app_context(), transaction():
            ines = select(User.id).where(User.sub == "u-ines").scalar_subquery()
            db.session.execute(update(Enrolment).where(Enrolment.user_id == ines).values(active=False))
        keep_up(over)
        assert frozen(over) == []
        if by == "launch":
            over.world.enter("ines")
        else:
            RosterCourse(over.world).ask_and_read()
        keep_up(over)
        assert [kept.score for kept in frozen(over)] == [ONE_QUESTION]
        assert FINAL in said(over)

    def test_does_not_exist_while_a_week_runs(self, graded):
        graded.ask("ines")
        keep_up(graded)
        assert frozen(graded) == []

    def test_stays_while_staff_set_and_withdraw_prompts_after_the_end(self, over):
        """A prompt is among the facts of everybody: it changes what is known of them, not what is final."""
        keep_up(over)
        assert over.trainer.post("prompts", title="Tell", body="What did you try since?").status == 200
        keep_up(over)
        assert FINAL in said(over)
        assert over.trainer.post("prompts/1/withdraw").status == 200
        assert FINAL in said(over)
        assert len(frozen(over)) == 1

    def test_is_frozen_anew_when_what_it_is_made_of_changes_and_the_score_does_not(self, over):
        """Those lines are shown beside it: a reply that came too late, with the reason."""
        keep_up(over)
        over.learner("ines").post("posts/1/comments", body=TWENTY_WORDS)
        assert FINAL not in said(over)
        keep_up(over)
        assert [(kept.score, len(kept.record["lines"])) for kept in frozen(over)] == [
            (ONE_QUESTION, 1),
            (ONE_QUESTION, 2),
        ]
        assert FINAL in said(over)

    def test_is_in_the_evidence_as_not_sent(self, over):
        keep_up(over)
        found = json.loads(over.trainer.get("grading/evidence.json").html)
        (statement,) = found["members"][0]["statements"]
        assert (statement["score"], statement["sent"]) == ("5.00", False)
