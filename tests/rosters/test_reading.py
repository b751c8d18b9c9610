"""From the LMS's list to who is here: what a complete reading changes, and what it never does."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from demo_lms.people import INSTRUCTOR, LEARNER, Course
from lti_tool import clock
from lti_tool.extensions import db
from lti_tool.models import Enrolment, Membership, MembershipState, Role, RosterState, User
from lti_tool.services import roles, roster_reads
from lti_tool.services.retries import MOST_TRIES
from lti_tool.transactions import transaction
from tests.support.statements import counted
from tests.support.world import FRENCH

MINUTE = timedelta(minutes=1)
LEASE_LAPSED = roster_reads.LEASE + timedelta(seconds=1)


class TestACompleteReading:
    def test_lists_everybody_whom_the_lms_has_and_no_test_user(self, course):
        roster = course.read()
        assert roster.state is RosterState.IDLE
        assert course.active() == course.in_the_lms() - {"testuser"}
        assert (roster.people, roster.arrivals, roster.departures) == (15, 14, 0)
        assert course.lines() == 0

    def test_leaves_test_users_out_where_the_lms_lists_them(self, course):
        course.lms.quirks.test_user_in_roster = True
        course.read()
        assert "testuser" not in course.active()

    def test_brings_people_who_never_came_as_members_without_a_visit(self, course):
        course.read()
        enrolment = course.enrolment("ines")
        assert (enrolment.launch_roles, enrolment.launch_role) == ([], Role.OBSERVER)
        assert (enrolment.roster_role, enrolment.listed, enrolment.left_at) == (Role.LEARNER, True, None)
        with course.world.database() as session:
            wanted = select(Membership).join(User).where(User.sub == "u-ines")
            assert session.scalars(wanted).one().last_seen_at is None

    def test_takes_names_and_neither_mail_nor_picture(self, course):
        course.lms.quirks.send_email = True
        course.read()
        ines = course.user("ines")
        assert (ines.name, ines.given_name, ines.family_name) == ("Inès Lefèvre", "Inès", "Lefèvre")
        assert (ines.email, ines.picture) == (None, None)

    def test_keeps_a_name_that_a_launch_gave_when_the_list_has_none(self, course):
        course.lms.quirks.send_name = False
        course.read()
        assert course.user("claire").name == "Claire Dubois"
        assert course.user("ines").name is None

    def test_leaves_tutors_what_their_launch_said(self, course):
        course.world.enter("marc")
        course.read()
        marc = course.enrolment("marc")
        assert (marc.launch_role, marc.roster_role) == (Role.TRAINER, Role.LEARNER)
        assert roles.of_enrolment(marc, clock.now()) is Role.TRAINER

    def test_lets_a_later_launch_say_what_somebody_is(self, course):
        course.read()
        home = course.world.enter("marc")
        assert course.enrolment("marc").launch_role is Role.TRAINER
        assert home.get("grading").status == 200

    def test_of_a_second_time_changes_nothing(self, course):
        course.read()
        before = course.standing()
        roster = course.ask_and_read()
        assert course.standing() == before
        assert (roster.arrivals, roster.departures) == (0, 0)

    def test_does_not_bring_back_whom_staff_removed(self, course):
        home = course.world.enter("ines")
        with course.world.app.app_context(), transaction():
            ines = db.session.scalars(select(Membership).join(User).where(User.sub == "u-ines")).one()
            ines.state = MembershipState.REMOVED
        course.read()
        assert home.get("").status == 404

    @pytest.mark.parametrize(
        "quirks",
        [
            {"typographic_links": True},
            {"mixed_case_cursor": True},
            {"roster_drops_filters": True},
            {"short_role_names": False},
            {"typographic_links": True, "mixed_case_cursor": True, "roster_last_page_without_link": True},
        ],
        ids=str,
    )
    def test_follows_all_pages(self, course, quirks):
        for name, value in ({"roster_page_size": 3} | quirks).items():
            setattr(course.lms.quirks, name, value)
        roster = course.read()
        assert (roster.people, roster.state) == (15, RosterState.IDLE)
        assert roster.pages >= 5

    def test_costs_the_same_for_many_as_for_few(self, course):
        def cost() -> int:
            course.ask()
            with course.world.app.app_context(), counted() as sent:
                course.read()
            return len(sent)

        cost()
        few = cost()
        course.lms.fill_course(FRENCH, 200)
        assert cost() == few
        assert len(course.active()) == 215


class TestAnIncompleteReading:
    """Nothing of it is taken over, and it says why."""

    @pytest.mark.parametrize(
        ("quirks", "state"),
        [
            ({"roster_repeats_link": True}, RosterState.REFUSED),
            ({"roster_fails_on_page": 3}, RosterState.DUE),
            ({"roster_scope_refused": 403}, RosterState.REFUSED),
        ],
        ids=str,
    )
    def test_changes_nothing(self, course, quirks, state):
        course.world.enter("ines")
        before = course.standing()
        for name, value in ({"roster_page_size": 4} | quirks).items():
            setattr(course.lms.quirks, name, value)
        roster = course.read()
        assert (roster.state, course.standing(), course.lines()) == (state, before, 0)
        assert roster.problem

    def test_keeps_those_whom_an_earlier_one_listed(self, course):
        course.read()
        course.lms.quirks.roster_page_size = 4
        course.lms.quirks.roster_fails_on_page = 2
        before = course.standing()
        course.ask_and_read()
        assert course.standing() == before

    def test_is_tried_again_later_and_given_up_in_the_end(self, course, monkeypatch):
        monkeypatch.setattr(roster_reads, "MOST_TRIES", 3)
        course.lms.quirks.roster_fails_on_page = 1
        for number in range(3):
            assert course.roster().attempts == number
            course.read(after=number * timedelta(hours=2))
        assert (course.state, course.roster().problem) == (RosterState.REFUSED, "given-up")

    def test_says_in_words_what_is_wrong_and_goes_on_when_it_is_mended(self, course):
        course.lms.quirks.roster_scope_refused = 401
        course.read()
        assert "IMS LTI Names and Role Provisioning" in course.trainer.get("members").text
        course.lms.quirks.roster_scope_refused = None
        assert course.ask_and_read().problem is None


class TestACourseThatIsTooLarge:
    """Open edX gives no list of it: `above_response_limit`."""

    @pytest.mark.parametrize(
        ("language", "sentence"),
        [
            ("en", "The LMS does not give the list of a course this large. Everybody who opens this space"),
            ("fr", "La plateforme ne donne pas la liste d’un cours aussi grand. Toute personne qui ouvre"),
        ],
    )
    def test_is_said_with_what_that_means(self, course, language, sentence):
        course.world.enter("ines")
        before = course.standing()
        course.lms.quirks.roster_too_large = True
        roster = course.read()
        assert (roster.state, roster.problem) == (RosterState.REFUSED, "roster-too-large")
        assert course.standing() == before
        course.trainer.post("preferences/language", follow=False, language=language)
        page = " ".join(course.trainer.get("members").text.split())
        assert sentence in page
        assert "above_response_limit" in page

    def test_is_not_asked_for_again_and_again(self, course):
        course.lms.quirks.roster_too_large = True
        course.read()
        asked = len(course.lms.roster_requests)
        course.read(after=timedelta(hours=2))
        assert len(course.lms.roster_requests) == asked


class TestAListThatNamesItsDifferences:
    def test_is_read_whole_and_they_are_left_alone(self, course):
        """What changed since is half a list: nobody's absence follows from it."""
        course.lms.quirks.roster_names_differences = True
        course.lms.quirks.roster_page_size = 4
        assert course.read().problem is None
        assert len(course.active()) == 15
        assert not [call for call in course.lms.roster_requests if "since" in call.query]


