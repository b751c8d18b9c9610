"""Several columns of one community: what each shows, and how each is sent."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select, update

from lti_tool import clock
from lti_tool.extensions import db
from lti_tool.models import (
    AssessmentFact,
    ColumnKind,
    Community,
    ContributionFact,
    DeliveryState,
    GradeColumn,
    Period,
    Prompt,
    ScoreDelivery,
    ScoreStatement,
)
from lti_tool.services import closing
from lti_tool.transactions import transaction
from tests.support.classroom import ONE_QUESTION
from tests.support.statements import counted
from tests.support.world import ENGLISH, FRENCH

A_WEEK = timedelta(days=7)


def add(classroom, **fields):
    form = {"measures": "assessment", "name": "Appréciation", "maximum": "10"} | fields
    return classroom.trainer.post("grading/columns", **form)


def column(classroom, kind=ColumnKind.ASSESSMENT) -> GradeColumn:
    with classroom.world.database() as session:
        found = session.scalars(select(GradeColumn).where(GradeColumn.kind == kind)).one()
        session.expunge(found)
        return found


def assess(classroom, share: str, key="ines") -> None:
    """Note the trainer's rubric as a fact."""
    number = classroom.number(key)
    with classroom.world.app.app_context(), transaction():
        community = db.session.scalars(select(Community)).one()
        db.session.add(
            AssessmentFact(
                community_id=community.id,
                member_id=number,
                actor_id=number,
                act="rubric",
                rubric=share,
                at=clock.now(),
            )
        )


def weeks_ago(classroom, weeks: int) -> None:
    """Let the training have begun so many weeks earlier."""
    with classroom.world.app.app_context(), transaction():
        for period in db.session.scalars(select(Period)):
            period.starts_at -= A_WEEK * weeks
            period.ends_at -= A_WEEK * weeks


def close(classroom) -> int:
    with classroom.world.app.app_context():
        return closing.send_what_has_closed(clock.now, transaction)


def adopt_weeks_from(classroom, day) -> None:
    """Let the trainer adopt the rules as they are, with another first week."""
    page = classroom.trainer.get("grading/policy")
    typed = page.soup.select("main form input[name]:not([type=checkbox])")
    form = {field["name"]: field.get("value", "") for field in typed}
    chosen = page.soup.select("main form select[name]")
    form |= {field["name"]: field.select_one("option[selected], option")["value"] for field in chosen}
    form |= {"graded": "1", "starts_on": day.date().isoformat()}
    page = classroom.trainer.post("grading/policy/preview", **form)
    seen = {field["name"]: field["value"] for field in page.soup.select("main input[type=hidden]")}
    page = classroom.trainer.post("grading/policy", **(form | seen | {"reason": "Other weeks"}))
    assert page.status == 200


class TestAnotherColumn:
    def test_is_made_in_the_lms_and_shows_the_assessment_alone(self, graded):
        assert add(graded).status == 200
        graded.make_columns()
        made = [item for item in graded.lms.lineitems(FRENCH) if item.label == "Appréciation"]
        assert len(made) == 1
        graded.ask()
        assess(graded, "3/4")
        graded.trainer.post("grading/send", everyone="1", column=str(column(graded).id))
        graded.deliver()
        assert graded.lms.score_of(FRENCH, "u-ines", made[0].id) == Decimal("7.50")
        assert graded.grade() is None, "the whole score was not asked for"

    def test_a_double_click_makes_one(self, graded):
        add(graded)
        add(graded)
        assert column(graded).measures == "assessment"

    def test_what_was_typed_is_kept_when_it_is_wrong(self, graded):
        page = add(graded, maximum="a lot", name="My words")
        assert page.status == 422
        assert page.soup.select_one("#name")["value"] == "My words"

    def test_there_is_none_while_grading_is_off(self, classroom):
        assert classroom.trainer.get("grading/columns").status == 404
        assert add(classroom).status == 404

    def test_its_scores_are_a_table_of_their_own(self, graded):
        add(graded)
        graded.ask()
        page = graded.trainer.get("grading", column=column(graded).id)
        assert page.status == 200
        assert "Appréciation" in page.text
        assert graded.trainer.get("grading", column=99999).status == 404

    @pytest.mark.parametrize(
        "measures", ["prompt-1", "prompt-", "prompt-x", "everything", "participation", ""]
    )
    def test_nothing_else_can_be_measured(self, graded, measures):
        assert add(graded, measures=measures).status in (404, 422)


