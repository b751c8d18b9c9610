"""Whom staff removed from a community stays out, whatever the LMS lists: the list is about a course."""

import pytest
from sqlalchemy import select

from demo_lms.people import LEARNER
from lti_tool.models import Membership, MembershipState, User
from tests.support.world import FRENCH


@pytest.fixture
def removed(course):
    """Hugo came in, everybody was listed, and the trainer removed him."""
    course.hugo = course.world.enter("hugo").get("")
    course.read()
    number = membership_of_hugo(course).id
    page = course.trainer.post(f"members/{number}/moderation", act="removed", body="Sold addresses.")
    assert "done=member-removed" in page.path, page.text
    return course


def membership_of_hugo(course) -> Membership:
    with course.world.database() as session:
        row = session.scalars(select(Membership).join(User).where(User.sub == "u-hugo")).one()
        session.expunge(row)
        return row


def is_out(course) -> bool:
    browser = course.hugo.browser
    return (
        membership_of_hugo(course).state is MembershipState.REMOVED
        and course.hugo.get("").status == 404
        and browser.launch(browser.launch_form()).status == 403
    )


class TestSomebodyRemoved:
    def test_is_not_brought_back_by_the_next_list(self, removed):
        removed.ask_and_read()
        assert is_out(removed)

    def test_is_not_brought_back_by_leaving_the_course_and_coming_again(self, removed):
        removed.lms.leave("hugo", FRENCH)
        removed.ask_and_read()
        assert "hugo" not in removed.active()
        removed.lms.enrol("hugo", FRENCH, LEARNER)
        removed.ask_and_read()
        assert "hugo" in removed.active()
        assert is_out(removed)

    def test_is_still_in_the_course_as_the_lms_says(self, removed):
        before = removed.active()
        removed.ask_and_read()
        assert removed.active() == before
        assert "hugo" in before
