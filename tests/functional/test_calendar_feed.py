"""A private link by which a calendar program follows the dates of a community, read as one reads it."""

from datetime import timedelta

import pytest
from icalendar import Calendar
from sqlalchemy import select, update

from lti_tool import clock
from lti_tool.extensions import db
from lti_tool.models import CalendarFeed, Membership, MembershipState
from lti_tool.services import erasure_traces, person_export
from lti_tool.transactions import reading, transaction
from tests.support.statements import counted
from tests.support.world import TOOL


@pytest.fixture
def course(space):
    for person in ("ines", "claire"):
        space.home(person)
    return space


def prompt(space, title: str, **more):
    form = {"title": title, "body": "Do this.", "deadline": "2090-01-05T18:00"} | more
    page = space.home("claire").post("prompts", **form)
    assert page.status == 200, page.text


def link(space, person: str = "ines") -> str:
    """Make somebody's link and return its path."""
    page = space.home(person).post("calendar")
    return page.soup.select_one("#calendar-address")["value"].removeprefix(TOOL)


def asked(space, address: str):
    """Ask as a calendar program does: without a cookie."""
    return space.world.app.test_client().get(address, base_url=TOOL)


def events(space, address: str) -> dict[str, object]:
    answer = asked(space, address)
    assert (answer.status_code, answer.mimetype) == (200, "text/calendar")
    return {str(one["summary"]): one for one in Calendar.from_ical(answer.data).walk("VEVENT")}


class TestAFeed:
    def test_tells_when_prompts_open_and_until_when(self, course):
        prompt(course, "A first try; with, signs\\")
        found = events(course, link(course))
        deadline = found["Échéance\u00a0: A first try; with, signs\\"]
        assert deadline["dtstart"].dt.isoformat() == "2090-01-05T17:00:00+00:00"  # in Paris
        assert deadline["url"].startswith(f"{TOOL}/communities/1/posts/")
        assert "Ouverture\u00a0: A first try; with, signs\\" in found

    def test_speaks_the_language_of_its_member(self, course):
        prompt(course, "T")
        course.home("ines").post("preferences/language", language="en")
        assert set(events(course, link(course))) == {"Opens: T", "Deadline: T"}

    def test_tells_learners_nothing_of_what_has_not_opened(self, course):
        prompt(course, "Later", opens_at="2089-01-01T10:00")
        assert events(course, link(course)) == {}
        assert len(events(course, link(course, "claire"))) == 2

    def test_tells_nothing_that_was_withdrawn(self, course):
        prompt(course, "T")
        course.home("claire").post("prompts/1/withdraw")
        assert events(course, link(course)) == {}

    def test_calls_a_date_that_is_moved_the_same(self, course):
        prompt(course, "T")
        address = link(course)
        before = events(course, address)["Échéance\u00a0: T"]
        moved = {"deadline": "2091-01-05T18:00", "version": "0", "reason": "Holidays"}
        course.home("claire").post("prompts/1/edit", title="T", body="Do this.", **moved)
        after = events(course, address)["Échéance\u00a0: T"]
        assert before["uid"] == after["uid"] and before["dtstart"].dt < after["dtstart"].dt

    def test_costs_the_same_for_many_as_for_few(self, course):
        address = link(course)

        def cost() -> int:
            with course.world.app.app_context(), counted() as sent:
                asked(course, address)
            return len(sent)

        prompt(course, "One")
        few = cost()
        for number in range(4):
            prompt(course, f"Number {number}")
        assert cost() == few <= 8


class TestALink:
    def test_stays_the_same_until_another_is_made(self, course):
        first = link(course)
        shown = course.home("ines").get("calendar").soup.select_one("#calendar-address")["value"]
        assert shown == TOOL + first
        second = link(course)
        assert (asked(course, first).status_code, asked(course, second).status_code) == (404, 200)

    def test_can_be_ended(self, course):
        address = link(course)
        page = course.home("ines").post("calendar/end")
        assert page.soup.select_one("#calendar-address") is None
        assert asked(course, address).status_code == 404

    @pytest.mark.parametrize("token", ["x", "1-" + "0" * 64, "²-" + "0" * 64, "9" * 80])
    def test_that_nobody_made_tells_nothing(self, course, token):
        link(course)
        assert asked(course, f"/o/calendar/{token}.ics").status_code == 404

    def test_of_one_member_is_not_that_of_another(self, course):
        link(course, "claire")
        number, _, mark = link(course).rpartition("/")[2].partition("-")
        assert asked(course, f"/o/calendar/{int(number) + 1}-{mark}").status_code == 404

    def test_of_somebody_who_was_removed_tells_nothing(self, course):
        prompt(course, "T")
        address, number = link(course), course.number("ines")
        with course.world.app.app_context(), transaction():
            gone = update(Membership).where(Membership.id == number)
            db.session.execute(gone.values(state=MembershipState.REMOVED))
        assert asked(course, address).status_code == 404

    def test_goes_with_its_member_and_its_key_is_given_to_nobody(self, course):
        link(course)
        number = course.number("ines")
        with course.world.app.app_context(), reading():
            user = db.session.scalars(select(Membership.user_id).where(Membership.id == number)).one()
            held = person_export.of_person(user, clock.now() + timedelta(seconds=1))["held"]
        assert set(held["calendar_feed"][0]) == {"member_id", "made_at"}
        with course.world.app.app_context(), transaction():
            erasure_traces.forget_what_was_followed([number], clock.now())
        assert course.count(CalendarFeed) == 0
