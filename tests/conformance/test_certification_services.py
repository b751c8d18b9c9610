"""Certification checklist, services: members 39 to 44, gradebook 45 to 54 (requirements sheet, section 8)."""

import pytest
from sqlalchemy import select

from lti_tool.models import Course, DeliveryState, LineItemState
from tests.functional.launches import launch_with
from tests.passback.test_final_values import keep_up, pass_a_week
from tests.rosters.course import RosterCourse
from tests.support.classroom import COLUMN, ONE_QUESTION, Classroom
from tests.support.world import FRENCH

pytestmark = pytest.mark.slow_on_postgresql

NO_GRADEBOOK = "n’ouvre pas encore de carnet de notes"


def test_cert_39_roster_claim(world):
    """Members (NRPS): launch with the claim"""
    world.enter("claire")
    with world.database() as session:
        assert session.scalars(select(Course.roster_url)).one().startswith(world.lms.settings.issuer)


def test_cert_40_roster_token(world):
    """Members (NRPS): token with the scope"""
    RosterCourse(world).read()
    given = [call.detail for call in world.lms.calls_described("token given")]
    assert given[0] == "contextmembership.readonly"


def test_cert_41_roster_read(world):
    """Members (NRPS): members listed and shown"""
    course = RosterCourse(world)
    course.read()
    assert "Inès Lefèvre" in course.trainer.get("members").text
    assert course.active() == course.in_the_lms() - {"testuser"}


def test_cert_42_roster_pages(world):
    """Members (NRPS): further pages followed"""
    world.lms.quirks.roster_page_size = 4
    course = RosterCourse(world)
    course.read()
    assert len(world.lms.roster_requests) > 2
    assert course.active() == course.in_the_lms() - {"testuser"}


def test_cert_43_roster_without_filters(world):
    """Members (NRPS): no role filter and no `rlid` is used, the whole list is read"""
    RosterCourse(world).read()
    assert all("role=" not in one.query and "rlid" not in one.query for one in world.lms.roster_requests)


def test_cert_44_no_roster(world):
    """Members (NRPS): without the claim the feature is hidden"""
    world.lms.quirks.roster_in_launch = False
    home = world.enter("claire")
    assert home.get("members").soup.select_one("form[action*='members/roster']") is None
    assert home.post("members/roster").status == 404


def test_cert_45_gradebook_claim(world):
    """Gradebook (AGS): launch with the claim"""
    world.enter("claire")
    with world.database() as session:
        course = session.scalars(select(Course)).one()
        assert course.line_items_url and len(course.grade_scopes) == 4


def test_cert_46_columns_listed(world):
    """Gradebook (AGS): line items listed before one is made"""
    Classroom(world).ready()
    words = [call.word for call in world.lms.requests if call.word.startswith("column")]
    assert words[:2] == ["columns read", "column made"]


def test_cert_47_column_made(world):
    """Gradebook (AGS): line item created"""
    classroom = Classroom(world).ready()
    (column,) = classroom.columns()
    assert (column.label, column.maximum) == (COLUMN, 20)
    assert classroom.item().state is LineItemState.BOUND


def test_cert_48_column_changed(world):
    """Gradebook (AGS): line item of ours renamed; all else of it stays as it is"""
    classroom = whole_way(world)
    (before,) = classroom.columns()
    kept = (before.id, before.maximum, before.tag, before.resource_id, dict(before.grades))
    classroom.trainer.post(f"grading/columns/{classroom.item().column_id}/name", name="Mutual help")
    classroom.make_columns()
    (after,) = world.lms.lineitems(FRENCH)
    assert after.label == "Mutual help"
    assert (after.id, after.maximum, after.tag, after.resource_id, dict(after.grades)) == kept
    assert len(world.lms.calls_described("column changed")) == 1


def test_cert_49_column_deleted(world):
    """Gradebook (AGS): line item of ours deleted when the trainer asks for it"""
    classroom = whole_way(world)
    assert world.lms.calls_described("column deleted") == []
    classroom.trainer.post(f"grading/line-items/{classroom.item().id}/delete")
    classroom.make_columns()
    assert world.lms.lineitems(FRENCH) == []
    assert len(world.lms.calls_described("column deleted")) == 1


