"""Levels of the rubric from a file: the one offered for filling in, its preview, what is taken over."""

import io

import pytest
from openpyxl import load_workbook
from sqlalchemy import select, update

from lti_tool import clock
from lti_tool.extensions import db
from lti_tool.models import AssessmentFact, User
from lti_tool.services import assessment
from lti_tool.transactions import transaction
from tests.functional.desk import Desk
from tests.support.classroom import Classroom

pytestmark = pytest.mark.slow_on_postgresql

LEVELS = {"relevance": 4, "substance": 3, "care": 2, "progress": 1}
HEADINGS = "Learner number,Relevance,Substance,Care for others,Progress,Assessment"


@pytest.fixture
def desk(world):
    return Desk(Classroom(world))


class File:
    """What a trainer fills in, looks at, and takes over."""

    def __init__(self, desk: Desk) -> None:
        self.trainer = desk.classroom.trainer
        self.desk = desk

    def look_at(self, content: bytes | str, name: str = "marks.csv"):
        sent = content.encode() if isinstance(content, str) else content
        return self.trainer.post("grading/marks", file=(io.BytesIO(sent), name))

    def line(self, cells: str):
        return self.look_at(f"{HEADINGS}\n{self.desk.ines},{cells}\n")

    def confirm(self, looked_at):
        marks = looked_at.soup.select_one("input[name=marks]")["value"]
        return self.trainer.post("grading/marks/confirm", marks=marks)

    def facts(self) -> list[tuple]:
        return [(row.rubric, row.levels) for row in self.rows()]

    def rows(self):
        with self.desk.classroom.world.database() as session:
            found = session.scalars(select(AssessmentFact).order_by(AssessmentFact.id)).all()
            session.expunge_all()
            return found


@pytest.fixture
def file(desk):
    return File(desk)


def assessed(desk, **other) -> None:
    desk.do(assessment.assess, desk.ines, LEVELS | other, clock.now())


def wrong_cells(page) -> list[tuple[str, str]]:
    """What is said of cells, as (cell, reason)."""
    items = page.soup.select("[aria-labelledby=aside] tbody li")
    return [(" ".join(item.b.text.split()), item.text) for item in items]


