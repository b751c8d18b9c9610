"""Somebody opens the course for the first time while its roster is taken over: nobody waits crosswise."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from lti_tool.services import roster_takeover
from lti_tool.transactions import transaction

# On SQLite one writer comes after the other; there is nothing to cross.
pytestmark = pytest.mark.postgresql

PATIENCE = 15  # seconds


class TestANewcomer:
    def test_comes_in_while_the_takeover_holds_the_course(self, course):
        """Else the launch would wait for the course with its person's row, for which the takeover waits."""
        browser = course.world.browser("hugo")
        form = browser.launch_form()
        roster = course.roster()
        with ThreadPoolExecutor(1) as threads, course.world.app.app_context(), transaction():
            roster_takeover.locked(roster.id)
            launched = threads.submit(lambda: browser.launch(form, follow=False))
            assert launched.result(PATIENCE).status == 303
        assert course.enrolment("hugo").active
