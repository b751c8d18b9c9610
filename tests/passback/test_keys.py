"""A new signing key while grades are on their way: the LMS accepts what either key signed."""

from datetime import timedelta

from lti_tool import clock
from lti_tool.extensions import db
from lti_tool.lti.scores import access_to
from lti_tool.models import AccessTokenRow, DeliveryState, Platform
from lti_tool.services import signing
from lti_tool.transactions import transaction
from tests.support.classroom import ONE_QUESTION, TWO_QUESTIONS

WEEK = timedelta(days=7)


def rotate(graded):
    """Rotate, and have no token left that the old key got."""
    with graded.world.app.app_context(), transaction():
        before = access_to(db.session.query(Platform).one())
        signing.rotate(WEEK, clock.now())
        db.session.query(AccessTokenRow).delete()
    graded.lms.tokens.forget_all()
    return before


class TestRotatingTheKey:
    def test_scores_go_on_with_the_new_one(self, graded):
        graded.ask(about="one")
        graded.send()
        graded.deliver()
        rotate(graded)
        graded.ask(about="two")
        graded.send()
        graded.deliver()
        assert (graded.state(), graded.grade()) == (DeliveryState.CONFIRMED, TWO_QUESTIONS)

    def test_a_worker_that_began_before_goes_on_with_the_old_one(self, graded):
        graded.ask()
        graded.send()
        graded.deliver(pause=lambda step: rotate(graded) if step == "results-read" else None)
        assert (graded.state(), graded.grade()) == (DeliveryState.CONFIRMED, ONE_QUESTION)
