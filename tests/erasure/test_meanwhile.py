"""Somebody is erased while they write, launch and are marked: everybody is answered, and nothing is left."""

import threading
from datetime import timedelta
from fractions import Fraction

import pytest
from sqlalchemy import select

from lti_tool import clock
from lti_tool.errors import ToolError
from lti_tool.models import ContributionFact, Enrolment, Membership, Post, RunningScore, User
from lti_tool.services import assessment, housekeeping
from lti_tool.transactions import transaction
from tests.erasure.lived_in import LivedIn

WRITTEN = 25


@pytest.mark.long
@pytest.mark.parametrize("again", range(5))
def test_everybody_is_answered_and_nothing_is_left(world, again):
    lived = LivedIn(world)
    number, begun, answers = lived.user_id(), threading.Event(), []
    page, other = (lived.classroom.learner(key).get("") for key in ("ines", "karim"))

    def write(who):
        for count in range(WRITTEN):
            body = f"About {count} " + " ".join(f"word{one}" for one in range(30))
            answers.append(who.post("posts/2/comments", body=body, follow=False).status)
            begun.set() if count > WRITTEN // 3 else None

    def launch():
        begun.wait(20)
        for _ in range(5):
            browser = world.browser("ines")
            # Whoever is erased between the launch and the page that follows it is asked to open it again.
            answers.append(browser.launch(browser.launch_form()).status)

    def mark():
        for count in range(WRITTEN):
            try:
                lived.desk.do(assessment.mark, "post:1", Fraction(count % 2), f"Inès {count}", clock.now())
            except ToolError as refusal:
                answers.append(refusal.status)

    def erase():
        begun.wait(20)
        answers.append(lived.erase_number(number))

    doing = [(write, page), (write, other), (launch,), (mark,), (erase,)]
    threads = [threading.Thread(target=one[0], args=one[1:]) for one in doing]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(answers) <= {True, 200, 303, 401, 403, 404}, answers
    with lived.app.app_context(), transaction():
        housekeeping.sweep(clock.now() + timedelta(minutes=1))
    # She has launched again, as somebody new, whose name that account alone has.
    assert {table for table, _, _ in lived.traces()} <= {"user_account"}
    with lived.world.database() as session:
        theirs = select(Membership.id).where(Membership.user_id == number)
        kept = select(RunningScore.id).where(RunningScore.member_id.in_(theirs))
        assert session.scalars(kept).all() == []
        active = select(Enrolment.id).where(Enrolment.user_id == number, Enrolment.active)
        assert session.scalars(active).all() == []
        assert session.get(User, number).name is None
        reasons = select(ContributionFact.reason).where(ContributionFact.member_id.in_(theirs))
        assert set(session.scalars(reasons)) <= {None}
        assert session.scalars(select(Post.id)).all()
