"""One registration takes the place of another: what changes places, what stays, and all the way back."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from sqlalchemy import func, insert, select, text

from lti_tool.errors import NotFound, Stale
from lti_tool.extensions import db
from lti_tool.models import (
    AuditEntry,
    Community,
    Course,
    Deployment,
    Enrolment,
    Membership,
    Organisation,
    Platform,
    PlatformState,
    Post,
    PostKind,
    Role,
    Succession,
    User,
)
from lti_tool.services import platforms, succession
from lti_tool.services.platforms import Registration
from lti_tool.services.succession_plan import Verdict
from lti_tool.transactions import reading, transaction
from tests.support.statements import counted

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
BASE = "https://tool.test"
LMS = "https://moodle.example.edu"
MANY = 300


class Campus:
    """An LMS registered twice, as platforms `old` and `new`, with a deployment each; filled by rows."""

    def __init__(self) -> None:
        with transaction():
            self.old = self.register("old", deployments=("5",))
            self.new = self.register("new", deployments=("9",))

    def register(self, client_id, issuer=LMS, organisation="Ours", deployments=()) -> int:
        registration = Registration(client_id, issuer, client_id, LMS, LMS, LMS, deployment_ids=deployments)
        return platforms.add(registration, organisation, BASE, NOW).id

    def deployment(self, platform: int) -> int:
        return db.session.scalars(select(Deployment.id).where(Deployment.platform_id == platform)).first()

    def courses(self, platform: int, contexts, *, community: bool = True) -> list[int]:
        """Add courses, each with a community of its own; return their ids."""
        with transaction():
            organisation = db.session.get(Platform, platform).organisation_id
            made = []
            for context in contexts:
                space = None
                if community:
                    space = Community(
                        organisation_id=organisation, name=context, time_zone="UTC", created_at=NOW
                    )
                    db.session.add(space)
                course = Course(
                    deployment_id=self.deployment(platform),
                    community=space,
                    context_id=context,
                    title=f"Course {context}",
                    created_at=NOW,
                )
                db.session.add(course)
                made.append(course)
            db.session.flush()
            return [course.id for course in made]

    def people(self, platform: int, subs, course: int | None = None) -> list[int]:
        """Add people, enrolled in a course and members of its community when one is given."""
        with transaction():
            rows = [
                {"platform_id": platform, "sub": sub, "name": f"P {sub}", "created_at": NOW} for sub in subs
            ]
            ids = list(
                db.session.scalars(insert(User).returning(User.id, sort_by_parameter_order=True), rows)
            )
            if course is not None:
                self._enrol(ids, course)
            return ids

    def _enrol(self, users, course) -> None:
        community = db.session.get(Course, course).community_id
        enrolled = {"course_id": course, "launch_roles": [], "launch_role": Role.LEARNER, "launched_at": NOW}
        enrolled |= {"active": True, "test_user": False, "created_at": NOW}
        db.session.execute(insert(Enrolment), [enrolled | {"user_id": user} for user in users])
        joined = {"community_id": community, "state": "active", "joined_at": NOW}
        db.session.execute(insert(Membership), [joined | {"user_id": user} for user in users])

    def write(self, user: int) -> None:
        """Let somebody write in the community that they are a member of."""
        with transaction():
            member = db.session.scalars(select(Membership).where(Membership.user_id == user)).one()
            db.session.add(
                Post(
                    community_id=member.community_id,
                    author_id=member.id,
                    kind=PostKind.QUESTION,
                    title="T",
                    body="B",
                    created_at=NOW,
                    last_activity_at=NOW,
                    last_activity_by_id=member.id,
                )
            )

    def succeed(self, deployment=None, now=NOW):
        with transaction():
            return succession.succeed(self.old, self.new, deployment, now)

    def undo(self, now=NOW):
        with transaction():
            return succession.undo(self.old, self.new, now)

    def preview(self, deployment=None) -> tuple[dict, dict]:
        with reading():
            shown = succession.preview(self.old, self.new, deployment)
            return (
                {group.verdict: (group.count, list(group.examples)) for group in shown.courses},
                {group.verdict: (group.count, list(group.examples)) for group in shown.people},
            )

    def found_by(self, platform: int, context: str) -> int | None:
        """The course that launches of a platform find."""
        with reading():
            return db.session.scalar(
                select(Course.id)
                .join(Deployment, Deployment.id == Course.deployment_id)
                .where(Deployment.platform_id == platform, Course.context_id == context)
            )

    def known_by(self, platform: int, sub: str) -> int | None:
        """The person whom launches of a platform find."""
        with reading():
            return db.session.scalar(select(User.id).where(User.platform_id == platform, User.sub == sub))

    def present(self) -> list[str]:
        """The subs of all who are enrolled now."""
        with reading():
            wanted = select(User.sub).join(Enrolment, Enrolment.user_id == User.id).where(Enrolment.active)
            return list(db.session.scalars(wanted.order_by(User.sub)))

    def places(self) -> tuple:
        """Where every row belongs."""
        with reading():
            return (
                dict(db.session.execute(select(Course.id, Course.deployment_id)).all()),
                dict(db.session.execute(select(User.id, User.platform_id)).all()),
                db.session.scalar(select(func.count()).select_from(Platform)),
                db.session.scalar(select(func.count()).select_from(Deployment)),
            )


@pytest.fixture
def campus(tool):
    with tool.app_context():
        yield Campus()


class TestCourses:
    def test_known_to_both_change_places(self, campus):
        (before,), (empty,) = campus.courses(campus.old, ["c"]), campus.courses(campus.new, ["c"])
        campus.succeed()
        assert campus.found_by(campus.new, "c") == before
        assert campus.found_by(campus.old, "c") == empty

    def test_unknown_to_the_new_one_go_to_its_only_deployment(self, campus):
        (course,) = campus.courses(campus.old, ["c"])
        campus.succeed()
        assert campus.found_by(campus.new, "c") == course

    def test_go_to_the_deployment_of_the_same_id_first(self, campus):
        with transaction():
            same = platforms.approve(campus.new, "5", NOW).id
        (course,) = campus.courses(campus.old, ["c"])
        campus.succeed()
        with reading():
            assert db.session.get(Course, course).deployment_id == same

    def test_that_fit_no_deployment_stay_until_one_is_named(self, campus):
        with transaction():
            platforms.approve(campus.new, "10", NOW)
        (course,) = campus.courses(campus.old, ["c"])
        assert campus.preview()[0] == {Verdict.NO_DEPLOYMENT: (1, ["Course c"])}
        assert campus.preview("10")[0] == {Verdict.MOVED: (1, ["Course c"])}
        with pytest.raises(NotFound):
            campus.preview("11")
        campus.succeed("10")
        assert campus.found_by(campus.new, "c") == course

    def test_stay_where_the_new_space_has_a_life_of_its_own(self, campus):
        (before,), (lively,) = campus.courses(campus.old, ["c"]), campus.courses(campus.new, ["c"])
        (author,) = campus.people(campus.new, ["s"], lively)
        campus.write(author)
        assert campus.preview()[0] == {Verdict.OWN_LIFE: (1, ["Course c"])}
        campus.succeed()
        assert (campus.found_by(campus.new, "c"), campus.found_by(campus.old, "c")) == (lively, before)

    def test_that_share_one_space_change_places_however_lively_it_is(self, campus):
        (before,) = campus.courses(campus.old, ["c"])
        (author,) = campus.people(campus.old, ["s"], before)
        campus.write(author)
        (second,) = campus.courses(campus.new, ["c"], community=False)
        with transaction():
            shared = db.session.get(Course, before).community_id
            db.session.get(Course, second).community_id = shared
        campus.succeed()
        assert campus.found_by(campus.new, "c") == before

    def test_without_a_space_do_not_push_one_aside(self, campus):
        campus.courses(campus.old, ["c"], community=False)
        (there,) = campus.courses(campus.new, ["c"])
        assert list(campus.preview()[0]) == [Verdict.EMPTY]
        campus.succeed()
        assert campus.found_by(campus.new, "c") == there

    def test_of_one_context_id_in_two_deployments_are_left_to_people(self, campus):
        (first,) = campus.courses(campus.old, ["c"])
        with transaction():
            other = platforms.approve(campus.old, "6", NOW).id
            db.session.add(Course(deployment_id=other, context_id="c", title="Course c2", created_at=NOW))
        assert campus.preview()[0] == {Verdict.AMBIGUOUS: (2, ["Course c", "Course c2"])}
        campus.succeed()
        assert campus.found_by(campus.new, "c") is None


class TestPeople:
    def test_change_places_or_go_over_by_their_sub(self, campus):
        both, alone = campus.people(campus.old, ["both", "alone"])
        (twin,) = campus.people(campus.new, ["both"])
        campus.succeed()
        assert campus.known_by(campus.new, "both") == both
        assert campus.known_by(campus.new, "alone") == alone
        assert campus.known_by(campus.old, "both") == twin

    def test_who_wrote_under_the_new_one_are_left_alone(self, campus):
        (course,) = campus.courses(campus.new, ["c"])
        (before,), (writer,) = campus.people(campus.old, ["s"]), campus.people(campus.new, ["s"], course)
        campus.write(writer)
        assert campus.preview()[1] == {Verdict.OWN_LIFE: (1, ["P s"])}
        campus.succeed()
        assert (campus.known_by(campus.new, "s"), campus.known_by(campus.old, "s")) == (writer, before)

    def test_are_in_a_shared_space_once(self, campus):
        """Staff chose to go on in the old space: everybody who came by both registrations is there twice."""
        (course,) = campus.courses(campus.old, ["c"])
        (second,) = campus.courses(campus.new, ["c"], community=False)
        with transaction():
            shared = db.session.get(Course, course).community_id
            db.session.get(Course, second).community_id = shared
        campus.people(campus.old, ["both", "gone"], course)
        campus.people(campus.new, ["both", "newcomer"], second)
        before = campus.present()
        assert before == ["both", "both", "gone", "newcomer"]
        campus.succeed()
        assert campus.present() == ["both", "gone", "newcomer"]
        campus.undo()
        assert campus.present() == before

    def test_of_the_new_registration_alone_stay(self, campus):
        (newcomer,) = campus.people(campus.new, ["n"])
        campus.succeed()
        assert campus.known_by(campus.new, "n") == newcomer


class TestWhoIsInACourseThatStays:
    """A course of the new registration alone, or with a life of its own, keeps the people who are in it."""

    @pytest.fixture
    def stays(self, campus):
        """A lively course of the new registration; Silent is in it and in the old one, and wrote nothing."""
        (campus.first,) = campus.courses(campus.old, ["c"])
        (course,) = campus.courses(campus.new, ["c"])
        campus.people(campus.old, ["silent"], campus.first)
        _, writer = campus.people(campus.new, ["silent", "writer"], course)
        campus.write(writer)
        return course

    def in_course(self, course: int) -> list:
        """Who is enrolled there and a member, by which registration, appointed as what, and how often."""
        with reading():
            return db.session.execute(
                select(User.sub, User.platform_id, Membership.appointed_role)
                .join(Enrolment, Enrolment.user_id == User.id)
                .join(Course, Course.id == Enrolment.course_id)
                .join(
                    Membership,
                    (Membership.user_id == User.id) & (Membership.community_id == Course.community_id),
                )
                .where(Course.id == course, Enrolment.active)
                .order_by(User.sub)
            ).all()

    def appoint(self, campus, sub: str) -> None:
        with transaction():
            user = campus.known_by(campus.new, sub)
            member = db.session.scalars(select(Membership).where(Membership.user_id == user)).one()
            member.appointed_role = Role.COMMUNITY_MANAGER

    def test_is_in_it_as_whom_launches_find(self, campus, stays):
        self.appoint(campus, "silent")
        person = campus.known_by(campus.old, "silent")
        before = self.in_course(stays)
        campus.succeed()
        assert campus.known_by(campus.new, "silent") == person
        assert self.in_course(stays) == before
        with reading():
            assert set(db.session.scalars(select(Enrolment.course_id).filter_by(user_id=person))) == {
                campus.first,
                stays,
            }

    def test_goes_back_with_the_registration(self, campus, stays):
        twin = campus.known_by(campus.new, "silent")
        before = self.in_course(stays), self.in_course(campus.first)
        campus.succeed()
        campus.undo()
        assert campus.known_by(campus.new, "silent") == twin
        assert (self.in_course(stays), self.in_course(campus.first)) == before

    def test_is_none_of_whom_made_room_together_with_their_course(self, campus):
        (course,) = campus.courses(campus.old, ["c"])
        (aside,) = campus.courses(campus.new, ["c"])
        (person,) = campus.people(campus.old, ["s"], course)
        (twin,) = campus.people(campus.new, ["s"], aside)
        campus.succeed()
        with reading():
            assert dict(db.session.execute(select(Enrolment.user_id, Enrolment.course_id)).all()) == {
                person: course,
                twin: aside,
            }


class TestTheOldRegistration:
    def test_is_suspended_and_says_by_what_it_was_replaced(self, campus):
        campus.succeed()
        with reading():
            assert db.session.get(Platform, campus.old).state is PlatformState.SUSPENDED
            assert platforms.replacement_of(campus.old).id == campus.new
            assert platforms.replacement_of(campus.new) is None

    def test_cannot_be_resumed_beside_its_successor(self, campus):
        campus.succeed()
        with pytest.raises(Stale, match="platform-replaced"), transaction():
            platforms.resume(campus.old, NOW)

    def test_leaves_nothing_behind_that_only_the_change_needed(self, campus):
        campus.courses(campus.old, ["c"])
        before = campus.places()[2:]
        campus.succeed()
        assert campus.places()[2:] == before

    def test_is_written_down(self, campus):
        campus.people(campus.old, ["s"])
        campus.succeed()
        with reading():
            entry = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
            assert (entry.act, entry.subject) == ("platform.succeeded", f"platform:{campus.old}")
            assert entry.detail == {"successor": campus.new, "courses": 0, "people": 1}


class TestHundreds:
    LOOKED_AT = "WHERE relname IN ('course', 'user_account', 'enrolment', 'membership', 'succession_move')"

    def fill(self, campus, count: int) -> None:
        names = [f"n{number}" for number in range(count)]
        campus.courses(campus.old, names)
        campus.courses(campus.new, names[::2])
        campus.people(campus.old, names)
        campus.people(campus.new, names[::3])

    def cost(self, campus, act) -> int:
        with counted() as sent:
            act()
        return len(sent)

    def test_move_and_come_back_exactly(self, campus):
        self.fill(campus, MANY)
        before = campus.places()
        moved = campus.succeed()
        assert (moved.courses, moved.people) == (MANY + MANY // 2, MANY + MANY // 3)
        assert campus.places() != before
        back = campus.undo()
        assert (back.courses, back.people) == (moved.courses, moved.people)
        assert campus.places() == before

    @pytest.mark.postgresql
    def test_are_not_taken_for_the_empty_tables_of_before(self, campus):
        """What PostgreSQL remembers of tables that were emptied: it then joins all with all, for minutes."""
        self.fill(campus, MANY)
        with transaction():
            db.session.execute(text(f"UPDATE pg_class SET relpages = 50, reltuples = 0 {self.LOOKED_AT}"))
            db.session.execute(text("SET LOCAL statement_timeout = '20s'"))
            succession.succeed(campus.old, campus.new, None, NOW)
        counted_rows = "SELECT relname, reltuples FROM pg_class"
        with reading():
            known = dict(map(tuple, db.session.execute(text(f"{counted_rows} {self.LOOKED_AT}"))))
        assert known["succession_move"] >= MANY
        assert known["user_account"] == MANY + MANY // 3

    def test_cost_as_many_statements_as_a_few(self, campus):
        self.fill(campus, 6)
        few = [self.cost(campus, act) for act in (campus.preview, campus.succeed, campus.undo)]
        with transaction():
            campus.old, campus.new = campus.new, campus.old
        self.fill_more(campus)
        many = [self.cost(campus, act) for act in (campus.preview, campus.succeed, campus.undo)]
        assert many == few

    def fill_more(self, campus) -> None:
        names = [f"m{number}" for number in range(60)]
        campus.courses(campus.old, names)
        campus.people(campus.old, names)


class TestTwoAtOnce:
    def test_one_is_done_and_the_other_finds_it_done(self, campus, tool):
        campus.people(campus.old, ["a", "b"])
        campus.people(campus.new, ["b"])
        start = Barrier(2)

        def run(_) -> str:
            with tool.app_context():
                start.wait()
                try:
                    campus.succeed()
                    return "done"
                except Stale as refusal:
                    return refusal.code
                finally:
                    db.session.remove()

        with ThreadPoolExecutor(2) as threads:
            assert sorted(threads.map(run, range(2))) == ["done", "replaced-already"]
        with reading():
            assert db.session.scalar(select(func.count()).select_from(Succession)) == 1


class TestUndoing:
    def test_keeps_who_came_in_between(self, campus):
        (course,) = campus.courses(campus.old, ["c"])
        campus.succeed()
        (newcomer,) = campus.people(campus.new, ["later"], course)
        campus.undo()
        assert campus.known_by(campus.new, "later") == newcomer
        assert campus.found_by(campus.old, "c") == course

    def test_makes_room_for_what_was_there_first(self, campus):
        """A launch by the old registration that was under way during the change left a row of its own."""
        (first,) = campus.people(campus.old, ["s"])
        campus.succeed()
        (late,) = campus.people(campus.old, ["s"])
        campus.undo()
        assert (campus.known_by(campus.old, "s"), campus.known_by(campus.new, "s")) == (first, late)

    def test_is_possible_for_thirty_days(self, campus):
        campus.succeed()
        with pytest.raises(Stale, match="too-late"):
            campus.undo(NOW + timedelta(days=30, seconds=1))
        campus.undo(NOW + timedelta(days=30))
        with pytest.raises(NotFound, match="no-such-succession"):
            campus.undo()

    def test_lets_the_old_one_launch_again_and_be_replaced_again(self, campus):
        campus.succeed()
        campus.undo()
        with reading():
            assert db.session.get(Platform, campus.old).state is PlatformState.ACTIVE
        campus.succeed()

    def test_begins_with_the_last_one(self, campus):
        with transaction():
            third = campus.register("third", deployments=("1",))
        campus.succeed()
        with transaction():
            succession.succeed(campus.new, third, None, NOW)
        with pytest.raises(Stale, match="later-first"):
            campus.undo()
        with transaction():
            succession.undo(campus.new, third, NOW)
        campus.undo()


class TestRefusing:
    def refused(self, old: int, new: int) -> str:
        with pytest.raises((Stale, NotFound)) as refusal, reading():
            succession.preview(old, new, None)
        return refusal.value.code

    def test_what_cannot_be_the_same_lms(self, campus):
        with transaction():
            elsewhere = campus.register("x", issuer="https://canvas.example.edu")
            foreign = campus.register("y", organisation="Others")
        assert self.refused(campus.old, elsewhere) == "other-lms"
        assert self.refused(campus.old, foreign) == "other-organisation"
        assert self.refused(*self.without_hosts(campus)) == "other-lms"
        assert self.refused(campus.old, campus.old) == "same-platform"
        assert self.refused(campus.old, 999) == "no-such-platform"

    def without_hosts(self, campus) -> tuple[int, int]:
        """Two registrations whose issuers are different words, no web addresses."""
        with transaction():
            return campus.register("u", issuer="urn:one"), campus.register("v", issuer="urn:two")

    def test_a_new_one_that_is_paused(self, campus):
        with transaction():
            platforms.suspend(campus.new, NOW)
        assert self.refused(campus.old, campus.new) == "new-suspended"

    def test_what_was_replaced_already(self, campus):
        with transaction():
            third = campus.register("third")
        campus.succeed()
        assert self.refused(campus.old, third) == "replaced-already"
        assert self.refused(third, campus.old) == "new-suspended"

    def test_an_old_one_that_other_organisations_use(self, campus):
        with transaction():
            platforms.approve(campus.old, "tenant", NOW, "Others")
            assert db.session.scalar(select(func.count()).select_from(Organisation)) == 2
        assert self.refused(campus.old, campus.new) == "shared-by-organisations"
