"""Whose silence says something: nothing is asked for in excused weeks."""

import pytest

from lti_tool.grading.facts import Act, Kind
from lti_tool.services.running_scores import summed_up
from tests.unit.grading.builders import Learner, moment


@pytest.mark.parametrize(
    ("excused", "week", "lately"),
    [
        ((), 1, False),
        ((1,), 1, True),
        ((1, 2), 2, True),
        # The running week asks for nothing yet; once it has closed it did.
        ((1,), 2, True),
        ((1,), 3, False),
        ((2,), 3, False),
        ((1, 2, 3, 4), 4, True),
    ],
)
def test_somebody_is_excused_lately_while_no_week_that_closed_asked_for_anything(excused, week, lately):
    learner = Learner()
    for number in excused:
        learner.excused(number)
    assert summed_up(learner.statement(as_of=moment(week, 3))).excused_lately is lately


def test_whoever_wrote_in_excused_weeks_alone_is_excused_and_has_nothing_that_counts():
    learner = Learner()
    learner.write(Kind.QUESTION, moment(1, 1))
    learner.excused(1)
    running = summed_up(learner.statement(as_of=moment(1, 3)))
    assert (running.has_contributions, running.excused_lately) == (False, True)
    learner.excused(1, at=moment(1, 3), act=Act.EXPECTED)
    running = summed_up(learner.statement(as_of=moment(1, 3)))
    assert (running.has_contributions, running.excused_lately) == (True, False)
