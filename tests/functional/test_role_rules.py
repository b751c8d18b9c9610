"""The editor of role rules: typed, previewed, in force for launches, lists and everybody who is here."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from demo_lms.people import INSTRUCTOR, LEARNER, MENTOR, Course
from lti_tool import clock
from lti_tool.extensions import db
from lti_tool.models import AuditEntry, Deployment, Enrolment, Role, Seat, User
from lti_tool.services import role_rules
from lti_tool.transactions import transaction
from tests.functional.launches import CLAIM, launch_with, role_of
from tests.rosters.course import RosterCourse
from tests.support.administrators import administrator
from tests.support.statements import counted
from tests.support.world import FRENCH


class Editor:
    """An administrator at the rules of the deployment that the world's launches name."""

    def __init__(self, world) -> None:
        self.world = world
        self.who = administrator(world, organisation=None)
        self.address = f"/admin/platforms/{world.platform_id}/deployments/1/roles"

    def fields(self, *rules, parameters="", **more) -> dict:
        """Return the form of rules: (match, role) or (parameter, match, role)."""
        sent = {"rows": str(len(rules)), "parameters": parameters}
        for place, (*parameter, match, role) in enumerate(rules):
            says = f"parameter:{parameter[0]}" if parameter else "role"
            sent |= {f"says-{place}": says, f"match-{place}": match, f"role-{place}": role}
        return sent | more

    def preview(self, *rules, **more):
        return self.who.post(self.address, self.fields(*rules, step="preview", **more))

    def confirm(self, page):
        """Press the button of a preview."""
        form = page.soup.select_one("form[action$='/roles/confirm']")
        fields = {one["name"]: one.get("value", "") for one in form.select("input")}
        fields.pop("admin_token")
        return self.who.post(f"{self.address}/confirm", fields)

    def adopt(self, *rules, **more):
        page = self.confirm(self.preview(*rules, **more))
        assert page.status == 200, page.text
        return page


@pytest.fixture
def editor(world):
    world.enter("claire")
    return Editor(world)


def enrolment_of(world, person) -> Enrolment:
    with world.database() as session:
        wanted = select(Enrolment).join(User, User.id == Enrolment.user_id).where(User.sub == f"u-{person}")
        found = session.scalars(wanted).one()
        session.expunge(found)
        return found


class TestTyping:
    def test_adds_moves_and_takes_away_without_script(self, editor):
        one, two = ("Mentor", "trainer"), ("Manager#*", "learner")

        def shown(*rules, step):
            page = editor.who.post(editor.address, editor.fields(*rules, step=step))
            assert page.status == 200
            return [field.get("value") for field in page.soup.select("input[id^=match-]")]

        assert shown(one, step="add") == ["Mentor", ""]
        assert shown(one, two, step="up-1") == ["Manager#*", "Mentor"]
        assert shown(one, two, step="down-0") == ["Manager#*", "Mentor"]
        assert shown(one, two, step="remove-0") == ["Manager#*"]
        for nonsense in ("up-0", "down-1", "remove-9", "up-", "x", "remove--1", "remove-²"):
            assert shown(one, two, step=nonsense) == ["Mentor", "Manager#*"], nonsense

    @pytest.mark.parametrize(
        ("step", "there"),
        [
            ("add", ("match-2", None)),
            ("up-1", ("step", "down-0")),  # it is the first now: its button that goes up rests
            ("down-0", ("step", "up-1")),
            ("remove-0", ("match-0", None)),
            ("remove-1", ("match-0", None)),
        ],
    )
    def test_goes_on_where_one_was(self, editor, step, there):
        """The page is a new one: who moves a rule by keyboard would begin at its top each time."""
        fields = editor.fields(("Mentor", "trainer"), ("Officer", "learner"), step=step)
        (focused,) = editor.who.post(editor.address, fields).soup.select("[autofocus]")
        assert (focused["name"], focused.get("value") if focused.name == "button" else None) == there

    def test_goes_on_with_another_rule_when_there_is_none(self, editor):
        fields = editor.fields(("Mentor", "trainer"), step="remove-0")
        (focused,) = editor.who.post(editor.address, fields).soup.select("[autofocus]")
        assert focused["value"] == "add"

    def test_says_what_is_to_be_corrected_and_keeps_it(self, editor):
        page = editor.preview(("", "trainer"), ("cv_role", "x", "learner"), ("*", "trainer"))
        assert page.status == 422
        assert "Say what the LMS has to send" in page.text
        assert "not among those that may decide" in page.text
        assert "A star alone would fit everybody" in page.text
        assert len(page.soup.select("[aria-invalid=true]")) == 3

    def test_offers_no_role_that_only_an_appointment_gives(self, editor):
        page = editor.who.post(editor.address, editor.fields(("Mentor", "sponsor"), step="add"))
        offered = [option["value"] for option in page.soup.select("#role-0 option")]
        assert offered == ["trainer", "pedagogical_lead", "learner", "observer"]
        assert page.soup.select_one("#role-0 option[selected]")["value"] == "observer"


