"""Evidence of real scores: what was sent is computed again from the exported file, by another program."""

import csv
import io
import json
import subprocess
import sys
from datetime import timedelta
from fractions import Fraction
from pathlib import Path

import pytest
from openpyxl import load_workbook
from sqlalchemy import select, update

from lti_tool import clock
from lti_tool.extensions import db
from lti_tool.models import AssessmentFact, AuditEntry, DeliveryState, Prompt, User
from lti_tool.services.evidence import PAGE
from lti_tool.transactions import transaction
from tests.functional.filling import fill
from tests.support.classroom import Classroom
from tests.support.statements import counted
from tests.support.world import ENGLISH, Page

pytestmark = [pytest.mark.long, pytest.mark.slow_on_postgresql]

SCRIPT = Path(__file__).parents[2] / "docs" / "recompute.py"


@pytest.fixture
def graded(graded) -> Classroom:
    """Grading is on, and everybody reads English."""
    for page in (graded.trainer, graded.learner("ines")):
        page.post("preferences/language", language="en")
    return graded


@pytest.fixture
def sent(graded) -> Classroom:
    """Two learners whose scores arrived, one of them twice."""
    graded.ask("ines", "1")
    graded.ask("hugo", "2")
    graded.send()
    graded.deliver()
    graded.ask("ines", "3")
    graded.send("ines")
    graded.deliver_until_settled(after=timedelta(seconds=5))
    assert graded.state("ines") is DeliveryState.CONFIRMED
    return graded


def recomputed(page: Page, folder: Path) -> subprocess.CompletedProcess:
    """Run the script on an export as anybody would, with nothing of ours within its reach."""
    file = folder / "evidence.json"
    file.write_bytes(page.response.get_data())
    return subprocess.run(
        [sys.executable, "-I", "-S", str(SCRIPT), str(file)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def rows_of(page: Page, separator: str = ",") -> list[dict[str, str]]:
    text = page.response.get_data().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=separator))


def upload(page: Page, content: str | bytes, name: str = "marks.csv") -> Page:
    sent_as = content.encode() if isinstance(content, str) else content
    return page.post("grading/marks", file=(io.BytesIO(sent_as), name))


def confirm(page: Page, looked_at: Page, **fields: str) -> Page:
    marks = looked_at.soup.select_one("input[name=marks]")["value"]
    return page.post("grading/marks/confirm", **({"marks": marks} | fields))


def rename(classroom: Classroom, key: str, name: str) -> None:
    with classroom.world.app.app_context(), transaction():
        db.session.execute(update(User).where(User.sub == f"u-{key}").values(name=name))


def rubrics(classroom: Classroom) -> list[tuple[int, str]]:
    with classroom.world.database() as session:
        wanted = select(AssessmentFact.member_id, AssessmentFact.rubric).order_by(AssessmentFact.id)
        return [tuple(row) for row in session.execute(wanted)]


