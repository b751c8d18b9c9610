"""Several client ids of one LMS, several deployments of one client id: what is the same, and what is not."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from demo_lms.people import INSTRUCTOR
from lti_tool import clock
from lti_tool.extensions import db
from lti_tool.models import (
    AuditEntry,
    Community,
    Course,
    CourseGroup,
    CourseGroupMember,
    DeliveryState,
    Deployment,
    Enrolment,
    LineItem,
    LineItemState,
    Organisation,
    Platform,
    ScoreDelivery,
    User,
)
from lti_tool.services import column_views, deployments, platforms, rosters, rules, succession
from lti_tool.services.platforms import Registration
from lti_tool.transactions import transaction
from tests.functional import test_plans
from tests.functional.launches import assert_calmly_refused, launch_with, records, setting
from tests.functional.test_plans import PREPARED, forget_earlier_tests, noted
from tests.support.classroom import Classroom
from tests.support.content import Dialog
from tests.support.statements import counted
from tests.support.words import said
from tests.support.world import FRENCH, TOOL, World, hidden_fields

SECOND = "second-client"
# What a course that speaks French is told.
ALREADY_HERE = said("fr", "This course already has a space")
BEING_PREPARED = said("fr", "The space of this course is being prepared")


class TwoRegistrations:
    """One LMS that launches the tool as the first client, or as the second."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.first_client = world.lms.settings.client_id
        self.first, self.second = world.platform_id, self.register(SECOND)

    def register(self, client_id: str, organisation: str | None = None) -> int:
        issuer = self.world.lms.settings.issuer
        registration = Registration(
            name=f"Registration {client_id}",
            issuer=issuer,
            client_id=client_id,
            auth_url=f"{issuer}/lti/auth",
            token_url=f"{issuer}/lti/token",
            jwks_url=f"{issuer}/lti/certs",
            accept_deployments=True,
        )
        with self.world.app.app_context(), transaction():
            return platforms.add(registration, organisation, TOOL, clock.now()).id

    def as_second(self, client_id: str = SECOND) -> World:
        """From now on the LMS launches as the second client."""
        self.world.lms.settings.client_id = client_id
        return self.world

    def as_first(self) -> World:
        self.world.lms.settings.client_id = self.first_client
        return self.world

    def opened_by(self, person: str, follow: bool = True):
        """Let somebody launch; return the page, whatever it is."""
        browser = self.world.browser(person)
        return browser.launch(browser.launch_form(), follow=follow)

    def numbers(self, table, *conditions) -> list[int]:
        with self.world.database() as session:
            return list(session.scalars(select(table.id).where(*conditions).order_by(table.id)))

    def count(self, table, *conditions) -> int:
        with self.world.database() as session:
            return session.scalar(select(func.count()).select_from(table).where(*conditions))


@pytest.fixture
def two(world):
    return TwoRegistrations(world)


@pytest.fixture
def known(two):
    """A lively French course under the first registration; the LMS launches as the second from here on."""
    two.home = two.world.enter("ines")
    two.home.post("posts", kind="question", title="Before the change", body="Tell me.")
    two.as_second()
    return two


def choose(page, space: str | None = None, follow: bool = True, **changes):
    """Press one of the buttons of the page that asks: the first one, or that of a space."""
    forms = [
        {field["name"]: field["value"] for field in form.select("input[name]")}
        for form in page.soup.select("form[action='/lti/launch/choice']")
    ]
    form = forms[0] if space is None else next(form for form in forms if form["space"] == space)
    return page.browser.post("/lti/launch/choice", form | changes, follow=follow)


class TestPeople:
    def test_of_one_sub_under_two_client_ids_are_two(self, two):
        two.world.enter("ines")
        two.register("elsewhere", "Another organisation")
        two.as_second("elsewhere").enter("ines")
        assert two.count(User, User.sub == "u-ines") == 2
        assert two.count(Community) == 2


