"""The trainer's page of one learner: every act from its form to the statement, and what the learner reads."""

from fractions import Fraction

import pytest
from sqlalchemy import select, update

from lti_tool import clock
from lti_tool.errors import NotAllowed, NotFound
from lti_tool.extensions import db
from lti_tool.grading.policy import Part
from lti_tool.models import (
    AssessmentFact,
    ContributionFact,
    DeliveryState,
    Feedback,
    GradeDecision,
    GradingPolicy,
    Role,
)
from lti_tool.services import assessment, rules
from lti_tool.services.graded import InputRefused
from lti_tool.transactions import transaction
from tests.functional.desk import Desk
from tests.functional.filling import fill
from tests.functional.space import id_of
from tests.support.classroom import Classroom
from tests.support.statements import counted
from tests.support.world import ENGLISH

pytestmark = [pytest.mark.long, pytest.mark.slow_on_postgresql]

LEVELS = {"relevance": 4, "substance": 3, "care": 2, "progress": 1}
SENT_LEVELS = {f"level-{key}": str(level) for key, level in LEVELS.items()}
PAGE = 16  # the last of them are the numbers of the navigation


@pytest.fixture
def desk(world):
    return Desk(Classroom(world))


@pytest.fixture
def question(desk) -> str:
    """The subject of a question by Inès that counts 10 points."""
    return f"post:{id_of(desk.classroom.ask())}"