class TestWhoLeft:
    @pytest.fixture
    def left(self, course):
        """Inès came, was listed, and is in the course no more."""
        home = course.world.enter("ines")
        course.read()
        course.lms.leave("ines", FRENCH)
        return home

    def test_finds_nothing_of_the_community_any_more(self, course, left):
        assert left.get("").status == 200
        roster = course.ask_and_read()
        assert roster.departures == 1
        for below in ("", "members", "posts/new", "changes"):
            assert left.get(below).status == 404, below
        assert left.post("posts", kind="question", title="Hello", body="Anybody?").status == 404

    def test_is_no_longer_listed_or_graded(self, course, left):
        course.ask_and_read()
        enrolment = course.enrolment("ines")
        assert (enrolment.active, enrolment.listed, enrolment.roster_role) == (False, False, None)
        assert enrolment.left_at is not None
        assert "Inès Lefèvre" not in course.trainer.get("members").text

    def test_stays_while_an_appointment_lasts(self, course, left):
        number = next(
            form["action"].split("/members/")[1].split("/")[0]
            for form in course.trainer.get("members").soup.select("form[action*='/appointment']")
            if "Inès" in form.find_parent("tr").text
        )
        course.trainer.post(f"members/{number}/appointment", role="community_manager")
        course.ask_and_read()
        assert left.get("members").status == 200

    def test_is_back_with_a_launch_and_with_a_list(self, course, left):
        course.ask_and_read()
        course.lms.enrol("ines", FRENCH, LEARNER)
        assert course.world.enter("ines").status == 200
        assert course.enrolment("ines").left_at is None
        course.ask_and_read()
        assert course.enrolment("ines").listed

    def test_by_the_word_of_the_lms_is_out_as_well(self, course):
        course.read()
        course.lms.quirks.inactive_members = {"u-ines": "Inactive", "u-karim": "Deleted"}
        assert course.ask_and_read().departures == 2
        assert not {"ines", "karim"} & course.active()

    def test_is_not_somebody_who_came_while_the_list_was_read(self, course):
        course.world.enter("ines")
        course.read()
        course.lms.leave("ines", FRENCH)
        course.ask()
        course.lms.enrol("ines", FRENCH, LEARNER)
        course.world.enter("ines")
        course.lms.leave("ines", FRENCH)
        course.read()
        assert "ines" in course.active()
        course.ask_and_read()
        assert "ines" not in course.active()

    def test_is_never_somebody_whom_no_list_had(self, course):
        course.lms.quirks.inactive_members = {}
        course.world.enter("ines")
        course.lms.leave("ines", FRENCH)
        course.read()
        course.ask_and_read()
        assert "ines" in course.active()

    def test_leaves_one_course_and_stays_in_the_other(self, course):
        course.lms.add_course(Course("8", "L", "New", "en", "88", "Link"))
        course.lms.enrol("ines", "8", INSTRUCTOR)
        course.world.enter("ines", "8")
        course.world.enter("ines")
        course.read()
        course.lms.leave("ines", FRENCH)
        course.ask_and_read()
        with course.world.database() as session:
            wanted = select(Enrolment.active).join(User).where(User.sub == "u-ines").order_by(Enrolment.id)
            assert list(session.scalars(wanted)) == [True, False]


