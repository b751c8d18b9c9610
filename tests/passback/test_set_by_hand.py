"""A score that a trainer set by hand: sent as it is, shown as such, taken back."""

from datetime import timedelta

from lti_tool.models import DeliveryState, GradeColumn, GradeDecision, ScoreStatement
from tests.support.classroom import ONE_QUESTION
from tests.support.world import FRENCH


def decide(graded, decision, key="ines", **fields):
    number = graded.number(key)
    fields |= {"column": graded.item().column_id, "decision": decision, "reason": "On site in week 1"}
    return graded.trainer.post(f"grading/learners/{number}/decisions", **fields)


class TestAScoreSetByHand:
    def test_is_what_the_lms_gets_and_names_its_decision(self, graded):
        graded.ask()
        assert decide(graded, "override", value="15.5").status == 200
        graded.send()
        graded.deliver()
        assert (graded.state(), float(graded.grade())) == (DeliveryState.CONFIRMED, 15.5)
        with graded.world.database() as session:
            frozen = session.query(ScoreStatement).one()
            assert frozen.decision_id == session.query(GradeDecision.id).scalar()
            assert "formateur" in frozen.comment or "trainer" in frozen.comment

    def test_is_what_the_learner_sees(self, graded):
        graded.ask()
        decide(graded, "override", value="15.5")
        for below in ("", "participation"):
            page = graded.learner("ines").get(below)
            assert "15,5" in page.text or "15.5" in page.text
        assert "On site in week 1" in graded.learner("ines").get("participation").text

    def test_stands_for_somebody_who_never_came(self, graded):
        graded.number("karim")
        decide(graded, "override", key="karim", value="8")
        graded.send("karim")
        graded.deliver()
        assert float(graded.grade("karim")) == 8

    def test_what_is_written_afterwards_does_not_change_it(self, graded):
        decide(graded, "override", value="15.5")
        graded.send()
        graded.deliver()
        graded.ask(about="more")
        graded.send()
        graded.deliver_until_settled(after=timedelta(seconds=5))
        assert float(graded.grade()) == 15.5

    def test_can_be_taken_back(self, graded):
        graded.ask()
        decide(graded, "override", value="15.5")
        graded.send()
        graded.deliver()
        decide(graded, "reset")
        graded.send()
        graded.deliver_until_settled(after=timedelta(seconds=5))
        assert graded.grade() == ONE_QUESTION


class TestAnotherColumn:
    def test_is_decided_about_on_a_page_of_its_own(self, graded):
        graded.trainer.post("grading/columns", measures="assessment", name="Alone", maximum="10")
        graded.make_columns()
        with graded.world.database() as session:
            second = session.query(GradeColumn).filter_by(name="Alone").one().id
        number = graded.number("ines")
        page = graded.trainer.get(f"grading/learners/{number}", column=second)
        assert page.soup.select_one(f"input[name=column][value='{second}']") is not None
        fields = {"column": second, "decision": "override", "value": "7", "reason": "Seen at work"}
        assert graded.trainer.post(f"grading/learners/{number}/decisions", **fields).status == 200
        graded.trainer.post("grading/send", everyone="1", column=str(second))
        graded.deliver()
        (alone,) = [item for item in graded.lms.lineitems(FRENCH) if item.label == "Alone"]
        assert graded.lms.score_of(FRENCH, "u-ines", alone.id) == 7


class TestFeedback:
    def test_goes_along_only_when_it_was_chosen(self, graded):
        graded.ask()
        address = f"grading/learners/{graded.number('ines')}/feedback"
        words = {"column": graded.item().column_id, "body": "Well observed."}
        graded.trainer.post(address, **words)
        graded.send()
        graded.deliver()
        with graded.world.database() as session:
            assert "Well observed." not in session.query(ScoreStatement).one().comment
        graded.trainer.post(address, **words, to_lms="1")
        graded.send("ines")
        graded.deliver_until_settled(after=timedelta(seconds=5))
        with graded.world.database() as session:
            latest = session.query(ScoreStatement).order_by(ScoreStatement.id.desc()).first()
            assert "Well observed." in latest.comment
