"""Redis dies and forgets everything: the database knows what there is to do."""

import pytest

from tests.faults.site import until
from tests.faults.test_killed_workers import Run

pytestmark = [pytest.mark.processes, pytest.mark.postgresql, pytest.mark.timeout(150)]

A_SWEEP = 75.0  # seconds: a minute, and what a busy machine takes


class TestAQueueThatIsLost:
    def test_people_notice_nothing_and_grades_arrive_when_it_is_back(self, site):
        run = self._asked_without_queue(site)
        site.redis.start()
        site.restart_a_worker(0)  # whoever starts looks at once; the others do within a minute
        run.settle()
        run.check()

    @pytest.mark.long
    def test_those_who_were_working_find_everything_within_a_sweep(self, site):
        run = self._asked_without_queue(site)
        site.redis.start()
        until(lambda: set(run.states()) == {"confirmed"}, "a sweep", A_SWEEP)
        run.check()

    def _asked_without_queue(self, site) -> Run:
        run = Run(site, chance=None)
        run.prepare()
        run.wait_for_the_column()
        site.redis.close()
        sent = run.trainer.post("grading/send", everyone="1")
        assert sent.status_code == 303
        assert run.states() == ["due"] * len(run.keys)
        return run
