"""A list that would end many enrolments is held and shown; staff decide."""

import pytest
from sqlalchemy import select

from demo_lms.people import INSTRUCTOR, LEARNER
from lti_tool.models import AuditEntry, RosterState
from tests.support.world import FRENCH

LISTED = 15
SEVEN = ("awa", "hugo", "thomas", "nadia", "julien", "karim", "lea")


@pytest.fixture
def listed(course):
    """Everybody of the course was listed once."""
    course.read()
    return course


@pytest.fixture
def held(listed):
    """Seven of fifteen are missing in the LMS's list, which was read."""
    for key in SEVEN:
        listed.lms.leave(key, FRENCH)
    listed.before = listed.standing()
    listed.ask_and_read()
    return listed


def acts(course) -> list[tuple]:
    with course.world.database() as session:
        found = session.scalars(select(AuditEntry).where(AuditEntry.act.startswith("roster.")))
        return [(one.act, one.detail) for one in found]


class TestTheLimit:
    def test_of_five_people_is_taken_over(self, listed):
        for key in SEVEN[:5]:
            listed.lms.leave(key, FRENCH)
        assert listed.ask_and_read().state is RosterState.IDLE
        assert len(listed.active()) == LISTED - 5

    def test_of_six_in_fifteen_is_held(self, listed):
        for key in SEVEN[:6]:
            listed.lms.leave(key, FRENCH)
        roster = listed.ask_and_read()
        assert (roster.state, roster.departures) == (RosterState.HELD, 6)

    def test_of_a_third_is_taken_over(self, listed):
        listed.lms.fill_course(FRENCH, 3)
        listed.ask_and_read()
        for key in SEVEN[:6]:
            listed.lms.leave(key, FRENCH)
        roster = listed.ask_and_read()
        assert (roster.state, roster.departures) == (RosterState.IDLE, 6)

    def test_counts_those_whom_the_lms_calls_inactive(self, listed):
        listed.lms.quirks.inactive_members = {f"u-{key}": "Inactive" for key in SEVEN}
        assert listed.ask_and_read().state is RosterState.HELD


class TestAHeldList:
    def test_changes_nothing_arrivals_included(self, held):
        held.lms.fill_course(FRENCH, 1)
        held.ask_and_read()
        assert held.state is RosterState.HELD
        assert held.standing() == held.before

    def test_is_shown_to_staff_with_who_is_missing(self, held):
        page = held.trainer.get("members")
        section = page.soup.select_one("#roster")
        assert [item.text for item in section.select("li")] == [
            held.user(key).name for key in sorted(SEVEN, key=lambda key: held.user(key).name)
        ]
        assert {button["value"] for button in section.select("button")} == {"keep", "take-over"}

    def test_is_not_shown_to_learners(self, held):
        page = held.world.enter("ines").get("members")
        assert page.soup.select_one("#roster") is None

    def test_names_fifty_at_most(self, listed):
        added = listed.lms.fill_course(FRENCH, 60)
        listed.ask_and_read()
        for person in added:
            listed.lms.leave(person.key, FRENCH)
        listed.ask_and_read()
        items = listed.trainer.get("members").soup.select("#roster li")
        assert len(items) == 51
        assert "10" in items[-1].text

    def test_is_also_one_whose_pages_the_lms_forgot_to_name(self, listed):
        before = listed.standing()
        listed.lms.quirks.roster_page_size, listed.lms.quirks.roster_missing_link = 4, True
        roster = listed.ask_and_read()
        assert (roster.state, roster.departures) == (RosterState.HELD, 11)
        assert listed.standing() == before

    def test_is_not_asked_for_again_by_a_visit(self, held):
        held.world.enter("bruno")
        assert held.state is RosterState.HELD

    def test_is_forgotten_when_the_next_reading_is_whole_again(self, held):
        for key in SEVEN:
            held.lms.enrol(key, FRENCH, LEARNER)
        roster = held.ask_and_read()
        assert (roster.state, roster.held_at, held.lines()) == (RosterState.IDLE, None, 0)


class TestTakingItOver:
    def test_ends_the_enrolments_and_is_audited(self, held):
        home = held.world.enter("ines")
        held.decide("take-over")
        assert held.active() == held.in_the_lms() - {"testuser"}
        assert home.get("").status == 200
        assert acts(held) == [("roster.taken-over", {"departures": 7})]
        assert (held.state, held.lines()) == (RosterState.IDLE, 0)

    def test_spares_who_came_meanwhile_with_a_lower_role_than_once(self, held):
        held.lms.enrol("awa", FRENCH, INSTRUCTOR)
        held.world.enter("awa")
        held.lms.enrol("awa", FRENCH, LEARNER)
        held.world.enter("awa")
        held.lms.leave("awa", FRENCH)
        held.ask_and_read()
        assert held.state is RosterState.HELD
        held.lms.enrol("awa", FRENCH, LEARNER)
        held.world.enter("awa")
        held.decide("take-over")
        assert "awa" in held.active()
        assert "hugo" not in held.active()

    def test_spares_who_came_meanwhile(self, held):
        held.lms.enrol("awa", FRENCH, LEARNER)
        held.world.enter("awa")
        held.decide("take-over")
        assert "awa" in held.active()
        assert "hugo" not in held.active()


class TestKeepingEverybody:
    def test_changes_nothing_and_is_audited(self, held):
        held.decide("keep")
        assert held.standing() == held.before
        assert acts(held) == [("roster.kept-everybody", {"departures": 7})]
        assert (held.state, held.lines()) == (RosterState.IDLE, 0)

    def test_is_told_as_long_as_that_list_is_the_last_one(self, held):
        held.decide("keep")
        section = held.trainer.get("members").soup.select_one("#roster")
        assert "écartée" in section.text
        assert section.select_one(".callout.ok") is None
        for key in SEVEN:
            held.lms.enrol(key, FRENCH, LEARNER)
        held.ask_and_read()
        section = held.trainer.get("members").soup.select_one("#roster")
        assert "écartée" not in section.text
        assert section.select_one(".callout.ok")

    def test_is_asked_again_by_the_next_reading(self, held):
        held.decide("keep")
        assert held.ask_and_read().state is RosterState.HELD


class TestDeciding:
    def test_twice_tells_that_it_is_done(self, held):
        held.decide("keep")
        assert held.decide("take-over").status == 409
        assert held.standing() == held.before

    def test_is_about_the_list_that_was_shown(self, held):
        shown = held.trainer.get("members")
        held.lms.leave("ines", FRENCH)
        held.ask_and_read()
        assert held.state is RosterState.HELD
        for decision in ("take-over", "keep"):
            assert held.decide(decision, shown).status == 409
        assert (held.state, held.standing()) == (RosterState.HELD, held.before)
        assert held.decide("keep").status == 200

    def test_is_for_staff_of_this_community(self, held):
        address = f"members/roster/{held.roster().id}/decision"
        assert held.world.enter("ines").post(address, decision="take-over").status == 403
        elsewhere = held.world.enter("omar", "3")
        assert elsewhere.post(address, decision="take-over").status in (403, 404)
        assert held.state is RosterState.HELD

    def test_knows_two_words(self, held):
        assert held.decide("whatever").status == 404
        assert held.state is RosterState.HELD