class TestAsking:
    def test_by_a_trainers_visit_once_a_day(self, course, time_machine):
        course.read()
        course.world.enter("claire")
        assert course.state is RosterState.IDLE
        time_machine.move_to(clock.now() + timedelta(hours=25), tick=True)
        course.world.enter("ines")
        assert course.state is RosterState.IDLE
        course.world.enter("bruno")
        assert course.state is RosterState.DUE

    def test_by_a_visit_leaves_a_refusal_alone_for_a_while(self, course, time_machine):
        course.lms.quirks.roster_scope_refused = 403
        course.read()
        course.world.enter("claire")
        assert course.state is RosterState.REFUSED
        time_machine.move_to(clock.now() + timedelta(hours=2), tick=True)
        course.world.enter("claire")
        assert course.state is RosterState.DUE

    def test_twice_reads_once(self, course):
        course.ask()
        course.ask()
        course.read()
        assert len(course.lms.roster_requests) == 1

    def test_while_it_is_read_does_not_begin_anew(self, course):
        course.lms.quirks.roster_page_size = 4
        course.read(pause=lambda step: course.ask() if step == "page-stored" else None)
        assert len(course.lms.roster_requests) == 4

    def test_is_refused_where_no_lms_offers_a_list(self, course):
        course.lms.quirks.roster_in_launch = False
        home = course.world.enter("grace", "3")
        trainer = course.world.enter("omar", "3")
        offered = [page for page in (home, trainer) if page.get("members/roster").status == 200]
        for page in offered:
            assert page.post("members/roster").status == 404
            assert "Names and Role" in page.get("members").text


class TestTwoWorkers:
    def test_the_slow_one_stores_nothing_any_more(self, course):
        course.lms.quirks.roster_page_size = 4
        seen = []

        def takes_its_time(step: str) -> None:
            if step == "page-stored" and not seen:
                seen.append(step)
                course.read(after=LEASE_LAPSED)

        course.read(pause=takes_its_time)
        assert course.state is RosterState.IDLE
        assert course.active() == course.in_the_lms() - {"testuser"}
        assert course.lines() == 0

    def test_one_that_lost_a_complete_list_does_not_take_it_over_again(self, course):
        seen = []

        def takes_its_time(step: str) -> None:
            if step == "complete" and not seen:
                seen.append(step)
                course.read(after=LEASE_LAPSED)
                course.lms.leave("ines", FRENCH)

        course.read(pause=takes_its_time)
        assert course.roster().arrivals == 14
        assert "ines" in course.active()

    def test_a_list_that_kills_every_worker_is_given_up_until_somebody_asks(self, course):
        died = []

        def dies(step: str) -> None:
            died.append(step)
            raise MemoryError

        for tries in range(1, MOST_TRIES + 1):
            with pytest.raises(MemoryError):
                course.read(pause=dies, after=tries * LEASE_LAPSED)
        after = (MOST_TRIES + 1) * LEASE_LAPSED
        assert course.read(pause=dies, after=after).state is RosterState.REFUSED
        assert len(died) == MOST_TRIES
        assert course.roster().problem == "given-up"
        assert course.ask_and_read().state is RosterState.IDLE

    def test_lines_that_nobody_goes_on_with_are_swept(self, course):
        course.lms.quirks.roster_page_size = 4

        class Died(Exception):
            pass

        def dies(step: str) -> None:
            if step == "page-stored":
                raise Died

        with pytest.raises(Died):
            course.read(pause=dies)
        assert course.lines() == 4
        with course.world.app.app_context(), transaction():
            roster_reads.forget_dead_lines()
        assert course.lines() == 4
        course.read(after=LEASE_LAPSED)
        assert (course.lines(), len(course.active())) == (0, 15)
