"""The roster that Open edX's consumer gives (NRPS), read by our worker: pages, names, refusals."""

import re

from tests.support.waiting import until

ENOUGH_FOR_TWO_PAGES = 620


def read_roster(claire) -> str:
    """Press "Read the list now" and wait until the worker has; return what the page says."""
    assert claire.post("members/roster").status_code == 303
    return settled(claire)


def settled(claire) -> str:
    """Wait until no reading is under way; return what the members page says of the roster."""

    def said() -> str:
        return " ".join(claire.page("members").select_one("#roster").get_text(" ").split())

    waits = ("about to be read", "is being read", "has not been read yet")
    until(lambda: not any(wait in said() for wait in waits), said)
    return said()


class TestReadingTheRoster:
    def test_lists_those_who_never_came(self, connected, person):
        block = connected(learners=3)
        claire = person(block, block.claire).enter()
        assert "Read" in settled(claire)
        for name in ("Learner", "Claire Martin"):
            assert name in claire.page("members").get_text()
        assert re.search(r"\b4 people", settled(claire))

    def test_goes_on_to_the_last_page(self, connected, person):
        """They page by `limit` and `page`; our hint is 500."""
        block = connected(learners=ENOUGH_FOR_TWO_PAGES)
        claire = person(block, block.claire).enter()
        assert re.search(rf"\b{ENOUGH_FOR_TWO_PAGES + 1} people", settled(claire))

    def test_knows_the_learner_who_comes_afterwards_by_the_same_id(self, connected, person):
        block = connected(learners=2)
        claire = person(block, block.claire).enter()
        settled(claire)
        person(block, block.learners[0]).enter()
        assert re.search(r"\b3 people", read_roster(claire))
        assert "new" not in settled(claire)

    def test_takes_somebody_in_who_enrolled_since(self, connected, person, lms):
        block = connected(learners=1)
        claire = person(block, block.claire).enter()
        settled(claire)
        block.enrol("late-comer", "Late Comer")
        assert re.search(r"\b3 people.*1 new", read_roster(claire))


class TestARefusal:
    def test_of_a_large_course_is_said_in_words(self, connected, person):
        """`above_response_limit`, 403: edx-platform's limit for lists of members."""
        block = connected(learners=3, member_limit=2)
        claire = person(block, block.claire).enter()
        assert "does not give the list of a course this large" in settled(claire)

    def test_because_the_author_switched_the_service_off_is_said_in_words(self, connected, person):
        block = connected()
        claire = person(block, block.claire).enter()
        settled(claire)
        block.set(lti_1p3_enable_nrps=False)
        assert "does not let this tool read the list of the course" in read_roster(claire)

    def test_is_none_where_the_service_was_never_offered(self, connected, person):
        block = connected(fields={"lti_1p3_enable_nrps": False})
        claire = person(block, block.claire).enter()
        assert "does not give this tool the list of the course" in settled(claire)