class TestLevelsFromAFile:
    def test_are_shown_first_and_then_taken_over_like_those_of_the_form(self, desk, file):
        page = file.line("4,3,2,1,")
        assert "1 assessment would change" in page.text
        assert "Relevance 4 · Substance 3 · Care for others 2 · Progress 1" in page.text
        assert file.facts() == []
        file.confirm(page)
        assert file.facts() == [("5/8", LEVELS)]
        chosen = desk.classroom.trainer.get(f"grading/learners/{desk.ines}").soup.select(
            "input[name^=level-][checked]"
        )
        assert [int(one["value"]) for one in chosen] == list(LEVELS.values())

    def test_that_are_left_out_stay_as_they_are(self, desk, file):
        assessed(desk)
        page = file.line(",,4,,")
        assert "Care for others 2 → 4" in page.text
        file.confirm(page)
        assert file.facts()[-1] == ("3/4", LEVELS | {"care": 4})
        assert "1 assessment is already there." in file.line(",,4,1,75").text

    def test_are_missing_where_there_are_none_that_could_stay(self, desk, file):
        page = file.line("4,,2,,")
        assert [cell for cell, _ in wrong_cells(page)] == ["Substance", "Progress"]
        assert page.soup.select_one("input[name=marks]") is None

    @pytest.mark.parametrize(
        ("cells", "told"),
        [
            ("5,3,x,1,", [("Relevance 5", "from 0 to 4"), ("Care for others x", "not a number")]),
            ('4,"2,5",2,1,', [("Substance 2,5", "whole number")]),
            ("4,3,2,1,70", [("Assessment 70", "not what the criteria make together")]),
            ("4,3,2,1,101", [("Assessment 101", "not between 0 and 100")]),
        ],
    )
    def test_that_cannot_be_are_said_cell_by_cell(self, desk, file, cells, told):
        found = wrong_cells(file.line(cells))
        assert [cell for cell, _ in found] == [cell for cell, _ in told]
        assert all(part in why for (_, why), (_, part) in zip(found, told, strict=True))

    def test_may_stand_beside_the_mark_that_they_make(self, desk, file):
        file.confirm(file.line("4,3,2,1,62.5"))
        assert file.facts() == [("5/8", LEVELS)]

    def test_may_give_way_to_a_whole_mark(self, desk, file):
        assessed(desk)
        assert "1 assessment is already there." in file.line(",,,,62.5").text
        file.confirm(file.line(",,,,80"))
        assert file.facts()[-1] == ("4/5", None)

    def test_that_changed_since_they_were_looked_at_are_looked_at_again(self, desk, file):
        assessed(desk)
        page = file.line("4,4,4,4,")
        # Other levels, the same mark.
        assessed(desk, relevance=3, substance=4)
        before = file.facts()
        again = file.confirm(page)
        assert again.status == 422
        assert "Something changed since you looked at the file" in again.text
        assert file.facts() == before
        file.confirm(again)
        assert file.facts()[-1] == ("1", dict.fromkeys(LEVELS, 4))

    def test_that_were_left_out_are_those_of_now_when_they_are_looked_at_again(self, desk, file):
        assessed(desk)
        page = file.line(",,4,,")
        assessed(desk, substance=0)
        again = file.confirm(page)
        assert again.status == 422
        assert "Care for others 2 → 4" in again.text
        assert "Substance" not in again.soup.select_one("#changes").find_parent("section").text
        file.confirm(again)
        assert file.facts()[-1][1] == LEVELS | {"substance": 0, "care": 4}

    @pytest.mark.parametrize("marks", ["l432", "l43215", "l4325", "l43-1", "l----", "4321", "l4321_", "x"])
    def test_are_checked_when_they_come_back(self, desk, file, marks):
        sent = desk.classroom.trainer.post("grading/marks/confirm", marks=f"{desk.ines}_-_{marks}")
        assert sent.status == 422
        assert file.facts() == []

    def test_say_which_columns_were_not_read(self, desk, file):
        page = file.look_at(f"number,relevance,effort\n{desk.ines},4,9\n")
        assert "Columns that are not read: effort" in page.text


class TestTheFileToFillIn:
    @pytest.mark.parametrize("language", ["en", "fr"])
    @pytest.mark.parametrize("ending", ["csv", "xlsx"])
    def test_holds_what_is_there_and_comes_back_as_it_left(self, desk, file, language, ending):
        assessed(desk)
        hugo = desk.classroom.number("hugo")
        file.confirm(file.look_at(f"number,mark\n{hugo},33.3\n"))
        desk.classroom.trainer.post("preferences/language", language=language)
        template = desk.classroom.trainer.get(f"grading/marks.{ending}").response
        content = template.get_data()
        assert template.headers["Cache-Control"] == "no-store"
        desk.classroom.trainer.post("preferences/language", language="en")
        page = file.look_at(content, f"marks.{ending}")
        assert "2 assessments are already there." in page.text
        assert "left aside" not in page.text
        assert "Columns that are not read" not in page.text

    @pytest.mark.parametrize("name", ["=1+1", "@SUM(A1)"])
    def test_turns_no_name_into_a_formula(self, desk, file, name):
        with desk.classroom.world.app.app_context(), transaction():
            db.session.execute(update(User).where(User.sub == "u-ines").values(name=name))
        assert f",'{name}," in desk.classroom.trainer.get("grading/marks.csv").html
        content = desk.classroom.trainer.get("grading/marks.xlsx").response.get_data()
        sheet = load_workbook(io.BytesIO(content)).worksheets[0]
        assert [cell.data_type for cell in sheet["B"] if cell.value == name] == ["s"]
