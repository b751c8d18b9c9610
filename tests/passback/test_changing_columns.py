"""A column that a trainer renames, or has deleted: the LMS follows, and keeps what is not spoken of."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from demo_lms import troubles
from lti_tool import clock
from lti_tool.models import AuditEntry, DeliveryState, GradeColumn, LineItemState
from lti_tool.services import diagnosis_state, line_items, retries
from lti_tool.services.problems import Problem
from lti_tool.transactions import reading
from tests.support.classroom import ONE_QUESTION, TWO_QUESTIONS
from tests.support.world import ENGLISH, FRENCH

LATER = retries.LONGEST_WAIT * 2
NEW = "Entraide & pratique"


def column_of(classroom) -> GradeColumn:
    with classroom.world.database() as session:
        column = session.scalars(select(GradeColumn)).one()
        session.expunge(column)
        return column


def rename(classroom, name: str = NEW):
    return classroom.trainer.post(f"grading/columns/{column_of(classroom).id}/name", name=name)


def delete(classroom):
    return classroom.trainer.post(f"grading/line-items/{classroom.item().id}/delete")


def work_of(classroom) -> str:
    """Return what `lti-tool doctor` says of work that waits for people."""
    with classroom.world.app.app_context(), reading():
        found = diagnosis_state.state(classroom.world.app.extensions["settings"], clock.now())
    return " ".join(one.sentence for one in found if one.subject == "work")


def in_the_lms(classroom, name: str) -> list:
    return [item for item in classroom.lms.lineitems(FRENCH) if item.label == name]


@pytest.fixture
def sent(graded):
    """A classroom where the column has a score."""
    graded.ask(about="one")
    graded.send()
    graded.deliver()
    assert graded.grade() == ONE_QUESTION
    return graded


class TestTwoWorkers:
    def test_make_one_column(self, classroom):
        """The second one runs to its end between every two steps of the first."""
        classroom.switch_on()
        classroom.make_columns(pause=lambda step: classroom.make_columns())
        assert len(classroom.lms.calls_described("column made")) == 1
        assert (len(classroom.columns()), classroom.item().state) == (1, LineItemState.BOUND)

    def test_that_come_again_find_it_where_it_was(self, sent):
        """An LMS that let nobody in for a while, and has lost the tag since."""
        sent.lms.quirks.refuse_tokens = True
        sent.lms.tokens.forget_all()
        rename(sent)
        sent.make_columns()
        assert (sent.item().state, sent.item().problem) == (LineItemState.BOUND, Problem.NOT_RENAMED)
        sent.lms.quirks.refuse_tokens = False
        sent.columns()[0].tag = ""
        rename(sent)
        sent.make_columns()
        assert (len(sent.lms.lineitems(FRENCH)), len(in_the_lms(sent, NEW))) == (1, 1)


class TestRenaming:
    def test_changes_the_name_in_the_lms_and_nothing_else(self, sent):
        (before,) = sent.columns()
        kept = (before.id, before.maximum, before.tag, before.resource_id, dict(before.grades))
        assert rename(sent).status == 200
        sent.make_columns()
        (after,) = in_the_lms(sent, NEW)
        assert (after.id, after.maximum, after.tag, after.resource_id, dict(after.grades)) == kept
        assert sent.columns() == []
        item = sent.item()
        assert (item.state, item.label, item.bound_label, item.problem) == (
            LineItemState.BOUND,
            NEW,
            NEW,
            None,
        )

    def test_goes_on_with_the_same_scores(self, sent):
        rename(sent)
        sent.make_columns()
        sent.ask(about="two")
        sent.send()
        sent.deliver()
        (column,) = in_the_lms(sent, NEW)
        assert (sent.state(), sent.lms.score_of(FRENCH, "u-ines", column.id)) == (
            DeliveryState.CONFIRMED,
            TWO_QUESTIONS,
        )

    def test_is_said_on_the_pages_and_in_the_audit_log(self, sent):
        page = rename(sent)
        assert NEW in page.soup.select_one("section.card h2").text
        with sent.world.database() as session:
            (entry,) = session.scalars(select(AuditEntry).where(AuditEntry.act == "grading.column-renamed"))
            assert entry.detail == {"before": "Participation", "name": NEW}

    def test_that_the_lms_does_not_allow_keeps_the_column_at_work(self, sent):
        sent.lms.quirks.column_changes_refused = 403
        rename(sent)
        sent.make_columns()
        item = sent.item()
        assert (item.state, item.problem) == (LineItemState.BOUND, Problem.NOT_RENAMED)
        assert "garde l’ancien nom" in sent.trainer.get("grading").text
        sent.ask(about="two")
        sent.send()
        sent.deliver()
        assert (sent.state(), sent.grade()) == (DeliveryState.CONFIRMED, TWO_QUESTIONS)
        sent.lms.quirks.column_changes_refused = None
        rename(sent)
        sent.make_columns()
        assert (len(in_the_lms(sent, NEW)), sent.item().problem) == (1, None)

    def test_of_one_that_is_gone_says_that_and_nothing_else(self, sent):
        sent.lms.gradebook.items.clear()
        rename(sent)
        sent.make_columns()
        assert (sent.item().state, sent.item().problem) == (LineItemState.REFUSED, Problem.LINE_ITEM_GONE)
        assert sent.lms.lineitems(FRENCH) == []
        sent.trainer.post(f"grading/line-items/{sent.item().id}/again")
        sent.make_columns()
        assert len(in_the_lms(sent, NEW)) == 1
        assert (sent.item().state, sent.state()) == (LineItemState.BOUND, DeliveryState.READY)

    def test_while_the_lms_is_down_is_made_up_for(self, sent):
        sent.lms.quirks.down = True
        rename(sent)
        sent.make_columns()
        assert sent.item().state is LineItemState.WANTED
        sent.lms.quirks.down = False
        sent.make_columns(after=LATER)
        assert len(in_the_lms(sent, NEW)) == 1

    def test_while_it_is_being_made_is_not_lost(self, classroom):
        classroom.switch_on()

        def pause(step: str) -> None:
            if step == "line-item-made" and column_of(classroom).name != NEW:
                rename(classroom)

        classroom.make_columns(pause=pause)
        assert (len(classroom.lms.lineitems(FRENCH)), len(in_the_lms(classroom, NEW))) == (1, 1)
        assert classroom.item().state is LineItemState.BOUND

    def test_whose_answer_was_lost_is_done_once(self, sent):
        sent.lms.quirks.troubles = [troubles.FINE, troubles.FINE, troubles.LOST]
        rename(sent)
        sent.make_columns()
        sent.make_columns(after=LATER)
        assert (len(in_the_lms(sent, NEW)), sent.item().state) == (1, LineItemState.BOUND)

    def test_to_the_name_that_it_has_changes_nothing(self, sent):
        rename(sent, "Participation")
        assert sent.item().state is LineItemState.BOUND

    @pytest.mark.parametrize("name", ["", "  ", "x" * 201])
    def test_to_what_is_no_name_is_refused_with_what_was_typed(self, sent, name):
        page = rename(sent, name)
        assert page.status == 422
        field = page.soup.select_one(f"#new-name-{column_of(sent).id}")
        assert (field["value"], field.has_attr("aria-invalid")) == (name, True)

    def test_leaves_an_adopted_one_its_name_in_the_lms(self, classroom):
        adopted = adopt(classroom)
        rename(classroom)
        classroom.make_columns()
        assert adopted.label != NEW
        assert (classroom.item().state, column_of(classroom).name) == (LineItemState.BOUND, NEW)


class TestAnLmsOfFewOrWrongWords:
    """Empty bodies, and content types that do not say what follows."""

    @pytest.mark.parametrize("quirk", ["empty_bodies", "mislabelled"])
    def test_is_understood_from_making_to_deleting(self, classroom, quirk):
        setattr(classroom.lms.quirks, quirk, True)
        classroom.ready()
        classroom.ask()
        classroom.send()
        classroom.deliver()
        assert (classroom.state(), classroom.grade()) == (DeliveryState.CONFIRMED, ONE_QUESTION)
        rename(classroom)
        classroom.make_columns()
        assert (len(in_the_lms(classroom, NEW)), classroom.item().label) == (1, NEW)
        delete(classroom)
        classroom.make_columns()
        assert (classroom.lms.lineitems(FRENCH), classroom.item().problem) == ([], Problem.REMOVED)


class TestDeleting:
    def test_takes_it_out_of_the_lms_and_keeps_all_that_is_here(self, sent):
        page = delete(sent)
        assert "en cours de suppression" in page.text
        sent.make_columns()
        assert sent.lms.lineitems(FRENCH) == []
        item = sent.item()
        assert (item.state, item.problem, item.url) == (LineItemState.REFUSED, Problem.REMOVED, None)
        assert sent.state() is DeliveryState.READY
        assert "Inès Lefèvre" in sent.trainer.get("grading").text

    def test_sends_nothing_until_it_is_made_again(self, sent):
        delete(sent)
        sent.make_columns()
        sent.send()
        sent.deliver()
        assert sent.state() is DeliveryState.READY
        assert "Créer de nouveau" in sent.trainer.get("grading").text
        sent.trainer.post(f"grading/line-items/{sent.item().id}/again")
        sent.make_columns()
        sent.send()
        sent.deliver()
        assert (sent.state(), sent.grade()) == (DeliveryState.CONFIRMED, ONE_QUESTION)

    def test_cannot_be_asked_of_what_is_not_ours(self, classroom):
        adopted = adopt(classroom)
        assert delete(classroom).status == 409
        classroom.make_columns()
        assert adopted in classroom.lms.lineitems(FRENCH)
        page = classroom.trainer.get("grading/columns")
        assert page.soup.select("form[action*='/delete']") == []

    @pytest.mark.parametrize("status", [401, 403])
    def test_that_the_lms_does_not_allow_keeps_the_column_at_work(self, sent, status):
        """Moodle's 403 and Canvas's 401, which does not speak of the token."""
        sent.lms.quirks.column_deletion_refused = status
        delete(sent)
        sent.make_columns()
        item = sent.item()
        assert (item.state, item.problem) == (LineItemState.BOUND, Problem.NOT_REMOVED)
        for below in ("grading", "grading/columns"):
            assert "ne nous a pas laissés supprimer" in sent.trainer.get(below).text, below
        assert sent.grade() == ONE_QUESTION

    def test_of_one_that_leads_to_somebody_elses_by_now_is_not_done(self, sent):
        sent.columns()[0].tag = "another tool's"
        delete(sent)
        sent.make_columns()
        assert (len(sent.columns()), sent.item().problem) == (1, Problem.NOT_REMOVED)

    def test_of_one_that_somebody_deleted_already_is_done(self, sent):
        sent.lms.gradebook.items.clear()
        delete(sent)
        sent.make_columns()
        assert sent.item().problem == Problem.REMOVED

    def test_while_the_lms_is_down_is_made_up_for_and_said(self, sent):
        sent.lms.quirks.down = True
        delete(sent)
        sent.make_columns()
        assert sent.item().problem == Problem.BEING_REMOVED
        sent.trainer.post(f"grading/line-items/{sent.item().id}/again")
        sent.lms.quirks.down = False
        sent.make_columns(after=LATER)
        assert sent.item().problem == Problem.REMOVED

    def test_that_never_works_is_given_up_and_the_column_stays(self, sent, monkeypatch):
        monkeypatch.setattr(line_items, "MOST_TRIES", 2)
        sent.lms.quirks.down = True
        delete(sent)
        for tries in range(2):
            sent.make_columns(after=LATER * tries)
        item = sent.item()
        assert (item.state, item.problem) == (LineItemState.BOUND, Problem.NOT_REMOVED)

    def test_whose_worker_dies_is_done_by_the_next(self, sent):
        class Died(BaseException):
            pass

        def die(step: str) -> None:
            if step == "line-item-made":
                raise Died

        delete(sent)
        with pytest.raises(Died):
            sent.make_columns(pause=die)
        sent.make_columns(after=line_items.LEASE + timedelta(seconds=1))
        assert (sent.item().problem, sent.lms.lineitems(FRENCH)) == (Problem.REMOVED, [])

    def test_is_no_work_for_the_operator(self, sent):
        delete(sent)
        for _ in range(2):
            assert "grade columns" not in work_of(sent)
            sent.make_columns()

    def test_twice_by_a_double_click_is_one(self, sent):
        assert (delete(sent).status, delete(sent).status) == (200, 200)

    def test_is_not_done_from_another_community(self, sent):
        elsewhere = sent.world.enter("claire", ENGLISH)
        for below in (
            f"grading/line-items/{sent.item().id}/delete",
            f"grading/columns/{column_of(sent).id}/name",
        ):
            assert elsewhere.post(below, name=NEW).status == 404


def adopt(classroom):
    """Adopt the activity's own column; return it as the LMS has it."""
    classroom.lms.quirks.lineitem_in_launch = True
    classroom.trainer = classroom.world.enter("claire")
    offered = classroom.trainer.get("grading").soup.select_one("input[name=line_item]:not([value=new])")
    classroom.switch_on(line_item=offered["value"])
    classroom.make_columns()
    return classroom.lms.own_lineitem(FRENCH)