class TestDeployments:
    def test_of_another_organisation_make_communities_of_that_organisation(self, two):
        two.world.enter("ines")
        with two.world.app.app_context(), transaction():
            platforms.approve(two.first, "tenant", clock.now(), "A school of its own", TOOL)
        two.world.lms.settings.deployment_id = "tenant"
        two.world.enter("ines")
        with two.world.database() as session:
            wanted = select(Organisation.name).join(Community, Community.organisation_id == Organisation.id)
            assert session.scalars(wanted.order_by(Community.id)).all() == [
                "tool.test",
                "A school of its own",
            ]

    def test_that_two_first_launches_bring_at_once_let_both_in(self, two):
        browsers = [two.world.browser(person) for person in ("ines", "karim")]
        forms = [browser.launch_form() for browser in browsers]
        both = zip(browsers, forms, strict=True)
        with ThreadPoolExecutor(2) as threads:
            pages = list(threads.map(lambda one: one[0].launch(one[1], follow=False), both))
        assert [page.status for page in pages] == [303, 303]


class TestAKnownContext:
    def test_is_shown_to_staff_before_anything_is_made(self, known):
        page = known.opened_by("claire")
        assert page.status == 200
        assert ALREADY_HERE in page.text
        assert "1 membre" in page.text
        assert known.count(Community) == 1
        assert records(known.world)[-1].code == "course-undecided"
        assert known.world.lms.settings.issuer in page.response.headers["Content-Security-Policy"]

    def test_goes_on_where_it_was_when_staff_say_so(self, known):
        home = choose(known.opened_by("claire"))
        assert (home.status, home.community) == (200, known.home.community)
        assert "Before the change" in home.text
        with known.world.database() as session:
            entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
            assert (entry.act, entry.actor_kind) == ("course.joined-space", "member")
            assert entry.community_id == 1

    def test_gets_a_space_of_its_own_when_staff_say_so(self, known):
        home = choose(known.opened_by("claire"), "new")
        assert (home.status, home.community) == (200, "/communities/2/")
        assert "Before the change" not in home.text
        assert known.count(AuditEntry, AuditEntry.act == "course.new-space") == 1

    def test_is_asked_about_once(self, known):
        first = choose(known.opened_by("claire"), "new")
        for person in ("claire", "marc", "ines"):
            assert known.opened_by(person).community == first.community

    def test_keeps_learners_waiting_calmly_meanwhile(self, known):
        page = known.opened_by("ines")
        assert page.status == 200
        assert BEING_PREPARED in page.text
        assert not page.soup.select("form")
        assert known.count(Community) == 1
        choose(known.opened_by("claire"))
        assert known.opened_by("ines").community == known.home.community

    def test_is_not_asked_of_a_student_view(self, known):
        test_user = "http://purl.imsglobal.org/vocab/lti/system/person#TestUser"
        page = launch_with(known.world.browser("claire"), setting(roles=[INSTRUCTOR, test_user]))
        assert BEING_PREPARED in page.text

    def test_of_another_organisation_is_not_shown(self, known):
        known.register("elsewhere", "Another organisation")
        known.as_second("elsewhere")
        assert known.opened_by("claire").community == "/communities/2/"

    def test_of_another_deployment_of_one_registration_is_another_course(self, known):
        known.world.lms.settings.deployment_id = "other"
        choose(known.opened_by("claire"), "new")
        known.world.lms.settings.deployment_id = "third"
        page = known.opened_by("claire")
        assert len(page.soup.select("section.card.accent")) == 1  # the first registration's alone

    def test_that_was_decided_meanwhile_is_entered_as_decided(self, known):
        early, late = known.opened_by("claire"), known.opened_by("marc")
        assert choose(early).community == known.home.community
        assert choose(late, "new").community == known.home.community
        assert known.count(Community) == 1

    def test_that_two_decide_at_once_becomes_what_the_first_decided(self, known):
        pages = [(known.opened_by("claire"), None), (known.opened_by("marc"), "new")]
        with ThreadPoolExecutor(2) as threads:
            homes = list(threads.map(lambda one: choose(*one), pages))
        assert homes[0].community == homes[1].community
        assert known.count(AuditEntry, AuditEntry.subject.like("course:%")) == 1

    def test_with_grading_has_its_column_made_by_a_trainer(self, two):
        classroom = Classroom(two.world).ready()
        two.as_second()
        home = choose(two.opened_by("claire"))
        assert home.community == classroom.trainer.community
        assert len(home.get("grading").soup.select("form[action*='/line-items/']")) == 1
        assert two.count(LineItem, LineItem.state == LineItemState.REFUSED) == 1

    def test_gets_each_column_of_the_space_and_scores_reach_both_courses(self, two):
        classroom = Classroom(two.world).ready()
        form = {"measures": "assessment", "name": "Appréciation", "maximum": "10"}
        classroom.trainer.post("grading/columns", **form)
        classroom.make_columns()
        classroom.ask("ines")
        classroom.send()
        classroom.deliver()
        two.as_second()
        home = choose(two.opened_by("claire"))
        missing = two.numbers(LineItem, LineItem.state == LineItemState.REFUSED)
        assert len(missing) == 2
        for number in missing:
            home.post(f"grading/line-items/{number}/again")
        classroom.make_columns()
        assert two.count(LineItem, LineItem.state == LineItemState.BOUND) == 4
        words = " ".join(f"second{number}" for number in range(20))
        two.opened_by("ines").post("posts", kind="question", title="From the second course", body=words)
        home.post("grading/send", everyone="1")
        classroom.deliver()
        assert two.count(ScoreDelivery, ScoreDelivery.state == DeliveryState.CONFIRMED) == 2


