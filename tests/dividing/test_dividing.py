"""Groups of a course get spaces of their own: looked at first, done at once, followed as groups change."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import delete, func, select, update

from lti_tool import clock
from lti_tool.models import (
    AuditEntry,
    Community,
    CommunityState,
    CourseGroup,
    Enrolment,
    Membership,
    Notification,
    Role,
)
from lti_tool.services import life
from lti_tool.transactions import transaction
from tests.functional.launches import launch_with, setting
from tests.support.world import ENGLISH

pytestmark = pytest.mark.slow_on_postgresql


class TestThePreview:
    def test_says_who_comes_in_who_is_in_none_and_changes_nothing(self, course):
        page = course.preview("lyon")
        assert page.status == 200
        assert "Lyon" in page.text and "Karim" in page.text
        with course.world.database() as session:
            assert session.scalar(select(func.count()).select_from(Community)) == 1

    def test_is_asked_for_at_least_one_group(self, course):
        assert course.trainer.post("spaces/preview").status == 422

    def test_a_name_that_is_empty_is_said_beside_its_field(self, course):
        fields = course.chosen("lyon")
        fields = {name: "  " if name.startswith("name-") else value for name, value in fields.items()}
        assert course.trainer.post("spaces/preview", **fields).status == 422


class TestDividing:
    def test_lets_each_group_into_its_space_with_the_staff(self, course):
        assert course.divide().status == 200
        assert course.people_of("lyon") == {"ines", "awa"} | course.staff()
        assert course.people_of("nantes") == {"karim"} | course.staff()
        assert "claire" in course.staff()

    def test_leaves_everybody_in_the_common_space(self, course):
        before = course.enrolled(course.common().id)
        course.divide()
        assert course.enrolled(course.common().id) == before

    def test_tells_those_who_are_in_and_notes_who_did_it(self, course):
        course.divide("lyon")
        with course.world.database() as session:
            told = session.scalar(
                select(func.count())
                .select_from(Notification)
                .where(Notification.community_id == course.part("lyon").community_id)
            )
            assert told == len(course.people_of("lyon") - {"claire"})
            assert session.scalars(select(AuditEntry.act).where(AuditEntry.act.like("part.%"))).all() == [
                "part.made"
            ]
        assert "Lyon" in course.trainer.get("audit").text

    def test_twice_by_the_same_form_makes_one(self, course):
        shown = course.preview("lyon")
        seen = shown.soup.select_one("input[name=seen]")["value"]
        for _ in range(2):
            assert course.trainer.post("spaces", seen=seen, **course.chosen("lyon")).status == 200
        with course.world.database() as session:
            assert session.scalar(select(func.count()).select_from(Community)) == 2

    def test_by_two_at_once_makes_one(self, course):
        shown = course.preview("lyon")
        fields = course.chosen("lyon") | {"seen": shown.soup.select_one("input[name=seen]")["value"]}
        pages = [course.world.enter("claire") for _ in range(2)]
        with ThreadPoolExecutor(2) as both:
            answers = list(both.map(lambda page: page.post("spaces", **fields).status, pages))
        assert answers == [200, 200]
        with course.world.database() as session:
            assert session.scalar(select(func.count()).select_from(Community)) == 2

    def test_on_what_changed_meanwhile_shows_it_again_and_does_nothing(self, course):
        shown = course.preview("lyon")
        seen = shown.soup.select_one("input[name=seen]")["value"]
        course.has(lyon=("ines", "lea"), nantes=("karim",))
        course.list.ask_and_read()
        page = course.trainer.post("spaces", seen=seen, **course.chosen("lyon"))
        assert page.status == 409
        assert page.soup.select_one("input[name=seen]")["value"] != seen
        with course.world.database() as session:
            assert session.scalar(select(func.count()).select_from(Community)) == 1

    def test_two_spaces_of_one_name_are_refused(self, course):
        fields = course.chosen("lyon", "nantes")
        fields = {name: "Same" if name.startswith("name-") else value for name, value in fields.items()}
        assert course.trainer.post("spaces", seen="", **fields).status == 422

    def test_another_group_later(self, course):
        course.divide("lyon")
        assert "Nantes" in course.trainer.get("spaces").text
        course.divide("nantes")
        assert course.people_of("nantes") == {"karim"} | course.staff()

    def test_new_groups_are_told_until_it_is_decided_about_them(self, course):
        course.divide("lyon")
        course.trainer.post("posts", kind="discussion", title="Begun", body="Words.")
        assert self._told(course) == ""  # Nantes was left out knowingly
        course.has(lyon=("ines", "awa"), nantes=("karim",), brest=("lea",))
        course.list.ask_and_read()
        assert "href" in self._told(course)
        assert "Brest" in course.trainer.get("spaces").text
        assert course.trainer.post("spaces/leave").status == 200
        assert self._told(course) == ""

    def _told(self, course) -> str:
        """The line about new groups on the home page of staff, if there is one."""
        link = course.trainer.get("").soup.select_one("section[aria-labelledby=today] a[href*='/spaces']")
        return str(link or "")

    @pytest.mark.parametrize("address", ["spaces", "spaces/preview"])
    def test_is_not_for_learners(self, course, address):
        ines = course.world.enter("ines")
        assert ines.post(address, **course.chosen("lyon")).status == 403
        assert ines.get("spaces").status == 403

    def test_knows_no_group_of_another_course(self, course):
        other = course.world.enter("claire", ENGLISH)
        assert "Lyon" not in other.get("spaces").text
        page = other.post("spaces", seen="", **course.chosen("lyon"))
        assert page.status == 422


class TestALaunch:
    def test_of_a_learner_leads_into_the_space_of_their_group(self, course):
        course.divide()
        home = course.world.enter("ines")
        assert home.path.startswith(f"/communities/{course.part('lyon').community_id}/")
        assert home.status == 200

    def test_of_staff_leads_into_the_common_space(self, course):
        course.divide()
        home = course.world.enter("claire")
        assert home.path.startswith(f"/communities/{course.common().community_id}/")

    def test_of_somebody_in_no_group_leads_into_the_common_space(self, course):
        course.divide()
        home = course.world.enter("lea")
        assert home.path.startswith(f"/communities/{course.common().community_id}/")

    def test_of_somebody_in_a_group_without_a_space_too(self, course):
        course.divide("lyon")
        home = course.world.enter("karim")
        assert home.path.startswith(f"/communities/{course.common().community_id}/")

    def test_gives_a_seat_in_the_common_space_and_none_in_that_of_others(self, course):
        course.divide()
        home = course.world.enter("ines")
        browser = home.browser
        common, nantes = course.common().community_id, course.part("nantes").community_id
        assert browser.answer_of(f"/communities/{common}/").status_code == 200
        assert browser.answer_of(f"/communities/{nantes}/").status_code == 404
        assert browser.answer_of(f"/communities/{nantes}/members").status_code == 404

    def test_of_staff_reaches_every_space(self, course):
        course.divide()
        browser = course.world.enter("claire").browser
        for name in ("lyon", "nantes"):
            community = course.part(name).community_id
            assert browser.answer_of(f"/communities/{community}/").status_code == 200
            assert browser.answer_of(f"/communities/{community}/grading").status_code == 200

    def test_of_an_outsider_reaches_none(self, course):
        course.divide()
        # Claire is staff here, and comes from the other course in another browser.
        browser = course.world.enter("claire", ENGLISH).browser
        other = course.world.enter("grace", ENGLISH).browser
        lyon = course.part("lyon").community_id
        assert other.answer_of(f"/communities/{lyon}/").status_code == 404
        assert browser.answer_of(f"/communities/{lyon}/").status_code == 404

    @pytest.mark.parametrize("person", ["karim", "claire"])
    def test_that_says_what_was_made_up_for_a_part_is_refused(self, course, person):
        course.divide("lyon")
        people, context = course.people_of("lyon"), {"id": course.part("lyon").context_id, "title": "Lyon"}
        page = launch_with(course.world.browser(person), setting(context=context))
        assert page.status == 403
        assert course.people_of("lyon") == people


class TestGoingFromOneToAnother:
    def test_is_offered_on_the_home_page_and_gives_a_seat(self, course):
        course.divide()
        home = course.trainer.get("")
        lyon = course.part("lyon")
        form = home.soup.select_one(f'form[action*="/spaces/{lyon.id}/enter"]')
        assert form is not None
        page = course.trainer.post(f"spaces/{lyon.id}/enter")
        assert page.path.startswith(f"/communities/{lyon.community_id}/")
        assert page.status == 200

    def test_into_the_space_of_another_group_there_is_nothing(self, course):
        course.divide()
        ines = course.world.enter("ines")
        assert ines.post(f"spaces/{course.part('nantes').id}/enter").status == 404

    def test_into_another_course_there_is_nothing(self, course):
        course.divide()
        other = course.world.enter("claire", ENGLISH)
        assert other.post(f"spaces/{course.part('lyon').id}/enter").status == 404
        assert other.post("spaces/999/enter").status == 404

    def test_back_into_the_common_space(self, course):
        course.divide()
        ines = course.world.enter("ines")
        page = ines.post(f"spaces/{course.common().id}/enter")
        assert page.path.startswith(f"/communities/{course.common().community_id}/")
        assert page.status == 200


class TestWhenGroupsChange:
    def test_somebody_moves_with_the_list_of_the_course(self, course):
        course.divide()
        ines = course.world.enter("ines")
        assert ines.post("posts", kind="discussion", title="From Lyon", body="Words.").status == 200
        course.has(lyon=("awa",), nantes=("karim", "ines"))
        course.list.ask_and_read()
        assert "ines" not in course.people_of("lyon")
        assert "ines" in course.people_of("nantes")
        lyon = course.part("lyon").community_id
        assert ines.browser.answer_of(f"/communities/{lyon}/").status_code == 404
        assert "From Lyon" in course.trainer.post(f"spaces/{course.part('lyon').id}/enter").text

    def test_somebody_of_two_groups_is_in_both_and_lands_in_the_first_by_name(self, course):
        course.has(lyon=("ines", "awa"), nantes=("karim", "ines"))
        course.list.ask_and_read()
        course.divide()
        assert "ines" in course.people_of("lyon") & course.people_of("nantes")
        home = course.world.enter("ines")
        assert home.path.startswith(f"/communities/{course.part('lyon').community_id}/")

    def test_who_leaves_the_course_leaves_the_space(self, course):
        course.divide()
        course.write(
            Enrolment.__table__.update()
            .where(Enrolment.course_id == course.common().id, Enrolment.user_id == course.list.user("awa").id)
            .values(active=False)
        )
        course.sweep()
        assert course.people_of("lyon") == {"ines"} | course.staff()

    def test_who_was_removed_from_the_common_space_is_out_at_once(self, course):
        number = course.space.number("ines")
        course.divide()
        ines = course.world.enter("ines")
        why = {"body": "They asked for it."}
        page = course.trainer.post(f"members/{number}/moderation", act="removed", **why)
        assert page.status == 200, page.text
        assert "ines" not in course.people_of("lyon")
        assert ines.get("").status == 404
        course.trainer.post(f"members/{number}/moderation", act="readmitted", body="Again.")
        assert "ines" in course.people_of("lyon")


class TestBeforeTheCourseOpens:
    def test_the_spaces_of_groups_open_with_it(self, course):
        opens = clock.now() + timedelta(days=2)
        common = update(Community).where(Community.id == course.common().community_id)
        course.write(common.values(state=CommunityState.PREPARING, opens_at=opens))
        course.divide("lyon")
        part = course.part("lyon")
        with course.world.database() as session:
            there = session.get(Community, part.community_id)
            assert (there.state, there.opens_at) == (CommunityState.PREPARING, opens)
            assert session.scalar(select(func.count()).select_from(Notification)) == 0
        assert course.people_of("lyon") == {"ines", "awa"} | course.staff()
        ines = course.world.enter("ines")
        assert ines.path.startswith(f"/communities/{course.common().community_id}/")
        with course.world.app.app_context():
            life.carry_out_what_is_due(lambda: opens, transaction)
        with course.world.database() as session:
            assert session.get(Community, part.community_id).state is CommunityState.OPEN
            told = select(func.count()).select_from(Notification)
            assert session.scalar(told.where(Notification.community_id == part.community_id)) >= 2
        ines = course.world.enter("ines")
        assert ines.path.startswith(f"/communities/{part.community_id}/")


class TestTheSpaceOfAGroup:
    @pytest.mark.parametrize("where", ["common", "nantes"])
    def test_a_lower_role_confirmed_in_one_space_holds_in_all(self, course, where):
        course.divide()
        user, common = course.list.user("ines"), course.common()
        theirs = (Enrolment.user_id == user.id, Enrolment.course_id == common.id)
        said = {"launch_role": Role.TRAINER, "lower_role": Role.LEARNER, "lowered_at": clock.now()}
        course.write(update(Enrolment).where(*theirs).values(lower_roles=[], **said))
        course.sweep()
        assert "ines" in course.people_of("nantes")
        part = common if where == "common" else course.part(where)
        page = course.trainer if where == "common" else course.trainer.post(f"spaces/{part.id}/enter")
        with course.world.database() as session:
            here = (Membership.user_id == user.id, Membership.community_id == part.community_id)
            number = session.scalar(select(Membership.id).where(*here))
        confirm = page.get("members").soup.select_one(f"form[action*='/members/{number}/']")
        assert confirm is not None
        below = confirm["action"].partition("?")[0].partition(f"/communities/{part.community_id}/")[2]
        assert page.post(below).status == 200
        assert "ines" not in course.people_of("nantes")
        assert "ines" in course.people_of("lyon")

    def test_says_that_the_list_of_the_course_is_read_elsewhere(self, course):
        course.divide()
        lyon = course.trainer.post(f"spaces/{course.part('lyon').id}/enter")
        assert "groupes du cours" in lyon.get("members").soup.select_one("#roster").text
        assert lyon.soup.select_one("form[action*='members/roster']") is None

    def test_is_not_divided_itself(self, course):
        course.divide("lyon")
        lyon = course.trainer.post(f"spaces/{course.part('lyon').id}/enter")
        assert lyon.get("spaces").soup.select_one("input[name=chosen]") is None
        assert lyon.post("spaces", seen="", **course.chosen("nantes")).status == 404

    def test_tells_a_learner_which_group_it_is(self, course):
        course.divide()
        assert "Lyon" in course.world.enter("ines").get("welcome").text

    def test_keeps_its_people_when_the_common_space_was_emptied(self, course):
        course.divide()
        before = course.people_of("lyon")
        emptied = update(Community).where(Community.id == course.common().community_id)
        course.write(emptied.values(state=CommunityState.PURGED))
        course.write(delete(CourseGroup))
        course.sweep()
        assert course.people_of("lyon") == before


class TestClosing:
    def test_lets_its_people_read_on_and_land_in_the_common_space(self, course):
        course.divide()
        lyon = course.part("lyon")
        assert course.trainer.post(f"spaces/{lyon.id}/close").status == 200
        home = course.world.enter("ines")
        assert home.path.startswith(f"/communities/{course.common().community_id}/")
        there = home.browser.answer_of(f"/communities/{lyon.community_id}/")
        assert there.status_code == 200
        with course.world.database() as session:
            assert session.get(Community, lyon.community_id).state is CommunityState.CLOSED

    def test_takes_nobody_in_and_keeps_who_was_in_it(self, course):
        course.divide()
        course.trainer.post(f"spaces/{course.part('lyon').id}/close")
        course.has(lyon=("lea",), nantes=("karim",))
        course.list.ask_and_read()
        assert course.people_of("lyon") == {"ines", "awa"} | course.staff()

    def test_opened_again_it_is_for_those_who_are_in_the_group_then(self, course):
        course.divide()
        lyon = course.part("lyon").id
        course.trainer.post(f"spaces/{lyon}/close")
        course.has(lyon=("lea",), nantes=("karim",))
        course.list.ask_and_read()
        assert course.trainer.post(f"spaces/{lyon}/open").status == 200
        assert course.people_of("lyon") == {"lea"} | course.staff()

    def test_of_another_courses_space_finds_nothing(self, course):
        course.divide()
        other = course.world.enter("claire", ENGLISH)
        for act in ("close", "open"):
            assert other.post(f"spaces/{course.part('lyon').id}/{act}").status == 404
            assert course.trainer.post(f"spaces/{course.common().id}/{act}").status == 404
            assert course.world.enter("ines").post(f"spaces/{course.part('lyon').id}/{act}").status == 403