class TestTheColumnOfAPrompt:
    """It has the dates of its prompt: no weeks, and no pace that one could keep."""

    @pytest.fixture
    def prompted(self, graded):
        """Inès has answered a prompt that has a column of its own; everybody reads English."""
        for page in (graded.trainer, graded.learner("ines")):
            page.post("preferences/language", language="en")
        ends = (clock.now() + A_WEEK).strftime("%Y-%m-%dT%H:%M")
        graded.trainer.post("prompts", title="Tell", body="What did you try?", deadline=ends)
        with graded.world.database() as session:
            prompt = session.scalars(select(Prompt.id)).one()
        add(graded, measures=f"prompt-{prompt}", name="The prompt")
        graded.make_columns()
        body = " ".join(f"word{number}" for number in range(20))
        form = {"kind": "discussion", "title": "Tried", "body": body, "prompt": str(prompt)}
        graded.learner("ines").post("posts", **form)
        return graded

    def pages(self, classroom, kind) -> list[str]:
        query = {"column": column(classroom, kind).id}
        number = classroom.number("ines")
        found = [classroom.trainer.get(below, **query) for below in ("grading", f"grading/learners/{number}")]
        return [page.soup.select_one("main").get_text(" ") for page in found]

    def test_speaks_of_its_dates_and_not_of_weeks(self, prompted):
        table, learner = self.pages(prompted, ColumnKind.PROMPT)
        assert "Dates of the prompt" in table
        assert "Counted so far." in learner
        for text in (table, learner):
            assert "Deadline:" in text
            assert not re.search(r"\b(week|weeks|pace|trend)\b", text, re.IGNORECASE)

    def test_of_the_rubric_has_neither(self, prompted):
        add(prompted)
        table, learner = self.pages(prompted, ColumnKind.ASSESSMENT)
        assert "keep the pace" not in learner
        assert "Week after week" not in learner
        assert "Trend" not in table
        assess(prompted, "3/4")
        mine = prompted.learner("ines").get("participation", column=column(prompted).id)
        assert "Week after week" not in mine.text
        assert "It changes when the assessment does, and only then." in mine.text

    def test_offers_no_weeks_to_be_excused_from(self, prompted):
        """Its one period is no week: whoever excused it would excuse the first week of the course."""
        number = prompted.number("ines")
        page = prompted.trainer.get(
            f"grading/learners/{number}", column=column(prompted, ColumnKind.PROMPT).id
        )
        assert page.soup.select_one("form[action*=excuses]") is None

    @pytest.mark.parametrize("judging", ["form[action*=rubric]", "form.mark-form"])
    def test_is_where_one_comes_back_to_after_an_assessment(self, prompted, judging):
        below, chosen = f"grading/learners/{prompted.number('ines')}", column(prompted, ColumnKind.PROMPT).id
        form = prompted.trainer.get(below, column=chosen).soup.select_one(judging)
        assert form.select_one("input[name=column]")["value"] == str(chosen)

    def test_is_sent_with_words_that_fit(self, prompted):
        prompted.trainer.post(
            "grading/send", everyone="1", column=str(column(prompted, ColumnKind.PROMPT).id)
        )
        prompted.deliver()
        with prompted.world.database() as session:
            said = session.scalars(select(ScoreStatement.comment)).one()
        assert said in ("Provisional, counted so far", "Provisoire, compté jusqu’ici")

    def test_is_explained_to_its_learner_with_what_was_decided_in_it(self, prompted):
        chosen = column(prompted, ColumnKind.PROMPT).id
        below = f"grading/learners/{prompted.number('ines')}"
        prompted.trainer.post(f"{below}/feedback", column=str(chosen), body="Well told.")
        decided = {"decision": "override", "value": "9", "reason": "Told in class."}
        prompted.trainer.post(f"{below}/decisions", column=str(chosen), **decided)
        mine = prompted.learner("ines").get("participation")
        assert "Well told." not in mine.text
        (tab,) = [one for one in mine.soup.select("nav.segmented a") if one.text == "The prompt"]
        page = prompted.learner("ines").get("participation", column=chosen)
        assert f"column={chosen}" in tab["href"]
        assert "Tried" in page.soup.select_one("section[aria-labelledby=evidence]").text
        for said in ("9 of 10 today", "Told in class.", "Well told.", "Deadline:"):
            assert said in page.text
        assert not re.search(r"\b(week|weeks|pace)\b", page.soup.select_one("main").get_text(" "), re.I)
        assert prompted.learner("ines").get("participation", column="99999").status == 404

    def test_that_has_not_opened_is_not_told_to_learners(self, prompted):
        chosen = column(prompted, ColumnKind.PROMPT)
        prompted.trainer.post(f"grading/columns/{chosen.id}/automatic", on="true")
        assert "The prompt" in prompted.learner("ines").get("participation").text
        with prompted.world.app.app_context(), transaction():
            db.session.execute(update(Prompt).values(opens_at=clock.now() + A_WEEK))
        assert "The prompt" not in prompted.learner("ines").get("participation").text
        assert prompted.learner("ines").get("participation", column=chosen.id).status == 404