class TestTheEvidence:
    def test_of_a_whole_community_computes_to_what_was_sent(self, sent, tmp_path):
        answer = recomputed(sent.trainer.get("grading/evidence.json"), tmp_path)
        assert answer.returncode == 0, answer.stdout + answer.stderr
        lines = [line.split("\t") for line in answer.stdout.splitlines()]
        assert sorted(line[4:] for line in lines) == [
            ["sent 10.00 of 20.00", "here 10.00", "OK"],
            ["sent 5.00 of 20.00", "here 5.00", "OK"],
            ["sent 5.00 of 20.00", "here 5.00", "OK"],
        ]

    def test_whose_score_was_changed_by_a_cent_is_found_out(self, sent, tmp_path):
        page = sent.trainer.get("grading/evidence.json")
        page.response.set_data(
            page.html.replace('"score": "10.00", "maximum"', '"score": "10.01", "maximum"')
        )
        answer = recomputed(page, tmp_path)
        assert answer.returncode == 1
        assert answer.stdout.count("DIFFERENT: score") == 1

    def test_does_not_tell_a_learner_what_will_be_asked(self, graded, tmp_path):
        """Neither the prompt, nor its dates, nor its column: no digest holds what has not opened."""
        opens, ends = ((clock.now() + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M") for days in (2, 9))
        graded.trainer.post("prompts", title="A secret task", body="Tell.", opens_at=opens, deadline=ends)
        with graded.world.database() as session:
            prompt = session.scalars(select(Prompt.id)).one()
        form = {"measures": f"prompt-{prompt}", "name": "A secret task", "maximum": "10"}
        assert graded.trainer.post("grading/columns", **form).status == 200
        graded.ask()
        graded.send()
        graded.deliver()
        mine = graded.learner("ines").get("participation/evidence.json")
        assert "secret" not in mine.html
        told = json.loads(mine.html)
        assert (told["prompts"], told["facts_of_everybody"], len(told["columns"])) == ([], [], 1)
        assert {one["column"] for one in told["members"][0]["deliveries"]} == {told["columns"][0]["uuid"]}
        assert "prompt:" not in graded.learner("ines").get("participation/evidence.csv").html
        answer = recomputed(mine, tmp_path)
        assert (answer.returncode, answer.stdout.count("OK")) == (0, 1), answer.stdout
        assert "A secret task" in graded.trainer.get("grading/evidence.json").html

    def test_what_was_sent_before_a_prompt_opened_computes_after_it(self, graded, tmp_path):
        """Its facts are exported then, and belong to what is sent from then on alone."""
        opens, ends = ((clock.now() + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M") for days in (2, 9))
        graded.trainer.post("prompts", title="Soon", body="Tell.", opens_at=opens, deadline=ends)
        graded.ask("ines", "1")
        graded.send()
        graded.deliver()
        with graded.world.app.app_context(), transaction():
            db.session.execute(update(Prompt).values(opens_at=clock.now()))
        graded.ask("ines", "2")
        graded.send("ines")
        graded.deliver_until_settled(after=timedelta(seconds=5))
        mine = graded.learner("ines").get("participation/evidence.json")
        assert len(json.loads(mine.html)["facts_of_everybody"]) == 1
        answer = recomputed(mine, tmp_path)
        assert (answer.returncode, answer.stdout.count("OK")) == (0, 2), answer.stdout

    def test_of_one_learner_is_part_of_that_of_everybody(self, sent):
        everybody = json.loads(sent.trainer.get("grading/evidence.json").html)
        number = sent.number("ines")
        one = json.loads(sent.trainer.get(f"grading/members/{number}/evidence.json").html)
        assert [member for member in everybody["members"] if member["number"] == number] == one["members"]
        assert one["members"][0]["deliveries"][0]["confirmed_value"] == "10.00"
        assert one["policies"][0]["settings"]["preset"] == "points-and-pace"

    def test_names_nobody_as_the_lms_does(self, sent):
        text = sent.trainer.get("grading/evidence.json").html
        with sent.world.database() as session:
            for sub, email in session.execute(select(User.sub, User.email)):
                assert f'"{sub}"' not in text
                assert email is None or email not in text

    def test_is_sent_as_a_file_that_nobody_keeps(self, sent):
        for below in ("evidence.json", "facts.csv", "scores.csv", "scores.xlsx"):
            response = sent.trainer.get(f"grading/{below}").response
            response.get_data()
            assert response.headers["Content-Disposition"].startswith("attachment; filename="), below
            assert response.headers["Cache-Control"] == "no-store", below
            assert response.headers["X-Content-Type-Options"] == "nosniff", below

    def test_is_not_of_learners_elsewhere(self, sent):
        elsewhere = sent.world.enter("claire", ENGLISH)
        assert elsewhere.get(f"grading/members/{sent.number('ines')}/evidence.json").status == 404
        found = json.loads(elsewhere.get("grading/evidence.json").html)
        assert (found["members"], found["columns"]) == ([], [])

    def test_is_not_of_those_who_teach(self, sent):
        assert sent.trainer.get(f"grading/members/{sent.number('claire')}/evidence.json").status == 404


class TestOnesOwnEvidence:
    def test_computes_to_what_was_sent(self, sent, tmp_path):
        answer = recomputed(sent.learner("ines").get("participation/evidence.json"), tmp_path)
        assert answer.returncode == 0
        assert len(answer.stdout.splitlines()) == 2

    def test_names_nobody_else(self, sent):
        home = sent.learner("ines")
        for below in ("participation/evidence.json", "participation/evidence.csv"):
            text = home.get(below).html
            assert "Hugo" not in text
            assert "Claire" not in text
            assert "Question 2" not in text
        assert len(json.loads(home.get("participation/evidence.json").html)["members"]) == 1
        assert {row["title"] for row in rows_of(home.get("participation/evidence.csv"))} == {
            "Question 1",
            "Question 3",
        }

    def test_is_offered_on_the_page(self, sent):
        page = sent.learner("ines").get("participation")
        for below in ("participation/evidence.json", "participation/evidence.csv"):
            assert page.soup.select_one(f"a[href*='{below}']"), below

    def test_is_not_found_by_those_who_are_not_graded(self, sent):
        assert sent.trainer.get("participation/evidence.json").status == 403


class TestTables:
    def test_have_a_line_for_each_learner(self, sent):
        rows = {row["Learner number"]: row for row in rows_of(sent.trainer.get("grading/scores.csv"))}
        ines = rows[str(sent.number("ines"))]
        assert (ines["Score"], ines["Maximum"], ines["Activity (in per cent)"]) == ("10.00", "20.00", "50.00")
        assert (ines["State of sending"], ines["Value in the LMS"]) == ("Arrived", "10.00")
        assert ines["Contributions that count"] == "2"
        assert str(sent.number("hugo")) in rows
        assert len(rows) == 2

    def test_are_written_as_french_spreadsheets_read_them(self, sent):
        sent.trainer.post("preferences/language", language="fr")
        page = sent.trainer.get("grading/scores.csv")
        assert ";10,00;20,00;" in page.html

    @pytest.mark.parametrize("name", ['=HYPERLINK("http://x")', "+1", "-2", "@SUM(A1)"])
    def test_turn_no_name_into_a_formula(self, sent, name):
        rename(sent, "ines", name)
        for below in ("scores.csv", "facts.csv"):
            assert "'" + name[:4] in sent.trainer.get(f"grading/{below}").html.replace('""', '"')
        book = load_workbook(io.BytesIO(sent.trainer.get("grading/scores.xlsx").response.get_data()))
        cells = [row[1] for row in book.worksheets[0].iter_rows() if row[1].value == name]
        assert [cell.data_type for cell in cells] == ["s"]

    @pytest.mark.parametrize("heading", ["Évaluation (0 à 100)", "Appréciation", "Note"])
    def test_have_french_headings_that_are_read_back(self, sent, heading):
        content = f"Numéro d’apprenant;Apprenant;Score;{heading}\n{sent.number('ines')};x;1,5;80\n"
        assert "1 assessment would change" in upload(sent.trainer, content).text

    def test_tell_the_facts_in_order(self, sent):
        rows = rows_of(sent.trainer.get("grading/facts.csv"))
        assert [row["act"] for row in rows] == ["written"] * 3
        assert {row["words"] for row in rows} == {"20"}


class TestBringingInAssessments:
    def test_what_would_change_is_shown_and_nothing_is_written(self, sent):
        ines, hugo = sent.number("ines"), sent.number("hugo")
        page = upload(
            sent.trainer,
            f"number,name,assessment\n{ines},,85\n{hugo},,101\n99999,,5\n,Nobody At All,7\n{hugo},,x\n",
        )
        assert page.status == 200
        assert "1 assessment would change" in page.text
        assert "4 lines are left aside" in page.text
        assert "The assessment is not between 0 and 100." in page.text
        assert page.text.count("Nobody who is graded here has this number or name.") == 2
        assert rubrics(sent) == []
        assert sent.state("ines") is DeliveryState.CONFIRMED

    def test_confirmed_marks_are_facts_with_their_author(self, sent):
        ines = sent.number("ines")
        page = confirm(sent.trainer, upload(sent.trainer, f"number;mark\n{ines};33,3\n"))
        assert "The assessments are taken over." in page.text
        assert rubrics(sent) == [(ines, "333/1000")]
        assert sent.state("ines") is DeliveryState.READY
        with sent.world.database() as session:
            entry = session.scalars(
                select(AuditEntry).where(AuditEntry.act == "grading.marks-imported")
            ).one()
            assert entry.detail == {"members": [[ines, None, "333/1000"]]}

    def test_they_are_read_where_the_rubric_is_and_can_be_taken_back(self, sent):
        ines = sent.number("ines")
        confirm(sent.trainer, upload(sent.trainer, f"number;mark\n{ines};33,5\n"))
        assert "33.5 of 100" in sent.learner("ines").get("participation").text
        assert "Assessment from a file: 33.5 of 100" in sent.trainer.get(f"grading/learners/{ines}").text
        sent.trainer.post(f"grading/learners/{ines}/rubric", take_back="1")
        assert rubrics(sent) == [(ines, "67/200"), (ines, None)]
        assert "Assessment taken back" in sent.trainer.get(f"grading/learners/{ines}").text

    def test_a_number_beside_somebody_elses_name_is_left_aside(self, sent):
        sent.learner("karim")
        wrong = f"number,name,assessment\n{sent.number('ines')},Karim Haddad,85\n"
        page = upload(sent.trainer, wrong)
        assert "1 line is left aside" in page.text
        assert page.soup.select_one("input[name=marks]") is None
        spelt = f"number,name,assessment\n{sent.number('ines')},Nobody called so,85\n"
        assert "1 assessment would change" in upload(sent.trainer, spelt).text

    def test_the_same_file_once_more_changes_nothing(self, sent):
        content = f"number;mark\n{sent.number('ines')};80\n"
        confirm(sent.trainer, upload(sent.trainer, content))
        page = upload(sent.trainer, content)
        assert "1 assessment is already there." in page.text
        assert page.soup.select_one("input[name=marks]") is None

    def test_the_exported_scores_come_back_as_they_left(self, sent):
        confirm(sent.trainer, upload(sent.trainer, f"number;mark\n{sent.number('ines')};80,25\n"))
        for below in ("scores.csv", "scores.xlsx"):
            exported = sent.trainer.get(f"grading/{below}").response.get_data()
            page = upload(sent.trainer, exported, below)
            assert "1 assessment is already there." in page.text, below
            assert "1 line is left aside" in page.text, below

    def test_names_do_where_there_is_one_of_them(self, sent):
        rename(sent, "ines", "=Inès d'Arc")
        page = upload(sent.trainer, "learner;mark\n'=ines d’arc;80\n")
        assert "1 assessment would change" in page.text
        rename(sent, "hugo", "=Inès d'Arc")
        page = upload(sent.trainer, "learner;mark\n'=ines d’arc;80\n")
        assert "Several people have this name" in page.text

    def test_two_lines_about_one_person_are_both_left_aside(self, sent):
        ines = sent.number("ines")
        page = upload(sent.trainer, f"number;mark\n{ines};80\n{ines};80\n")
        assert page.text.count("Several lines are about this person.") == 2

    def test_what_changed_since_it_was_looked_at_is_looked_at_again(self, sent):
        ines = sent.number("ines")
        looked_at = upload(sent.trainer, f"number;mark\n{ines};80\n")
        confirm(sent.trainer, upload(sent.trainer, f"number;mark\n{ines};60\n"))
        page = confirm(sent.trainer, looked_at)
        assert page.status == 422
        assert "Something changed since you looked at the file" in page.text
        assert rubrics(sent) == [(ines, "3/5")]
        assert confirm(sent.trainer, page).status == 200
        assert rubrics(sent) == [(ines, "3/5"), (ines, "4/5")]

    def test_what_is_confirmed_is_checked_as_a_whole(self, sent):
        ines, trainer = sent.number("ines"), sent.number("claire")
        for marks in (
            "",
            "x",
            f"{ines}_-_101",
            f"{ines}_-_1/0",
            f"{ines}_-_-1",
            f"{ines}_-_50 {ines}_-_60",
            f"{ines}_-_50 {trainer}_-_60",
            f"{ines}_-_50 99999_-_60",
            f"{ines}_40_50",
        ):
            assert sent.trainer.post("grading/marks/confirm", marks=marks).status == 422, marks
        assert rubrics(sent) == []

    @pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no workbook", b"\xff\xfe\x00", b"a,b\n1,2\n"])
    def test_a_file_that_is_no_table_of_marks_is_refused_in_words(self, sent, content):
        page = upload(sent.trainer, content)
        assert page.status == 422
        assert page.soup.select_one("#file-error").text.strip()

    def test_an_assessed_score_computes_to_what_was_sent(self, sent, tmp_path):
        confirm(sent.trainer, upload(sent.trainer, f"number;mark\n{sent.number('hugo')};80\n"))
        sent.send()
        sent.deliver_until_settled(after=timedelta(seconds=10))
        answer = recomputed(sent.trainer.get("grading/evidence.json"), tmp_path)
        assert answer.returncode == 0, answer.stdout


class TestManyLearners:
    def cost(self, classroom, below: str) -> int:
        with classroom.world.app.app_context(), counted() as sent:
            page = classroom.trainer.get(below)
            assert page.status == 200
            page.response.get_data()
        return len(sent)

    def test_cost_no_more_than_a_few_while_they_fit_into_one_page(self, graded):
        graded.ask("ines")
        addresses = ("evidence.json", "facts.csv", "scores.csv", "scores.xlsx", "exports")
        fill(graded.world, members=5, posts=5, comments=5)
        few = {below: self.cost(graded, f"grading/{below}") for below in addresses}
        fill(graded.world, members=PAGE - 10, posts=100, comments=100, label="more")
        assert {below: self.cost(graded, f"grading/{below}") for below in addresses} == few

    def test_are_read_page_by_page_and_all_of_them(self, graded):
        fill(graded.world, members=PAGE + 30, posts=50, comments=1)
        found = json.loads(graded.trainer.get("grading/evidence.json").html)
        numbers = [member["number"] for member in found["members"]]
        assert len(numbers) == PAGE + 31
        assert numbers == sorted(set(numbers))
        assert sum(len(member["facts"]) for member in found["members"]) == 50
        assert len(rows_of(graded.trainer.get("grading/scores.csv"))) == PAGE + 31

    def test_marks_of_many_are_looked_at_with_as_many_statements(self, graded):
        def cost(members: int, label: str) -> int:
            fill(graded.world, members=members, posts=1, comments=1, label=label)
            content = "number,mark\n" + "".join(f"{number},50\n" for number in range(1, 60))
            with graded.world.app.app_context(), counted() as sent:
                assert upload(graded.trainer, content).status == 200
            return len(sent)

        assert cost(2, "few") == cost(50, "many")


def test_the_shares_of_a_mark_are_exact(graded):
    ines = graded.number("ines")
    confirm(graded.trainer, upload(graded.trainer, f"number;mark\n{ines};12.345678\n"))
    assert [Fraction(rubric) for _, rubric in rubrics(graded)] == [Fraction("0.12345678")]
