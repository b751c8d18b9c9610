"""Several courses, one space: brought in by staff, after a preview of who will see what; and out again."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from demo_lms.people import INSTRUCTOR, LEARNER
from lti_tool import clock
from lti_tool.extensions import db
from lti_tool.models import (
    AuditEntry,
    Community,
    CommunityState,
    Course,
    CourseAgreement,
    Deployment,
    Enrolment,
    FormerSpace,
    Membership,
    MembershipState,
    Notification,
    NotificationKind,
    Organisation,
    User,
)
from lti_tool.services import rosters
from lti_tool.transactions import transaction
from tests.functional.space import id_of
from tests.functional.test_plans import PREPARED, forget_earlier_tests, noted
from tests.support.statements import counted
from tests.support.world import ENGLISH, FRENCH

pytestmark = pytest.mark.slow_on_postgresql


class TwoCourses:
    """Claire teaches both, Grace the English one; Inès learns in the French one, Omar in the English one."""

    def __init__(self, world) -> None:
        self.world, lms = world, world.lms
        for key, role in (("claire", INSTRUCTOR), ("grace", INSTRUCTOR), ("omar", LEARNER)):
            lms.enrol(key, ENGLISH, role)
        lms.enrol("ines", FRENCH, LEARNER)
        self.claire, self.ines = world.enter("claire"), world.enter("ines")
        self.grace, self.omar = world.enter("grace", ENGLISH), world.enter("omar", ENGLISH)
        self.also_claire = world.enter("claire", ENGLISH)
        self.here, self.there = self.community(FRENCH), self.community(ENGLISH)

        with world.database() as session:
            known = session.execute(select(Course.context_id, Course.id)).all()
            self._courses = dict(tuple(row) for row in known)

    def course(self, context: str) -> int:
        return self._courses[context]

    def community(self, context: str) -> int:
        return self.one(select(Course.community_id).where(Course.context_id == context))

    def one(self, wanted):
        with self.world.database() as session:
            return session.scalars(wanted).one()

    def all(self, wanted) -> list:
        with self.world.database() as session:
            found = list(session.scalars(wanted))
            session.expunge_all()
        return found

    def state(self, community_id: int) -> CommunityState:
        return self.one(select(Community.state).where(Community.id == community_id))

    def change(self, statement) -> None:
        with self.world.app.app_context(), transaction():
            db.session.execute(statement)

    def preview(self, context: str = ENGLISH, by=None):
        return (by or self.claire).get(f"courses/{self.course(context)}/joining")

    def join(self, context: str = ENGLISH, by=None, page=None):
        page = page or self.preview(context, by)
        return (by or self.claire).post(f"courses/{self.course(context)}/joining", **fields(page))

    def part(self, context: str = ENGLISH, by=None, page=None):
        page = page or (by or self.claire).get(f"courses/{self.course(context)}/parting")
        return (by or self.claire).post(f"courses/{self.course(context)}/parting", **fields(page))

    def code(self) -> str:
        page = self.grace.post(f"courses/{self.course(ENGLISH)}/agreement")
        return page.soup.select_one("code.code").text


def fields(page) -> dict[str, str]:
    """Return what the form of a preview carries beside the token of its seat."""
    form = page.soup.select_one("form[action*=joining], form[action*=parting]")
    return {
        one["name"]: one["value"]
        for one in (form.select("input[type=hidden]") if form else ())
        if one["name"] != "seat_token"
    }


def asks(page, title: str = "How do you begin?"):
    return page.post("posts", kind="question", title=title, body="Tell me.")


@pytest.fixture
def two(world):
    return TwoCourses(world)


class TestThePreview:
    def test_says_who_comes_in_and_changes_nothing(self, two):
        asks(two.ines)
        asks(two.omar)
        text = two.preview().text
        for told in ("Claire", "Grace", "ouverte à tous ici (1)", "Il est archivé avec sa contribution (1)"):
            assert told in text, told
        assert two.community(ENGLISH) == two.there
        assert two.state(two.there) is CommunityState.OPEN

    def test_is_offered_of_courses_in_which_one_is_staff(self, two):
        page = two.claire.get("courses")
        assert page.soup.select_one(f"a[href*='/courses/{two.course(ENGLISH)}/joining']")
        assert not two.ines.get("courses").soup.select_one("form[action*=code], a[href*=joining]")

    def test_is_for_nobody_who_is_not(self, two):
        french = two.course(FRENCH)
        assert two.grace.get(f"courses/{french}/joining").status == 404
        assert two.ines.get(f"courses/{two.course(ENGLISH)}/joining").status == 403
        assert two.claire.get(f"courses/{french}/joining").status == 404
        assert two.claire.get("courses/4711/joining").status == 404

    def test_is_not_for_who_learns_in_the_other_course(self, two):
        two.world.lms.enrol("bruno", ENGLISH, LEARNER)
        two.world.lms.enrol("bruno", FRENCH, INSTRUCTOR)
        two.world.enter("bruno", ENGLISH)
        assert two.preview(by=two.world.enter("bruno")).status == 404

    def test_is_not_of_another_organisation(self, two):
        with two.world.app.app_context(), transaction():
            other = Organisation(name="Other", created_at=clock.now())
            db.session.add(other)
            db.session.flush()
            space = db.session.get_one(Community, two.there)
            space.organisation_id = other.id
        assert two.preview().status == 404


class TestJoining:
    def test_brings_everybody_in(self, two):
        asks(two.ines, "From the French course")
        page = two.join()
        assert page.status == 200 and "course-joined" in page.path
        assert two.community(ENGLISH) == two.here
        again = two.world.enter("omar", ENGLISH)
        assert f"/communities/{two.here}/" in again.path
        assert "From the French course" in again.get("discussions").text

    def test_lets_those_who_are_here_go_on_in_the_other_space(self, two):
        two.join()
        page = two.omar.browser.get(f"/communities/{two.here}/discussions")
        assert page.status == 200

    def test_keeps_the_space_of_before_as_an_archive_for_its_people(self, two):
        thread = asks(two.omar, "From the English course")
        two.join()
        assert two.state(two.there) is CommunityState.ARCHIVED
        again = two.world.enter("omar", ENGLISH)
        archived = again.browser.get(f"/communities/{two.there}/posts/{id_of(thread)}")
        assert archived.status == 200 and "From the English course" in archived.text
        assert again.get("courses").soup.select_one(f"a[href*='/communities/{two.there}/']")
        assert two.ines.browser.get(f"/communities/{two.there}/posts/{id_of(thread)}").status == 404

    def test_welcomes_those_who_come_in_at_their_first_visit(self, two):
        two.join()
        home = two.world.enter("omar", ENGLISH).get("")
        assert home.soup.select_one("a[href*='/welcome'], form[action*='/welcome']")

    def test_says_where_the_course_meets_at_the_old_address(self, two):
        two.join()
        page = two.omar.get("courses")
        assert page.soup.select_one(f"main a[href*='/communities/{two.here}/']")
        assert page.browser.get(f"/communities/{two.there}/posts/4711").status == 404

    def test_lets_whom_the_course_has_no_more_read_neither_space(self, two):
        two.join()
        theirs = select(User.id).where(User.sub == "u-omar").scalar_subquery()
        two.change(update(Enrolment).where(Enrolment.user_id == theirs).values(active=False))
        for number in (two.here, two.there):
            assert two.omar.browser.get(f"/communities/{number}/").status == 404

    def test_lets_nobody_write_into_the_archive(self, two):
        two.join()
        page = two.omar.get("discussions")
        answer = two.omar.post("posts", kind="question", title="Too late", body="Tell me.")
        assert page.status == 200 and answer.status == 403

    def test_leaves_the_archive_an_archive(self, two):
        two.join()
        page = two.also_claire.get("life")
        assert page.status == 200
        assert not page.soup.select_one("a[href*='/life/moves/']")
        assert two.also_claire.post("life/moves/closed", seen="archived").status == 404
        assert two.state(two.there) is CommunityState.ARCHIVED

    def test_names_the_people_of_the_archive_as_before(self, two):
        two.join()
        members = two.also_claire.get("members").text
        assert "Omar" in members and "Grace" in members

    def test_lets_whom_staff_removed_stay_out(self, two):
        theirs = select(User.id).where(User.sub == "u-omar").scalar_subquery()
        mine = (Membership.user_id == theirs, Membership.community_id == two.there)
        two.change(update(Membership).where(*mine).values(state=MembershipState.REMOVED))
        two.join()
        here = (Membership.user_id == theirs, Membership.community_id == two.here)
        assert two.one(select(Membership.state).where(*here)) is MembershipState.REMOVED
        omar = two.world.browser("omar")
        assert omar.launch(omar.launch_form(ENGLISH)).status == 403

    def test_keeps_a_name_that_hides_another(self, two):
        theirs = select(User.id).where(User.sub == "u-omar").scalar_subquery()
        mine = (Membership.user_id == theirs, Membership.community_id == two.there)
        two.change(update(Membership).where(*mine).values(pseudonym="Quiet"))
        two.join()
        here = (Membership.user_id == theirs, Membership.community_id == two.here)
        assert two.one(select(Membership.pseudonym).where(*here)) == "Quiet"

    def test_is_told_and_noted(self, two):
        two.join()
        told = two.all(
            select(User.sub)
            .join(Membership, Membership.user_id == User.id)
            .join(Notification, Notification.member_id == Membership.id)
            .where(Notification.kind == NotificationKind.COURSES_CHANGED)
        )
        assert sorted(told) == ["u-grace", "u-ines", "u-omar"]
        acts = two.all(select(AuditEntry.act).where(AuditEntry.act.like("community.course-%")))
        assert sorted(acts) == ["community.course-joined", "community.course-left"]
        assert "a fait entrer le cours" in two.claire.get("audit").text
        assert "cours" in two.ines.get("notifications").text

    def test_is_refused_when_the_preview_is_outdated(self, two):
        page = two.preview()
        two.world.lms.enrol("karim", ENGLISH, LEARNER)
        two.world.enter("karim", ENGLISH)
        refused = two.join(page=page)
        assert refused.status == 409 and two.community(ENGLISH) == two.there
        assert two.join(page=refused).status == 200
        assert two.community(ENGLISH) == two.here

    def test_is_done_once(self, two):
        page = two.preview()
        two.join(page=page)
        again = two.join(page=page)
        assert again.status == 409 and "entre-temps" in again.text
        assert len(two.all(select(FormerSpace.id))) == 1

    def test_needs_the_form_of_a_preview(self, two):
        course = two.course(ENGLISH)
        assert two.claire.post(f"courses/{course}/joining").status == 409
        assert two.claire.post(f"courses/{course}/joining", seen="x" * 64).status == 409
        assert two.community(ENGLISH) == two.there

    def test_is_not_while_the_space_is_closed(self, two):
        page = two.preview()
        two.claire.post("life/moves/closed", seen="open")
        assert two.join(page=page).status == 403
        assert two.community(ENGLISH) == two.there

    def test_is_not_of_a_course_whose_space_is_being_emptied(self, two):
        two.change(update(Community).where(Community.id == two.there).values(state=CommunityState.PURGING))
        assert two.preview().status == 404

    def test_is_followed_by_the_list_of_the_course(self, two):
        two.join()
        two.world.lms.enrol("karim", ENGLISH, LEARNER)
        two.world.enter("grace", ENGLISH)
        with two.world.app.app_context():
            rosters.read_due_rosters(clock.now, transaction)
        members = two.claire.get("members").text
        assert "Karim" in members

    def test_costs_as_many_statements_for_many_as_for_few(self, two):
        course = two.course(ENGLISH)
        costs = []
        for people in ((), ("karim", "awa", "thomas", "patrick")):
            for key in people:
                two.world.lms.enrol(key, ENGLISH, LEARNER)
                two.world.enter(key, ENGLISH)
            sent = fields(two.preview())
            with two.world.app.app_context(), counted() as statements:
                two.claire.post(f"courses/{course}/joining", follow=False, **sent)
            costs.append(len(statements))
            two.part()
        assert costs[0] == costs[1]


class TestACourseWhoseGroupsHaveSpaces:
    """It stays where it is, and so does the space of a group: also where a preview was shown before."""

    @pytest.fixture(params=["divided", "part"])
    def stays(self, two, request):
        whole = select(Course.id).where(Course.context_id == FRENCH).scalar_subquery()
        values = {"divided": True} if request.param == "divided" else {"part_of_id": whole, "part_group": "7"}
        return update(Course).where(Course.context_id == ENGLISH).values(**values)

    def test_joins_no_other_space_by_being_of_its_staff_nor_by_a_code(self, two, stays):
        two.world.lms.enrol("bruno", FRENCH, INSTRUCTOR)
        bruno, code, page = two.world.enter("bruno"), two.code(), two.preview()
        two.change(stays)
        assert two.join(page=page).status == 404
        assert bruno.post("courses/code", code=code).status == 422
        assert two.grace.post(f"courses/{two.course(ENGLISH)}/agreement").status == 404
        assert two.community(ENGLISH) == two.there

    def test_does_not_go_its_own_way(self, two, stays):
        two.join()
        page = two.claire.get(f"courses/{two.course(ENGLISH)}/parting")
        two.change(stays)
        assert two.part(page=page).status == 404
        assert two.claire.get(f"courses/{two.course(ENGLISH)}/parting").status == 404
        assert two.community(ENGLISH) == two.here


class TestTwoAtOnce:
    def test_bring_a_course_in_once(self, two):
        for course in (FRENCH, ENGLISH):
            two.world.lms.enrol("bruno", course, INSTRUCTOR)
            two.world.enter("bruno", course)
        both = [two.claire, two.world.enter("bruno")]
        pages = [two.preview(by=one) for one in both]
        with ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(lambda by, page: two.join(by=by, page=page).status, both, pages))
        assert sorted(answers) == [200, 409]
        assert two.community(ENGLISH) == two.here
        assert len(two.all(select(FormerSpace.id))) == 1
        assert len(two.all(select(AuditEntry.id).where(AuditEntry.act == "community.course-joined"))) == 1

    def test_who_want_it_the_other_way_round_each_do_not_lose_both_spaces(self, two):
        there = (ENGLISH, two.claire), (FRENCH, two.also_claire)
        pages = [two.preview(course, by) for course, by in there]
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda one, page: two.join(*one, page).status, there, pages))
        assert two.community(ENGLISH) == two.community(FRENCH)
        assert two.state(two.community(FRENCH)) is CommunityState.OPEN
        assert len(two.all(select(FormerSpace.id))) == 1


class TestByCode:
    def test_a_course_of_other_staff_is_brought_in(self, two):
        two.world.lms.enrol("bruno", FRENCH, INSTRUCTOR)
        bruno = two.world.enter("bruno")
        code = two.code()
        page = bruno.post("courses/code", code=code.lower().replace("-", " "))
        assert page.status == 200 and "Grace" in page.text
        assert two.join(by=bruno, page=page).status == 200
        assert two.community(ENGLISH) == two.here
        assert two.all(select(CourseAgreement.id)) == []
        assert bruno.post("courses/code", code=code).status == 422
        assert "By its code" in two.grace.get("audit").text

    def test_is_stored_as_a_hash_alone(self, two):
        code = two.code()
        kept = two.one(select(CourseAgreement.code_hash))
        assert re.fullmatch("[0-9a-f]{64}", kept) and code not in kept

    def test_is_not_good_when_it_is_over_withdrawn_or_replaced(self, two, time_machine):
        first = two.code()
        second = two.code()
        assert two.claire.post("courses/code", code=first).status == 422
        assert two.claire.post("courses/code", code=second).status == 200
        two.grace.post(f"courses/{two.course(ENGLISH)}/agreement/withdrawal")
        assert two.claire.post("courses/code", code=second).status == 422
        third = two.code()
        time_machine.move_to(clock.now() + timedelta(days=8))
        assert two.world.enter("claire").post("courses/code", code=third).status == 422

    def test_is_not_made_for_a_course_that_meets_elsewhere_nor_by_learners(self, two):
        assert two.claire.post(f"courses/{two.course(ENGLISH)}/agreement").status == 404
        assert two.omar.post(f"courses/{two.course(ENGLISH)}/agreement").status == 403
        assert two.omar.post("courses/code", code="x").status == 403

    def test_brings_no_other_course_in(self, two):
        two.world.lms.enrol("bruno", FRENCH, INSTRUCTOR)
        bruno, code = two.world.enter("bruno"), two.code()
        page = bruno.post("courses/code", code=code)
        sent = fields(page)
        assert bruno.post(f"courses/{two.course(FRENCH)}/joining", **sent).status in (404, 409)
        assert bruno.post(f"courses/{two.course(ENGLISH)}/joining", seen=sent["seen"]).status == 404

    def test_is_not_of_another_organisation(self, two):
        code = two.code()
        with two.world.app.app_context(), transaction():
            other = Organisation(name="Other", created_at=clock.now())
            db.session.add(other)
            db.session.flush()
            deployment = db.session.scalars(select(Deployment)).one()
            deployment.organisation_id = other.id
        assert two.claire.post("courses/code", code=code).status == 422


class TestParting:
    def test_gives_the_space_of_before_back(self, two):
        asks(two.omar, "From the English course")
        two.join()
        asks(two.world.enter("omar", ENGLISH), "Written together")
        page = two.part()
        assert page.status == 200
        assert (two.community(ENGLISH), two.state(two.there)) == (two.there, CommunityState.OPEN)
        assert two.all(select(FormerSpace.id)) == []
        again = two.world.enter("omar", ENGLISH)
        assert f"/communities/{two.there}/" in again.path
        assert "From the English course" in again.get("discussions").text
        assert again.browser.get(f"/communities/{two.here}/").status == 404
        assert "Written together" in two.ines.get("discussions").text
        assert asks(again, "Again").status == 200

    def test_makes_a_new_space_where_there_was_none(self, two):
        two.join()
        two.change(update(Community).where(Community.id == two.there).values(state=CommunityState.PURGED))
        two.part()
        new = two.community(ENGLISH)
        assert new not in (two.here, two.there)
        assert f"/communities/{new}/" in two.world.enter("omar", ENGLISH).path

    def test_leads_whoever_decides_along_with_their_course(self, two):
        two.join()
        claire = two.world.enter("claire", ENGLISH)
        page = two.part(by=claire)
        assert page.status == 200 and f"/communities/{two.there}/courses" in page.path

    def test_is_not_of_the_only_course_nor_of_one_that_is_not_here(self, two):
        assert two.claire.get(f"courses/{two.course(FRENCH)}/parting").status == 404
        assert two.claire.get(f"courses/{two.course(ENGLISH)}/parting").status == 404
        assert two.claire.post(f"courses/{two.course(ENGLISH)}/parting", seen="x").status == 404

    def test_is_refused_when_outdated_and_to_learners(self, two):
        two.join()
        course = two.course(ENGLISH)
        assert two.claire.post(f"courses/{course}/parting", seen="x").status == 409
        assert two.ines.post(f"courses/{course}/parting", seen="x").status == 403
        assert two.community(ENGLISH) == two.here


class TestWhatIsAsked:
    def test_scans_no_table_that_grows(self, two):
        asks(two.omar)
        with two.world.app.app_context(), noted() as sent:
            two.claire.get("courses")
            two.claire.post("courses/code", code=two.code())
            two.join()
            omar = two.world.enter("omar", ENGLISH)
            for below in ("courses", "members", "life", "discussions"):
                omar.get(below)
                omar.browser.get(f"/communities/{two.there}/{below}")
            two.claire.get("courses")
            two.part()
        with two.world.app.app_context():
            forget_earlier_tests()
            connection = db.session.connection()
            scans = PREPARED[connection.dialect.name](connection)
            found = {one: scanned for one, told in sent.items() if (scanned := scans(connection, one, told))}
            db.session.rollback()
        assert not found, "\n".join(f"{scanned}: {one}" for one, scanned in found.items())

    def test_is_at_most_a_few_statements_to_look(self, two):
        with two.world.app.app_context(), counted() as sent:
            two.claire.get("courses")
        assert len(sent) <= 16