class TestThePreview:
    def test_counts_who_would_be_what_and_changes_nothing(self, editor, world):
        home = world.enter("patrick")
        assert role_of(home) == "observer"
        page = editor.preview(("Mentor", "learner"))
        assert "Observer Learner 1 Patrick" in page.text
        assert "decides 1 person" in page.text
        assert enrolment_of(world, "patrick").launch_role is Role.OBSERVER
        assert role_of(home.get("")) == "observer"

    def test_says_loudly_when_the_last_staff_would_go(self, editor):
        page = editor.preview(("Instructor", "observer"))
        assert "1 community would have no staff any more" in page.text
        assert page.soup.select_one(".callout.bad")

    def test_says_loudly_when_many_would_become_trainers(self, editor, world):
        for number in range(6):
            launch_with(world.browser("ines"), lambda claims, number=number: claims.update(sub=f"u-{number}"))
        page = editor.preview(("Learner", "trainer"))
        assert "6 people would become trainers" in page.text
        assert "would become" not in editor.preview(("Mentor", "trainer")).text

    def test_warns_of_a_rule_that_decides_nobody(self, editor):
        assert "decides 0 people" in editor.preview(("Officer", "trainer")).text

    def test_costs_as_many_statements_for_many_as_for_few(self, editor, world):
        def cost():
            with world.app.app_context(), counted() as sent:
                editor.preview(("Learner", "trainer"))
            return len(sent)

        cost()  # the first page tells the token of the forms
        few = cost()
        for number in range(12):
            launch_with(world.browser("ines"), lambda claims, number=number: claims.update(sub=f"u-{number}"))
        assert cost() == few <= 9


class TestRulesInForce:
    def test_hold_for_who_is_here_and_for_who_comes(self, editor, world):
        home = world.enter("patrick")
        page = editor.adopt(("Mentor", "learner"))
        assert "The rules are in force" in page.text
        assert enrolment_of(world, "patrick").launch_role is Role.LEARNER
        assert role_of(home.get("")) == "learner"
        world.lms.enrol("lea", FRENCH, MENTOR)
        assert role_of(world.enter("lea")) == "learner"

    def test_cost_a_launch_no_statement(self, editor, world):
        browser = world.enter("ines").browser

        def cost():
            form = browser.launch_form()
            with world.app.app_context(), counted() as sent:
                browser.launch(form, follow=False)
            return len(sent)

        without = cost()
        editor.adopt(("Mentor", "learner"), ("cv_role", "x", "trainer"), parameters="cv_role")
        assert cost() == without

    def test_take_roles_away_from_open_pages_at_once(self, editor, world):
        trainer = world.enter("claire")
        world.lms.enrol("omar", FRENCH, INSTRUCTOR)
        editor.adopt(("Instructor", "learner"))
        assert role_of(trainer.get("")) == "learner"

    def test_leave_a_seat_that_was_lower_on_purpose(self, editor, world):
        world.lms.enrol("claire", FRENCH, LEARNER)
        as_learner = world.enter("claire")
        assert role_of(as_learner) == "learner"
        editor.adopt(("Mentor", "learner"))
        assert role_of(as_learner.get("")) == "learner"
        assert enrolment_of(world, "claire").launch_role is Role.TRAINER

    def test_are_ended_by_taking_them_away(self, editor, world):
        world.enter("patrick")
        editor.adopt(("Mentor", "learner"))
        editor.adopt()
        assert enrolment_of(world, "patrick").launch_role is Role.OBSERVER
        with world.database() as session:
            assert session.scalars(select(Deployment.role_rules)).one() is None

    def test_are_noted_with_who_decided(self, editor, world):
        editor.adopt(("Mentor", "learner"))
        with world.database() as session:
            entry = session.scalars(select(AuditEntry).where(AuditEntry.act == "deployment.role-rules")).one()
            assert (entry.actor_kind, entry.actor_id) == ("administrator", editor.who.id)
            assert entry.detail["after"]["rules"][0]["match"] == "Mentor"
            assert entry.detail["before"] == {"rules": [], "parameters": []}

    def test_never_grant_by_a_role_of_the_institution_unless_named(self, editor, world):
        faculty = "http://purl.imsglobal.org/vocab/lis/v2/institution/person#Faculty"

        def launched(sub):
            roles = {CLAIM + "roles": [faculty], "sub": sub}
            return role_of(launch_with(world.browser("ines"), lambda claims: claims.update(roles)))

        editor.adopt(("*Faculty*", "trainer"), ("Faculty", "trainer"))
        assert launched("u-one") == "observer"
        editor.adopt((faculty, "trainer"))
        assert launched("u-two") == "trainer"
        assert enrolment_of(world, "one").launch_role is Role.TRAINER

    def test_of_another_deployment_change_nothing_here(self, editor, world):
        world.enter("patrick")
        editor.adopt(("Mentor", "learner"))
        with world.app.app_context(), transaction():
            platform_id, organisation_id = db.session.execute(
                select(Deployment.platform_id, Deployment.organisation_id)
            ).one()
            db.session.add(
                Deployment(
                    platform_id=platform_id,
                    organisation_id=organisation_id,
                    deployment_id="2",
                    state="accepted",
                    created_at=clock.now(),
                )
            )
        world.lms.settings.deployment_id = "2"
        assert role_of(world.enter("patrick")) == "observer"