class TestSendingByItself:
    def switch(self, classroom, on="true"):
        number = column(classroom, ColumnKind.PARTICIPATION).id
        return classroom.trainer.post(f"grading/columns/{number}/automatic", on=on)

    def test_sends_when_a_week_closes_and_only_then(self, graded):
        graded.ask()
        self.switch(graded)
        assert close(graded) == 0
        weeks_ago(graded, 1)
        assert close(graded) == 1
        graded.deliver()
        assert graded.state() is DeliveryState.CONFIRMED
        assert close(graded) == 0

    def test_looks_with_one_statement_while_no_week_has_closed(self, graded):
        """Every minute, however many columns are sent by themselves."""
        self.switch(graded)
        with graded.world.app.app_context(), counted() as sent:
            assert closing.send_what_has_closed(clock.now, transaction) == 0
        assert len(sent) == 1

    def test_weeks_that_closed_before_the_decision_are_not_sent(self, graded):
        graded.ask()
        weeks_ago(graded, 1)
        self.switch(graded)
        assert close(graded) == 0

    def test_leaves_the_final_score_to_a_person(self, graded):
        graded.ask()
        self.switch(graded)
        weeks_ago(graded, 9)
        assert close(graded) == 0

    def test_learners_are_told(self, graded):
        self.switch(graded)
        assert "Claire" in graded.learner("ines").get("participation").text

    def test_leaves_the_final_score_to_a_person_also_when_it_had_to_wait(self, graded):
        """What was asked for by itself before the last week closed is sent after it: by nobody."""
        graded.ask()
        self.switch(graded)
        number = column(graded, ColumnKind.PARTICIPATION).id
        graded.trainer.post(f"grading/columns/{number}/pause", on="true")
        weeks_ago(graded, 1)
        assert close(graded) == 1
        self.let_eight_weeks_pass(graded)
        graded.trainer.post(f"grading/columns/{number}/pause", on="false")
        graded.deliver()
        assert (graded.state(), graded.grade()) == (DeliveryState.READY, None)
        graded.send()
        graded.deliver()
        assert graded.state() is DeliveryState.CONFIRMED

    def let_eight_weeks_pass(self, classroom) -> None:
        weeks_ago(classroom, 8)
        with classroom.world.app.app_context(), transaction():
            for fact in db.session.scalars(select(ContributionFact)):
                fact.at -= A_WEEK * 8
            for cell in db.session.scalars(select(ScoreDelivery)):
                cell.asked_at -= A_WEEK * 8

    @pytest.mark.parametrize("weeks", [-2, 2])
    def test_weeks_laid_out_anew_are_no_reason_to_send_nor_to_stop(self, graded, weeks):
        graded.ask()
        weeks_ago(graded, 3)
        self.switch(graded)
        adopt_weeks_from(graded, clock.now() - A_WEEK * (3 + weeks))
        assert close(graded) == 0
        weeks_ago(graded, 1)
        assert column(graded, ColumnKind.PARTICIPATION).closed_period == 3 + weeks
        close(graded)
        assert column(graded, ColumnKind.PARTICIPATION).closed_period == 4 + weeks

    def test_can_be_taken_back(self, graded):
        graded.ask()
        self.switch(graded)
        self.switch(graded, on="false")
        weeks_ago(graded, 1)
        assert close(graded) == 0

    def test_says_who_decided_and_when(self, graded):
        self.switch(graded)
        page = graded.trainer.get("grading/columns")
        assert "Claire" in page.text


class TestStopping:
    def test_what_waits_stays_until_it_goes_on(self, graded):
        graded.ask()
        graded.send()
        number = column(graded, ColumnKind.PARTICIPATION).id
        graded.trainer.post(f"grading/columns/{number}/pause", on="true")
        graded.deliver()
        assert (graded.state(), graded.grade()) == (DeliveryState.DUE, None)
        graded.trainer.post(f"grading/columns/{number}/pause", on="false")
        graded.deliver()
        assert (graded.state(), graded.grade()) == (DeliveryState.CONFIRMED, ONE_QUESTION)

    def test_a_choice_that_there_is_none_of_is_refused(self, graded):
        number = column(graded, ColumnKind.PARTICIPATION).id
        assert graded.trainer.post(f"grading/columns/{number}/pause", on="perhaps").status == 404


class TestAnotherCommunity:
    def test_cannot_touch_it(self, graded, world):
        number = column(graded, ColumnKind.PARTICIPATION).id
        stranger = world.enter("claire", course=ENGLISH)
        for act in ("automatic", "pause"):
            assert stranger.post(f"grading/columns/{number}/{act}", on="true").status == 404
        assert stranger.get("grading", column=number).status in (200, 404)
        assert column(graded, ColumnKind.PARTICIPATION).automatic_at is None