class TestTheForm:
    def test_works_once(self, known):
        page = known.opened_by("claire")
        choose(page, "new")
        assert_calmly_refused(known.world, choose(page, "new"), "launch-replayed")

    def test_comes_before_content_is_chosen_and_then_the_choices_are_shown(self, known):
        page = Dialog(known.world.browser("claire")).page
        assert not page.soup.select("input[name=what]")

        chosen = choose(page, "new", follow=False)

        assert [field["value"] for field in chosen.soup.select("input[name=what]")] == ["space", "new"]
        assert known.count(Community) == 2

    def test_works_for_an_hour(self, known, time_machine):
        page = known.opened_by("claire")
        time_machine.move_to(clock.now() + timedelta(minutes=61), tick=True)
        page.browser.tool.set_cookie(
            "__Host-cv_login", "kept by a slow clock", domain="tool.test", secure=True
        )
        assert_calmly_refused(known.world, choose(page), "state-expired")

    def test_works_in_the_browser_it_was_made_for(self, known):
        fields = hidden_fields(known.opened_by("claire").html)
        for browser in (known.world.browser(), known.opened_by("ines").browser):
            assert_calmly_refused(
                known.world, browser.post("/lti/launch/choice", fields), "state-other-browser"
            )
        assert known.count(Community) == 1

    def test_that_is_not_ours_is_refused(self, known):
        page = known.opened_by("claire")
        for launch in ("", "x", "e30.e30"):
            code = "state-unknown" if launch else "state-missing"
            assert_calmly_refused(known.world, choose(page, launch=launch), code)

    def test_that_names_no_space_that_was_offered_asks_again(self, known):
        with known.world.app.app_context(), transaction():
            db.session.add(
                Community(organisation_id=1, name="Foreign", time_zone="UTC", created_at=clock.now())
            )
        page = known.opened_by("claire")
        for space in ("", "999", "2", "x", "-1"):
            sealed = page.soup.select_one("input[name=launch]")["value"]
            page = page.browser.post("/lti/launch/choice", {"launch": sealed, "space": space})
            assert ALREADY_HERE in page.text
        assert known.count(Course, Course.community_id.is_(None)) == 1

    def test_is_worth_nothing_when_the_platform_was_paused_meanwhile(self, known):
        page = known.opened_by("claire")
        with known.world.app.app_context(), transaction():
            platforms.suspend(known.second, clock.now())
        assert_calmly_refused(known.world, choose(page), "platform-suspended")

    def test_is_worth_nothing_when_the_deployment_was_refused_meanwhile(self, known):
        page = known.opened_by("claire")
        with known.world.app.app_context(), transaction():
            new = select(Deployment).where(Deployment.platform_id == known.second)
            deployments.refuse(db.session.scalars(new).one(), clock.now(), by=1)
        assert_calmly_refused(known.world, choose(page), "deployment-refused")