class TestACustomParameter:
    def test_decides_from_the_next_launch_on_and_only_its_value_is_kept(self, editor, world):
        def launch(**custom):
            claims = {CLAIM + "custom": custom}
            return launch_with(world.browser("ines"), lambda said: said.update(claims))

        launch(cv_role="tutor", secret="hidden from us")
        page = editor.preview(("cv_role", "tutor", "trainer"), parameters="cv_role")
        assert "Nobody who is here would have another role" in page.text
        editor.confirm(page)
        assert role_of(launch(cv_role="tutor", secret="hidden from us")) == "trainer"
        assert enrolment_of(world, "ines").launch_custom == {"cv_role": "tutor"}
        assert role_of(launch(cv_role="nothing")) == "learner"
        # What a rule gave it may take as well; a value that may not decide any more is not kept.
        editor.adopt()
        assert enrolment_of(world, "ines").launch_role is Role.LEARNER
        assert enrolment_of(world, "ines").launch_custom is None


class TestWhatIsStale:
    def test_rules_that_were_previewed_beside_others_are_shown_again(self, editor):
        page = editor.preview(("Mentor", "learner"))
        editor.adopt(("Officer", "learner"))
        again = editor.confirm(page)
        assert again.status == 409
        assert "Somebody let other rules come into force" in again.text
        assert again.soup.select_one("#match-0")["value"] == "Mentor"
        assert editor.confirm(again).status == 200

    def test_rules_that_cannot_be_are_refused_before_they_are_shown_again(self, editor):
        page = editor.preview(("Mentor", "learner"))
        editor.adopt(("Officer", "learner"))
        for field in page.soup.select("form[action$=confirm] input[name=match-0]"):
            field["value"] = ""
        again = editor.confirm(page)
        assert again.status == 422
        assert not again.soup.select("input[name=agreed]")

    def test_rules_that_would_take_the_last_staff_only_now_are_shown_again(self, editor, world):
        world.lms.add_course(Course("8", "L", "New", "en", "18", "Link"))
        world.lms.enrol("marc", "8", INSTRUCTOR)
        page = editor.preview(("Instructor", "observer"))
        world.enter("marc", "8")
        again = editor.confirm(page)
        assert again.status == 409
        assert "2 communities would have no staff" in again.text
        assert enrolment_of(world, "claire").launch_role is Role.TRAINER

    def test_a_launch_that_was_read_by_the_rules_of_before_is_read_again(self, editor, world):
        world.enter("patrick")
        editor.adopt(("Mentor", "learner"))
        with world.app.app_context(), transaction():  # as a launch under way would have left it
            db.session.execute(update(Enrolment).values(launch_role=Role.OBSERVER))
            db.session.execute(update(Seat).values(role=Role.OBSERVER))
        with world.app.app_context():
            for later in (timedelta(), timedelta(minutes=2)):
                with transaction():
                    role_rules.settle(clock.now() + later)
        assert enrolment_of(world, "patrick").launch_role is Role.LEARNER
        assert enrolment_of(world, "claire").launch_role is Role.TRAINER
        with world.database() as session:
            assert session.scalars(select(Deployment.roles_settle_at)).one() is None


class TestARoster:
    def test_is_taken_over_by_the_rules(self, world):
        course = RosterCourse(world)
        Editor(world).adopt(("Learner", "observer"))
        course.read()
        found = enrolment_of(world, "ines")
        assert (found.roster_role, found.listed) == (Role.OBSERVER, True)

    def test_that_was_taken_over_is_read_again(self, world):
        course = RosterCourse(world)
        course.read()
        assert enrolment_of(world, "ines").roster_role is Role.LEARNER
        editor = Editor(world)
        assert "Learner Observer" in editor.preview(("Learner", "observer")).text
        editor.adopt(("Learner", "observer"))
        assert enrolment_of(world, "ines").roster_role is Role.OBSERVER


class TestAnotherOrganisation:
    def test_finds_neither_form_nor_button(self, editor, world):
        stranger = administrator(world, organisation="Another school")
        assert stranger.get(editor.address).status == 404
        page = editor.preview(("Mentor", "learner"))
        editor.who = stranger
        assert editor.preview(("Mentor", "learner")).status == 404
        assert editor.confirm(page).status == 404
