"""A score set by hand where it is shown: in the table, on the learner's page, in what is taken along."""

import csv
import io
from decimal import Decimal

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from lti_tool import clock
from lti_tool.extensions import db
from lti_tool.models import GradingPolicy
from lti_tool.services import decisions
from lti_tool.transactions import transaction
from tests.functional.desk import Desk
from tests.support.classroom import Classroom

pytestmark = pytest.mark.slow_on_postgresql

REASON = "=Oral exam"


@pytest.fixture
def desk(world):
    """Inès has asked a question, which makes 5 of 20; her score is 17.5 by hand."""
    desk = Desk(Classroom(world))
    desk.classroom.ask("ines")
    desk.classroom.ask("hugo", about="other")
    told = (desk.column, desk.ines, Decimal("17.5"), REASON)
    desk.do(decisions.override, *told, clock.now())
    return desk


def row_of(desk) -> dict[str, str]:
    text = desk.classroom.trainer.get("grading/scores.csv").response.get_data().decode("utf-8-sig")
    rows = csv.DictReader(io.StringIO(text, newline=""))
    return next(row for row in rows if row["Learner number"] == str(desk.ines))


class TestAScoreSetByHand:
    def test_stands_in_the_list_of_scores_beside_the_computed_one(self, desk):
        row = row_of(desk)
        assert [row[name] for name in ("Score", "Score at the close of the week", "Computed score")] == [
            "17.50",
            "17.50",
            "5.00",
        ]
        assert (row["Set by hand to"], row["Reason for setting it by hand"]) == ("17.50", "'" + REASON)
        assert row["Set by hand on"][:4] == str(clock.now().year)

    def test_stands_in_the_workbook_with_a_reason_that_is_no_formula(self, desk):
        content = desk.classroom.trainer.get("grading/scores.xlsx").response.get_data()
        cells = [cell for row in load_workbook(io.BytesIO(content)).worksheets[0].iter_rows() for cell in row]
        assert [cell.data_type for cell in cells if cell.value == REASON] == ["s"]

    def test_leaves_the_list_when_the_computed_one_stands_again(self, desk):
        desk.do(decisions.reset, desk.column, desk.ines, "Enough", clock.now())
        row = row_of(desk)
        assert (row["Score"], row["Computed score"]) == ("5.00", "5.00")
        assert {row[name] for name in row if "by hand" in name} == {""}

    def test_is_not_told_where_the_rules_give_no_score(self, desk):
        with desk.classroom.world.app.app_context(), transaction():
            policy = db.session.scalars(select(GradingPolicy)).one()
            policy.settings = policy.settings | {"weights": {}, "graded": False}
        row = row_of(desk)
        assert {row[name] for name in row if "by hand" in name} == {""}

    def test_is_what_the_table_and_the_ring_show(self, desk):
        trainer = desk.classroom.trainer
        rows = {
            row.select_one("a.title").text: row.text
            for row in trainer.get("grading").soup.select("#grade-rows tr:has(a.title)")
        }
        told = next(text for name, text in rows.items() if "Inès" in name)
        assert "17.5" in told
        assert "set by hand; computed: 5" in told
        assert "set by hand" not in next(text for name, text in rows.items() if "Hugo" in name)
        page = trainer.get(f"grading/learners/{desk.ines}")
        ring = page.soup.select_one(".ring")
        assert ring["aria-label"] == "Participation: 17.5 out of 20"
        assert "Computed: 5 of 20." in page.text
