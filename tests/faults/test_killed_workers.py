"""Workers die at random moments while they send scores and read rosters: in the end everything is right."""

import json
import os
import random
import sys
import time
from decimal import Decimal

import pytest

from tests.faults.site import until
from tests.faults.visitor import Visitor

# kill -9 falls into the first second of a delivery; what is sent later is sent by those who live.
RUNS, LEARNERS, LATEST_KILL = 10, 4, 1.0
# People whom only the roster names, and how many the LMS lists on a page.
OTHERS, PAGE = 30, 4
SEED = int(os.environ.get("TEST_SEED", time.time_ns() % 1_000_000))

pytestmark = [pytest.mark.processes, pytest.mark.postgresql, pytest.mark.timeout(300)]


def test_workers_killed_at_random(site):
    play(site, RUNS)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_workers_killed_at_random_two_hundred_times(site):
    play(site, 200)


def play(site, runs: int) -> None:
    sys.stdout.write(f"TEST_SEED={SEED}\n")
    chance = random.Random(SEED)
    site.lms.quirks.slow_seconds, site.lms.quirks.roster_page_size = 0.02, PAGE
    for _ in range(runs):
        run = Run(site, chance)
        run.prepare()
        run.break_it()
        run.settle()
        run.check()


class Run:
    """One course whose grades are sent while a worker dies."""

    def __init__(self, site, chance: random.Random) -> None:
        self.site, self.chance = site, chance
        self.kills = self.lost = 0

    def prepare(self) -> None:
        """Open a course with its community and its questions; grading is on."""
        site = self.site
        self.course = site.open_course(LEARNERS)
        site.lms.fill_course(self.course, OTHERS)
        self.keys = [f"l-{self.course}-{number}" for number in range(LEARNERS)]
        self.trainer = Visitor(site, "claire", self.course).enter()
        for number, key in enumerate(self.keys):
            learner = Visitor(site, key, self.course).enter(web=number % 2)
            assert learner.ask(f"Question of {key}", web=1 - number % 2).status_code == 303
        switched_on = self.trainer.post(
            "grading",
            **{"name": "Participation", "maximum": "20", "line_item": "new", "confirmed": "1"},
            **{"starts_on": site.clock.now().date().isoformat(), "weeks": "8"},
        )
        assert switched_on.status_code == 303, switched_on.text

    def break_it(self) -> None:
        """Kill a worker while the column is made, now and then; send everything and kill one, or two."""
        if self.chance.random() < 0.3:
            self.kill(within=0.3)
        self.wait_for_the_column()
        sent = self.trainer.post("grading/send", everyone="1")
        assert sent.status_code == 303, sent.text
        for _ in range(self.chance.choice((1, 1, 2))):
            self.kill(within=LATEST_KILL)

    def wait_for_the_column(self) -> None:
        """Until the LMS has it and the tool knows: before, there is nothing that could be sent."""
        bound = (
            "SELECT 1 FROM line_item i JOIN course c ON c.id = i.course_id"
            " WHERE c.context_id = %s AND i.state = 'bound'"
        )
        until(lambda: self.site.rows(bound, self.course), "the column")

    def kill(self, within: float) -> None:
        """Kill a worker at some moment of the next seconds."""
        time.sleep(self.chance.uniform(0, within))
        self.lost += self.site.kill_a_worker(self.chance)
        self.kills += 1

    def settle(self) -> None:
        until(lambda: self.states() == ["confirmed"] * LEARNERS, Standing(self))
        until(lambda: self.roster() == ("idle", LEARNERS + OTHERS + 1), self.roster())

    def states(self) -> list[str]:
        return [
            state
            for (state,) in self.site.rows(
                "SELECT d.state FROM score_delivery d JOIN line_item i ON i.id = d.line_item_id"
                " JOIN course c ON c.id = i.course_id WHERE c.context_id = %s",
                self.course,
            )
        ]

    def roster(self) -> tuple[str, int]:
        """How the reading of the course's roster stands, and how many people it has listed."""
        ((state, listed),) = self.site.rows(
            "SELECT r.state, (SELECT count(*) FROM enrolment e WHERE e.course_id = c.id AND e.listed)"
            " FROM roster r JOIN course c ON c.id = r.course_id WHERE c.context_id = %s",
            self.course,
        )
        return state, listed

    def check(self) -> None:
        """Every cell is right, there is one column, and what was sent twice was lost on the way before."""
        lms = self.site.lms
        columns = [item for item in lms.lineitems(self.course) if item.label == "Participation"]
        assert len(columns) == 1
        grades = {key: lms.score_of(self.course, f"u-{key}", columns[0].id) for key in self.keys}
        assert grades == dict.fromkeys(self.keys, Decimal("5.00")), grades
        here = f"/lti/services/{self.course}/"
        stored = [call for call in lms.calls_described("score stored") if call.path.startswith(here)]
        posted = [json.loads(call.body)["userId"] for call in stored]
        assert set(posted) == {f"u-{key}" for key in self.keys}
        assert len(posted) - len(set(posted)) <= self.kills + self.lost


class Standing:
    """How the cells stand, for whoever waited in vain."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def __str__(self) -> str:
        said = [worker.printed()[-1500:] for worker in self._run.site.workers]
        problems = self._run.site.rows("SELECT DISTINCT problem, problem_detail FROM score_delivery")
        return f"{self._run.states()}, {problems}; the workers said {said}"