class TestAPausedPlatform:
    def pause(self, two) -> None:
        with two.world.app.app_context(), transaction():
            platforms.suspend(two.first, clock.now())

    def test_is_refused_at_the_login(self, two):
        self.pause(two)
        page = two.world.browser().post("/lti/login", two.world.browser("ines").login_form())
        assert page.status == 400
        assert "The connection with this LMS is paused" in page.text

    def test_is_refused_in_the_middle_of_a_launch(self, two):
        browser = two.world.browser("ines")
        form = browser.launch_form()
        self.pause(two)
        assert_calmly_refused(two.world, browser.launch(form), "platform-suspended")

    def test_leaves_the_other_client_id_of_the_issuer_in_peace(self, two):
        self.pause(two)
        two.as_second().enter("ines")
        form = two.world.browser("ines").login_form()
        form.pop("client_id", None)
        assert two.world.browser().post("/lti/login", form).status == 200


class TestASuccession:
    def succeed(self, two) -> None:
        with two.world.app.app_context(), transaction():
            succession.succeed(two.first, two.second, None, clock.now())

    @pytest.fixture
    def replaced(self, known):
        """The second registration has a deployment, and took the place of the first."""
        with known.world.app.app_context(), transaction():
            platforms.approve(known.second, known.world.lms.settings.deployment_id, clock.now())
        self.succeed(known)
        return known

    def test_leads_people_to_what_they_wrote(self, replaced):
        home = replaced.world.enter("ines")
        assert home.community == replaced.home.community
        thread = home.soup.select_one("#posts article")
        assert "Before the change" in thread.text
        assert replaced.count(User, User.sub == "u-ines") == 1

    def test_asks_staff_nothing(self, replaced):
        assert replaced.world.enter("claire").community == replaced.home.community

    def test_of_two_that_shared_a_space_already_keeps_it(self, known):
        choose(known.opened_by("claire"))
        self.succeed(known)
        for person in ("claire", "ines"):
            assert known.world.enter(person).community == known.home.community
        assert known.count(Community) == 1

    def test_finds_people_in_a_course_that_stays_once_and_keeps_their_pages(self, known):
        """Both registrations have a lively space of the course: each keeps its own."""
        trainer = choose(known.opened_by("claire"), "new")
        trainer.post("posts", kind="question", title="In the new one", body="Tell me.")
        silent = known.world.enter("ines")
        self.succeed(known)
        assert silent.post("posts", kind="question", title="Still here", body="Tell me.").status == 200
        again = known.world.enter("ines")
        assert again.community == trainer.community == silent.community != known.home.community
        enrolled = select(Course.context_id).join(Enrolment, Enrolment.course_id == Course.id)
        in_the_new_one = enrolled.join(User, User.id == Enrolment.user_id).where(
            User.sub == "u-ines", Enrolment.active, Course.community_id == 2
        )
        with known.world.database() as session:
            assert len(session.scalars(in_the_new_one).all()) == 1

    def test_takes_the_groups_of_a_course_along_and_reads_them_on(self, two):
        """They belong to rows that change places as a whole: to the course, and to who is enrolled there."""
        trainer = two.world.enter("claire")
        self.read_lists(two)
        before = self.groups(two, two.first)
        assert {name for name, _ in before} == {"Atelier Lyon", "Atelier Nantes"}
        two.as_second()
        with two.world.app.app_context(), transaction():
            platforms.approve(two.second, two.world.lms.settings.deployment_id, clock.now())
        self.succeed(two)
        assert self.groups(two, two.second) == before
        lyon, nantes = two.world.lms.groups[FRENCH]
        two.world.lms.groups[FRENCH] = [replace(lyon, members=frozenset({"u-ines"})), nantes]
        two.world.enter("claire").post("members/roster")
        self.read_lists(two)
        after = self.groups(two, two.second)
        assert {sub for name, sub in after if name == "Atelier Lyon"} == {"u-ines"}
        assert two.count(CourseGroup) == 2
        assert trainer.get("members").status == 200

    def read_lists(self, two) -> None:
        with two.world.app.app_context():
            rosters.read_due_rosters(clock.now, transaction)

    def groups(self, two, platform: int) -> set[tuple[str, str]]:
        """Who is in which group of the courses of a registration."""
        with two.world.database() as session:
            found = session.execute(
                select(CourseGroup.name, User.sub)
                .join(Course, Course.id == CourseGroup.course_id)
                .join(Deployment, Deployment.id == Course.deployment_id)
                .join(CourseGroupMember, CourseGroupMember.course_group_id == CourseGroup.id)
                .join(Enrolment, Enrolment.id == CourseGroupMember.enrolment_id)
                .join(User, User.id == Enrolment.user_id)
                .where(Deployment.platform_id == platform, User.platform_id == platform)
            )
            return {(name, sub) for name, sub in found}

    def test_leaves_open_pages_working(self, replaced):
        page = replaced.home.post("posts", kind="question", title="Still here", body="Tell me.")
        assert page.status == 200

    def test_makes_the_old_link_say_what_took_its_place(self, replaced):
        replaced.as_first()
        page = replaced.world.browser().post("/lti/login", replaced.world.browser("ines").login_form())
        assert page.status == 400
        assert "earlier connection of your LMS" in page.text
        assert f"Registration {SECOND}" in page.text

    def test_leaves_no_column_of_the_old_registration_to_be_waited_for(self, two):
        Classroom(two.world).ready()
        two.as_second()
        choose(two.opened_by("claire"))
        assert self.columns_shown(two) == 2
        self.succeed(two)
        assert self.columns_shown(two) == 1

    def columns_shown(self, two) -> int:
        with two.world.app.app_context():
            return len(column_views.line_items_of(rules.in_force(1)))

    def test_that_is_undone_gives_everything_back_with_what_came_since(self, replaced):
        replaced.world.enter("ines").post("posts", kind="question", title="In between", body="Tell me.")
        with replaced.world.app.app_context(), transaction():
            succession.undo(replaced.first, replaced.second, clock.now())
        home = replaced.as_first().enter("ines")
        assert "Before the change" in home.text
        assert "In between" in home.text