def test_cert_49_column_of_others_not_deleted(world):
    """Gradebook (AGS): the line item of an activity, which we only use, cannot be deleted from here"""
    world.lms.quirks.lineitem_in_launch = True
    classroom = Classroom(world)
    take_the_column_of_the_activity(classroom)
    answer = classroom.trainer.post(f"grading/line-items/{classroom.item().id}/delete")
    classroom.make_columns()
    assert answer.status == 409
    assert len(world.lms.lineitems(FRENCH)) == 1


def whole_way(world) -> Classroom:
    classroom = Classroom(world).ready()
    classroom.ask()
    classroom.send()
    classroom.deliver()
    return classroom


def test_cert_50_score_sent(world):
    """Gradebook (AGS): score posted while the training goes on, graded so that the LMS shows the value"""
    classroom = whole_way(world)
    assert (classroom.state(), classroom.grade()) == (DeliveryState.CONFIRMED, ONE_QUESTION)
    (call,) = [one for one in world.lms.requests if one.path.endswith("/scores")]
    assert '"FullyGraded"' in call.body and '"InProgress"' in call.body


def test_cert_50_final_score_sent(world):
    """Gradebook (AGS): the score of a training that is over is posted as completed"""
    classroom = Classroom(world)
    classroom.switch_on(weeks="1")
    classroom.make_columns()
    classroom.ask()
    pass_a_week(classroom)
    keep_up(classroom)
    classroom.send()
    classroom.deliver()
    assert (classroom.state(), classroom.grade() is not None) == (DeliveryState.CONFIRMED, True)
    (call,) = [one for one in world.lms.requests if one.path.endswith("/scores")]
    assert '"FullyGraded"' in call.body and '"Completed"' in call.body


def test_cert_51_results_read(world):
    """Gradebook (AGS): results read, before and after sending"""
    whole_way(world)
    assert len(world.lms.calls_described("results read")) >= 2


def test_cert_52_declared_column(world):
    """Gradebook (AGS): a line item that the activity has is offered and can be taken"""
    world.lms.quirks.lineitem_in_launch = True
    classroom = Classroom(world)
    take_the_column_of_the_activity(classroom)
    assert classroom.item().state is LineItemState.BOUND
    assert world.lms.calls_described("column made") == []


def take_the_column_of_the_activity(classroom) -> None:
    offered = classroom.trainer.get("grading").soup.select(
        "input[name=line_item], select[name=line_item] option"
    )
    choices = [one["value"] for one in offered if one["value"] != "new"]
    classroom.switch_on(line_item=choices[0])
    classroom.make_columns()


def test_cert_53_no_scope(world):
    """Gradebook (AGS): without the scopes the trainer is told, and nothing is asked of the LMS"""
    world.lms.quirks.scopes_not_allowed = ["lineitem", "lineitem.readonly", "result.readonly", "score"]
    classroom = Classroom(world)
    assert NO_GRADEBOOK in classroom.trainer.get("grading").text
    classroom.ready()
    classroom.ask()
    classroom.send()
    classroom.deliver()
    assert classroom.item().state is LineItemState.REFUSED
    assert world.lms.calls_described("token given") == []


def test_cert_53_no_service(world):
    """Gradebook (AGS): without the claim the trainer is told, and no column of the LMS is offered"""
    home = launch_with(world.browser("claire"), without_service)
    page = home.get("grading")
    assert NO_GRADEBOOK in page.text
    assert [one["value"] for one in page.soup.select("input[name=line_item]")] == ["new"]
    assert world.lms.calls_described("token given") == []


def without_service(claims) -> None:
    del claims["https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"]


def test_cert_54_token_refused(world):
    """Gradebook (AGS): token refused: the trainer is told, nothing breaks"""
    classroom = Classroom(world).ready()
    classroom.ask()
    world.lms.tokens.forget_all()
    world.lms.quirks.refuse_tokens = True
    classroom.send()
    classroom.deliver()
    assert classroom.cell().problem == "token-refused"
    page = classroom.trainer.get("grading")
    assert page.status == 200
    assert "La plateforme n’accepte pas notre clé." in page.text