class Learner:
    """The trainer's page of Inès."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.below = f"grading/learners/{desk.ines}"

    def page(self):
        return self.desk.classroom.trainer.get(self.below)

    def send(self, form: str, **fields):
        return self.desk.classroom.trainer.post(f"{self.below}/{form}", **fields)


@pytest.fixture
def learner(desk):
    return Learner(desk)


def score(desk):
    return desk.statement(clock.now())


def weigh_the_rubric(desk) -> None:
    """Let the rules in force weigh activity and the rubric alike."""
    with desk.classroom.world.app.app_context(), transaction():
        settings = db.session.scalars(select(GradingPolicy.settings)).one()
        weighed = settings | {"weights": {"activity": 50, "assessment": 50}}
        db.session.execute(update(GradingPolicy).values(settings=weighed))


class TestAMark:
    @pytest.mark.parametrize(("mark", "points"), [("0", 0), ("1/2", 5), ("1", 10), ("5/4", Fraction(25, 2))])
    def test_changes_what_a_contribution_brings(self, desk, learner, question, mark, points):
        page = learner.send("marks", subject=question, mark=mark, reason="Read twice")
        assert page.status == 200
        assert score(desk).points == points
        assert "Read twice" in page.text
        assert desk.classroom.state("ines") is DeliveryState.READY

    def test_returns_to_its_place(self, desk, learner, question):
        answer = desk.classroom.trainer.post(
            f"{learner.below}/marks", follow=False, subject=question, mark="0"
        )
        assert answer.status == 303
        assert answer.response.location.endswith("#" + question.replace(":", "-"))

    def test_is_taken_back_by_none(self, desk, learner, question):
        learner.send("marks", subject=question, mark="0")
        learner.send("marks", subject=question, mark="")
        assert score(desk).points == 10
        rows = desk.rows(ContributionFact)
        assert len(rows) == 3

    def test_sent_twice_is_one_and_rows_stay_as_they_are(self, desk, learner, question):
        learner.send("marks", subject=question, mark="1/2")
        before = desk.rows(ContributionFact)
        learner.send("marks", subject=question, mark="1/2")
        assert desk.rows(ContributionFact) == before
        learner.send("marks", subject=question, mark="1")
        assert desk.rows(ContributionFact)[: len(before)] == before

    def test_of_none_where_there_is_none_leaves_no_trace(self, desk, learner, question):
        before = desk.rows(ContributionFact)
        learner.send("marks", subject=question, mark="")
        assert desk.rows(ContributionFact) == before

    def test_of_a_reply(self, desk, learner):
        thread = desk.classroom.ask("hugo")
        words = " ".join(f"reply{number}" for number in range(20))
        reply = desk.classroom.learner("ines").post(f"posts/{id_of(thread)}/comments", body=words)
        comment = reply.soup.select_one("article[id^=comment-]")["id"].removeprefix("comment-")
        learner.send("marks", subject=f"comment:{comment}", mark="5/4")
        assert score(desk).points == 10

    @pytest.mark.parametrize("mark", ["3/4", "2", "x", "1/0", "-1", "1e9"])
    def test_that_the_rules_do_not_know_is_refused_and_its_reason_kept(self, desk, learner, question, mark):
        page = learner.send("marks", subject=question, mark=mark, reason="What I typed")
        assert page.status == 422
        assert page.soup.select_one(f"#{question.replace(':', '-')}-reason")["value"] == "What I typed"
        assert score(desk).points == 10

    def test_has_a_reason_of_reasonable_length(self, desk, learner, question):
        page = learner.send("marks", subject=question, mark="0", reason="x" * 1001)
        assert page.status == 422
        assert page.soup.select_one('input[name=mark][value="0"]').has_attr("checked")

    def test_finds_nothing_but_contributions_of_learners_here(self, desk, learner, question):
        claire = desk.classroom.trainer.post("posts", kind="question", title="Mine", body="Words")
        elsewhere = desk.classroom.world.enter("grace", ENGLISH)
        foreign = elsewhere.post("posts", kind="question", title="There", body="Words")
        for subject in (
            f"post:{id_of(claire)}",
            f"post:{id_of(foreign)}",
            "post:999",
            "comment:1",
            "post:0",
            "part:help",
            "",
        ):
            assert learner.send("marks", subject=subject, mark="0").status == 404, subject

    def test_of_what_was_deleted_is_not_given(self, desk, learner, question):
        desk.classroom.learner("ines").post(f"posts/{question.removeprefix('post:')}/delete")
        assert learner.send("marks", subject=question, mark="0").status == 404
        assert learner.page().soup.select_one(".mark-form") is None


class TestTheRubric:
    def test_is_a_part_of_the_score_where_the_rules_weigh_it(self, desk, learner):
        weigh_the_rubric(desk)
        assert Part.ASSESSMENT not in score(desk).parts
        assert learner.send("rubric", **SENT_LEVELS).status == 200
        assert score(desk).parts[Part.ASSESSMENT] == Fraction(10, 16)
        learner.send("rubric", **(SENT_LEVELS | {"level-progress": "4"}))
        assert score(desk).parts[Part.ASSESSMENT] == Fraction(13, 16)

    def test_is_taken_back(self, desk, learner):
        weigh_the_rubric(desk)
        learner.send("rubric", **SENT_LEVELS)
        before = desk.rows(AssessmentFact)
        learner.send("rubric", take_back="1")
        assert Part.ASSESSMENT not in score(desk).parts
        assert desk.rows(AssessmentFact)[:1] == before

    def test_sent_twice_is_one(self, desk, learner):
        learner.send("rubric", **SENT_LEVELS)
        learner.send("rubric", **SENT_LEVELS)
        assert len(desk.rows(AssessmentFact)) == 1

    @pytest.mark.parametrize("wrong", ["", "5", "-1", "x", "²"])
    def test_needs_a_level_for_each_criterion_and_keeps_the_others(self, desk, learner, wrong):
        page = learner.send("rubric", **(SENT_LEVELS | {"level-care": wrong}))
        assert page.status == 422
        kept = page.soup.select_one("input[name=level-relevance][checked]")
        assert kept["value"] == "4"
        assert desk.rows(AssessmentFact) == []


class TestAnExcuse:
    def test_takes_a_week_out_of_the_score(self, desk, learner, question):
        assert learner.send("excuses", act="excuse", period=["1", "2"], reason="Ill").status == 200
        found = score(desk)
        assert found.periods[0].excused
        assert found.points == 0
        assert "Ill" in learner.page().text

    def test_is_taken_back(self, desk, learner, question):
        learner.send("excuses", act="excuse", period="1", reason="Ill")
        before = desk.rows(AssessmentFact)
        learner.send("excuses", act="expect", period="1")
        assert score(desk).points == 10
        assert desk.rows(AssessmentFact)[:1] == before

    def test_sent_twice_is_one(self, desk, learner):
        for _ in range(2):
            learner.send("excuses", act="excuse", period="1", reason="Ill")
        assert len(desk.rows(AssessmentFact)) == 1

    def test_lowers_the_target(self, desk):
        """Two weeks over, one of them excused: half is asked for."""
        now = clock.now()
        after_two = desk.ask(rules.in_force, 1).periods[1].ends_at
        assert desk.statement(after_two).target == 80
        desk.do(assessment.excuse, [desk.ines], [2], "Ill", now)
        assert desk.statement(after_two).target == 40

    def test_without_a_reason_is_refused_and_keeps_its_weeks(self, desk, learner):
        page = learner.send("excuses", act="excuse", period=["1", "3"], reason=" ")
        assert page.status == 422
        kept = [box["value"] for box in page.soup.select("input[name=period][checked]")]
        assert kept == ["1", "3"]
        assert desk.rows(AssessmentFact) == []

    @pytest.mark.parametrize("fields", [{"act": "excuse"}, {"act": "x", "period": "1"}, {"period": "1"}])
    def test_needs_weeks_and_an_act(self, learner, fields):
        assert learner.send("excuses", reason="Ill", **fields).status == 422

    def test_of_a_week_that_does_not_exist_is_not_found(self, learner):
        assert learner.send("excuses", act="excuse", period="9", reason="Ill").status == 404

    def test_of_several_learners_at_once_or_of_none(self, desk):
        hugo, now = desk.classroom.number("hugo"), clock.now()
        desk.do(assessment.excuse, [desk.ines, hugo], [1, 2], "Strike", now)
        assert len(desk.rows(AssessmentFact)) == 4
        for named in ([desk.ines, 999], []):
            with pytest.raises(NotFound):
                desk.do(assessment.excuse, named, [3], "Strike", now)
        assert len(desk.rows(AssessmentFact)) == 4


class TestExcusingSeveral:
    def send(self, desk, **fields):
        return desk.classroom.trainer.post(
            "grading/excuses", **({"act": "excuse", "reason": "Strike"} | fields)
        )

    def test_excuses_those_who_are_named_and_asks_again(self, desk):
        hugo = desk.classroom.number("hugo")
        both = [str(desk.ines), str(hugo)]
        page = self.send(desk, member=both, period=["1", "2"])
        assert page.status == 200
        assert page.soup.select_one(f"#learner-{hugo}").text.split() == ["1", "2"]
        self.send(desk, member=both[1], period="2", act="expect")
        page = desk.classroom.trainer.get("grading/excuses")
        assert page.soup.select_one(f"#learner-{hugo}").text.split() == ["1"]
        assert page.soup.select_one(f"#learner-{desk.ines}").text.split() == ["1", "2"]

    @pytest.mark.parametrize("missing", ["member", "period", "reason"])
    def test_keeps_what_was_chosen_when_something_is_missing(self, desk, missing):
        fields = {"member": str(desk.ines), "period": "2", "reason": "Strike"} | {missing: ""}
        page = self.send(desk, **fields)
        assert page.status == 422
        kept = [box["name"] for box in page.soup.select("input[checked]")]
        assert kept == [name for name in ("member", "period") if name != missing]
        assert desk.rows(AssessmentFact) == []

    def test_chooses_beforehand_whom_a_link_names(self, desk):
        page = desk.classroom.trainer.get("grading/excuses", member=desk.ines)
        assert [box["value"] for box in page.soup.select("input[checked]")] == [str(desk.ines)]

    def test_finds_nobody_of_elsewhere(self, desk):
        assert self.send(desk, member="999", period="1").status == 404


class TestADecision:
    def send(self, desk, learner, decision: str, **fields):
        return learner.send(
            "decisions", column=str(desk.column), decision=decision, **({"reason": "Oral"} | fields)
        )

    def test_sets_the_score_by_hand_and_resets_it(self, desk, learner):
        page = self.send(desk, learner, "override", value="12,5")
        assert "12.5 of 20, set by hand" in page.text
        page = self.send(desk, learner, "reset")
        assert "set by hand" not in page.soup.select_one("#score").text
        assert len(desk.rows(GradeDecision)) == 2

    @pytest.mark.parametrize("value", ["", "x", "20.01", "-1", "1.234", "NaN"])
    def test_keeps_what_was_typed_of_a_value_that_cannot_be(self, desk, learner, value):
        page = self.send(desk, learner, "override", value=value)
        assert page.status == 422
        assert page.soup.select_one("#score-value")["value"] == value
        assert page.soup.select_one("#override-reason")["value"] == "Oral"
        assert desk.rows(GradeDecision) == []

    @pytest.mark.parametrize(
        "decision", ["zero", "no-zero", "without-assessment", "with-assessment", "reset"]
    )
    def test_needs_a_reason(self, desk, learner, decision):
        assert self.send(desk, learner, decision, reason="").status == 422
        assert self.send(desk, learner, decision).status == 200

    def test_is_one_that_there_is(self, desk, learner):
        assert self.send(desk, learner, "free-money").status == 422

    def test_is_about_a_column_of_here(self, desk, learner):
        for column in ("", "x", "999"):
            page = learner.send("decisions", column=column, decision="zero", reason="Never came")
            assert page.status == 404, column


class TestFeedback:
    def test_is_shown_to_the_learner_as_plain_text(self, desk, learner):
        learner.send("feedback", column=str(desk.column), body="Well *done*\n<b>Inès</b>", to_lms="1")
        page = desk.classroom.learner("ines").get("participation")
        assert "Well *done*" in page.text
        assert "&lt;b&gt;" in page.response.get_data(as_text=True)
        assert len(desk.rows(Feedback)) == 1

    def test_is_taken_back_whatever_stands_in_the_field(self, desk, learner):
        learner.send("feedback", column=str(desk.column), body="Well done", to_lms="1")
        page = learner.send("feedback", column=str(desk.column), body="x" * 2001, to_lms="1", take_back="1")
        assert page.status == 200
        assert page.soup.select_one("#feedback-body").text.strip() == ""
        assert page.soup.select_one("form[action*=feedback] [name=take_back]") is None

    def test_that_is_too_long_is_kept(self, desk, learner):
        page = learner.send("feedback", column=str(desk.column), body="x" * 2001)
        assert page.status == 422
        assert len(page.soup.select_one("#feedback-body").text.strip()) == 2001


class TestThePage:
    def test_leads_to_the_learners_before_and_after_by_name(self, desk, learner):
        for key in ("hugo", "lea"):
            desk.classroom.number(key)
        page = learner.page()
        assert "Hugo" in page.soup.select_one("[data-previous]").text
        assert "Léa" in page.soup.select_one("[data-next]").text

    def test_shows_what_a_reply_answers_and_the_whole_text(self, desk, learner):
        thread = desk.classroom.ask("hugo")
        desk.classroom.learner("ines").post(f"posts/{id_of(thread)}/comments", body="**All** of it")
        item = learner.page().soup.select_one("article.evidence-item")
        assert "Hugo" in item.select_one(".answers").text
        assert item.select_one(".prose strong").text == "All"

    def test_names_who_decided_what_and_why(self, desk, learner, question):
        learner.send("marks", subject=question, mark="0", reason="Off the subject")
        rows = learner.page().soup.select("#history ~ *, [aria-labelledby=history] tbody tr")
        assert any("Claire" in row.text and "Off the subject" in row.text for row in rows)

    def test_is_nobody_s_who_is_not_graded_here(self, desk):
        claire = desk.classroom.number("claire")
        for number in (claire, 999):
            assert desk.classroom.trainer.get(f"grading/learners/{number}").status == 404

    def test_takes_as_many_statements_for_many_as_for_few(self, desk, learner, question):
        def cost() -> int:
            with desk.classroom.world.app.app_context(), counted() as sent:
                assert learner.page().status == 200
            assert all(one.lstrip().startswith(("SELECT", "WITH")) for one in sent)
            return len(sent)

        learner.send("marks", subject=question, mark="0", reason="No")
        few = cost()
        for number in range(5):
            desk.classroom.ask("ines", about=f"more{number}")
        fill(desk.classroom.world, members=20, posts=10, comments=10)
        learner.send("rubric", **SENT_LEVELS)
        assert cost() == few
        assert few <= PAGE


class TestWhatTheLearnerReads:
    def test_everything_that_was_judged_with_its_reason(self, desk, learner, question):
        column = str(desk.column)
        learner.send("marks", subject=question, mark="5/4", reason="Very clear")
        learner.send("rubric", **SENT_LEVELS)
        learner.send("excuses", act="excuse", period="2", reason="Strike")
        learner.send("decisions", column=column, decision="override", value="15", reason="Oral as well")
        words = desk.classroom.learner("ines").get("participation").text
        for told in (
            "Very clear",
            "1¼",
            "exemplary",
            "Strike",
            "Your trainer set this score: 15 of 20",
            "Oral as well",
        ):
            assert told in words, told

    def test_nothing_when_nothing_was(self, desk):
        page = desk.classroom.learner("ines").get("participation")
        assert page.soup.select_one("#judged") is None
        assert page.soup.select_one("#set-by-hand") is None

    def test_nothing_of_somebody_else(self, desk, learner, question):
        learner.send("marks", subject=question, mark="5/4", reason="Very clear")
        assert "Very clear" not in desk.classroom.learner("hugo").get("participation").text


class TestTheServices:
    @pytest.mark.parametrize("role", set(Role) - {Role.TRAINER}, ids=str)
    def test_obey_trainers_only(self, desk, question, role):
        now = clock.now()
        for act, told in (
            (assessment.mark, (question, Fraction(0), None)),
            (assessment.assess, (desk.ines, LEVELS)),
            (assessment.excuse, ([desk.ines], [1], "Ill")),
            (assessment.expect, ([desk.ines], [1])),
        ):
            with pytest.raises(NotAllowed):
                desk.do(act, *told, now, role=role)

    def test_take_no_levels_but_those_of_the_rubric(self, desk):
        for wrong in ({}, LEVELS | {"care": 5}, LEVELS | {"more": 1}, LEVELS | {"care": True}):
            with pytest.raises(InputRefused):
                desk.do(assessment.assess, desk.ines, wrong, clock.now())
