"""Two people act on the same grades at the same moment: nobody waits crosswise, nothing is lost."""

from concurrent.futures import ThreadPoolExecutor, wait
from copy import copy

import pytest
from sqlalchemy import select

from lti_tool import clock
from lti_tool.models import AssessmentFact, ContributionFact, GradeColumn
from lti_tool.services import column_settings, columns, marking, rubric_import
from tests.functional.space import id_of
from tests.passback.test_more_columns import add, adopt_weeks_from

# On SQLite one writer comes after the other; there is nothing to cross.
pytestmark = pytest.mark.postgresql

PATIENCE = 15  # seconds
A_MOMENT = 2


def rows(classroom, wanted) -> list:
    with classroom.world.database() as session:
        return list(session.scalars(wanted))


def interrupted(monkeypatch, module, name, meanwhile) -> None:
    """Have something happen before a function of a service is called for the first time."""
    original, done = getattr(module, name), []

    def interrupt(*args, **kwargs):
        if not done:
            done.append(True)
            meanwhile()
        return original(*args, **kwargs)

    monkeypatch.setattr(module, name, interrupt)


def test_a_first_contribution_does_not_wait_for_who_pauses_a_column(graded, monkeypatch):
    """Else the writer waits for the column with the community, for which who pauses it waits."""
    graded.learner("karim")
    column = rows(graded, select(GradeColumn.id))[0]
    with ThreadPoolExecutor(1) as threads:
        interrupted(
            monkeypatch,
            column_settings.audit,
            "record",
            lambda: threads.submit(graded.ask, "karim").result(PATIENCE),
        )
        assert graded.trainer.post(f"grading/columns/{column}/pause", on="true").status == 200


@pytest.fixture
def second(graded):
    """The same course as a second trainer has it open."""
    colleague = copy(graded)
    colleague.trainer = graded.world.enter("marc")
    return colleague


def test_a_column_added_while_rules_are_adopted_has_the_new_ones(graded, second, monkeypatch):
    with ThreadPoolExecutor(1) as threads:
        adopting = []

        def adopt():
            adopting.append(threads.submit(adopt_weeks_from, second, clock.now().replace(year=2027)))
            wait(adopting, A_MOMENT)

        interrupted(monkeypatch, columns, "want_line_items", adopt)
        assert add(graded).status == 200
        adopting[0].result(PATIENCE)
    assert len(set(rows(graded, select(GradeColumn.policy_id)))) == 1


def test_an_assessment_during_an_import_is_not_lost(graded, second, monkeypatch):
    number = graded.number("ines")
    page = graded.trainer.get(f"grading/learners/{number}")
    names = {field["name"] for field in page.soup.select("input[name^=level-]")}
    levels = dict.fromkeys(names, "1")
    with ThreadPoolExecutor(1) as threads:
        assessing = []

        def assess():
            address = f"grading/learners/{number}/rubric"
            assessing.append(threads.submit(second.trainer.post, address, **levels))
            wait(assessing, A_MOMENT)

        interrupted(monkeypatch, rubric_import, "_as_fact", assess)
        assert graded.trainer.post("grading/marks/confirm", marks=f"{number}_-_85").status == 200
        assert assessing[0].result(PATIENCE).status == 200
    in_order = select(AssessmentFact.levels).order_by(AssessmentFact.id)
    assert [bool(told) for told in rows(graded, in_order)] == [False, True]


def test_two_who_mark_the_same_contributions_do_not_overwrite_each_other(graded, second, monkeypatch):
    """Else the later one, whose page showed no mark, would go over what the earlier one gave."""
    asked = [f"post:{id_of(graded.ask(key, about=key))}=" for key in ("ines", "hugo")]
    with ThreadPoolExecutor(1) as threads:
        marked = []

        def mark_the_same():
            told = {"pick": asked[::-1], "mark": "0"}
            marked.append(threads.submit(second.trainer.post, "grading/to-mark", **told))
            wait(marked, A_MOMENT)

        interrupted(monkeypatch, marking, "_note", mark_the_same)
        assert (
            "2 "
            in graded.trainer.post("grading/to-mark", pick=asked, mark="1/2").soup.select_one("#marked").text
        )
        said = marked[0].result(PATIENCE).soup.select_one("#marked")
    assert said.select_one("form") is None
    marks = select(ContributionFact.quality).where(ContributionFact.act == "marked")
    assert rows(graded, marks) == ["1/2", "1/2"]