class TestAThousandPlatforms:
    def test_cost_a_launch_no_statement_and_no_scan(self, world, monkeypatch):
        monkeypatch.setattr(test_plans, "SMALL", frozenset({"organisation", "tool_key"}))
        world.enter("ines")
        alone = self.cost(world, "karim")
        self.register_many(world, 1000)
        assert self.cost(world, "hugo") == alone
        with world.app.app_context():
            with noted() as sent:
                self.cost(world, "claire")
            forget_earlier_tests()
            connection = db.session.connection()
            scans = PREPARED[connection.dialect.name](connection)
            if connection.dialect.name == "postgresql":
                # Here one course is looked for among those of every registration, not among a community's.
                connection.execute(text("UPDATE pg_class SET reltuples = 1e6 WHERE relname = 'course'"))
            steps = [
                step for statement, asked in sent.items() for step in scans(connection, statement, asked)
            ]
            db.session.rollback()
        assert [step for step in steps if "platform" in step] == []

    def test_are_no_reason_to_scan_for_a_known_course(self, known, monkeypatch):
        monkeypatch.setattr(test_plans, "SMALL", frozenset({"organisation", "tool_key"}))
        self.register_many(known.world, 100)
        with known.world.app.app_context():
            with noted() as sent:
                choose(known.opened_by("claire"), follow=False)
            forget_earlier_tests()
            connection = db.session.connection()
            scans = PREPARED[connection.dialect.name](connection)
            if connection.dialect.name == "postgresql":
                # Here one course is looked for among those of every registration, not among a community's.
                connection.execute(text("UPDATE pg_class SET reltuples = 1e6 WHERE relname = 'course'"))
            steps = [
                step for statement, asked in sent.items() for step in scans(connection, statement, asked)
            ]
            db.session.rollback()
        ours = ("platform", "deployment", "course", "membership", "community")
        assert [step for step in steps if step.split()[-1] in ours] == []

    def cost(self, world, person: str) -> int:
        browser = world.browser(person)
        with world.app.app_context(), counted() as sent:
            form = browser.launch_form()
            assert browser.launch(form, follow=False).status == 303
        return len(sent)

    def register_many(self, world, count: int) -> None:
        with world.app.app_context(), transaction():
            known = db.session.scalars(select(Platform)).first()
            for number in range(count):
                db.session.add(
                    Platform(
                        organisation_id=known.organisation_id,
                        name=f"{number}",
                        # Half of them share the issuer, as on Canvas.
                        issuer=known.issuer if number % 2 else f"https://lms-{number}.example.org",
                        client_id=f"client-{number}",
                        auth_url="https://x.example/",
                        token_url="https://x.example/",
                        jwks_url="https://x.example/",
                        deployment_policy=known.deployment_policy,
                        created_at=clock.now(),
                    )
                )
