"""What staff place in a course: the choices, what becomes of them here, and the columns that come along."""

import pytest
from sqlalchemy import select, update

from demo_lms.people import TEST_USER
from lti_tool import clock
from lti_tool.extensions import db
from lti_tool.models import (
    AuditEntry,
    Community,
    CommunityState,
    Deployment,
    Enrolment,
    GradeColumn,
    OriginSource,
    Platform,
    PlatformOrigin,
    PlatformState,
    Prompt,
)
from lti_tool.services import deployments
from lti_tool.transactions import transaction
from tests.functional.launches import CLAIM, assert_calmly_refused, setting
from tests.support.classroom import Classroom
from tests.support.content import ITEMS, SETTINGS, Dialog, graded, rows, set_prompt
from tests.support.statements import counted

pytestmark = pytest.mark.slow_on_postgresql

WRITTEN = {"title-new": "x", "body-new": "y"}
DATES = {"deadline": "2031-03-05T18:00"}


@pytest.fixture
def trainer(world):
    return world.browser("claire")


@pytest.fixture
def room(world):
    """Trainer and learner are here, grading is on, its column is made."""
    return Classroom(world).ready()


class TestTheChoices:
    def test_are_the_community_its_prompts_and_a_new_one(self, room):
        first = set_prompt(room.trainer, title="First")
        second = set_prompt(room.trainer, title="Second", **DATES)

        dialog = Dialog(room.trainer.browser)

        assert dialog.choices() == ["space", f"prompt-{second}", f"prompt-{first}", "new"]
        assert "5 mars 2031" in dialog.page.text

    def test_stand_in_the_frame_of_the_lms(self, trainer, world):
        policy = Dialog(trainer).page.response.headers["Content-Security-Policy"]

        assert f"frame-ancestors {world.lms.settings.issuer}" in policy
        assert "form-action 'self';" in policy

    def test_leave_out_what_was_withdrawn_and_what_is_of_others(self, room, world):
        gone = set_prompt(room.trainer, title="Withdrawn")
        room.trainer.post(f"prompts/{gone}/withdraw")
        set_prompt(world.enter("claire", "3"), title="Of the other course")

        assert Dialog(room.trainer.browser).choices() == ["space", "new"]

    def test_are_read_by_a_constant_number_of_statements(self, room):
        set_prompt(room.trainer, title="First")
        with room.world.app.app_context(), counted() as few:
            Dialog(room.trainer.browser)
        for number in range(6):
            set_prompt(room.trainer, title=f"Another {number}", body=f"Text {number}.")

        with room.world.app.app_context(), counted() as many:
            Dialog(room.trainer.browser)

        assert len(many) == len(few)

    def test_of_a_closed_community_hold_no_new_prompt(self, room, world):
        set_prompt(room.trainer, title="First")
        with world.app.app_context(), transaction():
            db.session.execute(update(Community).values(state=CommunityState.CLOSED))

        dialog = Dialog(room.trainer.browser)

        assert "new" not in dialog.choices()
        assert dialog.choose("space").items

    def test_hold_no_column_for_staff_who_do_not_grade(self, room, world):
        number = set_prompt(room.trainer)
        world.lms.enrol("bruno", "2", *world.lms.people["claire"].roles["2"])
        change = setting(roles=["http://purl.imsglobal.org/vocab/lis/v2/membership#ContentDeveloper"])

        dialog = Dialog(world.browser("bruno"), change=change)

        assert f"prompt-{number}" in dialog.choices()
        assert not dialog.page.soup.select("input[name^=column]")

    def test_hold_no_column_where_the_lms_takes_none(self, room):
        set_prompt(room.trainer)

        def no_columns(claims):
            claims[SETTINGS]["accept_lineitem"] = False

        assert not Dialog(room.trainer.browser, change=no_columns).page.soup.select("input[name^=column]")

    def test_say_that_grading_is_off(self, trainer):
        assert "La notation n’est pas activée dans cette communauté" in Dialog(trainer).page.text


class TestWhoMayChoose:
    @pytest.mark.parametrize("person", ["ines", "patrick", "helene"])
    def test_only_staff_of_the_course_by_this_launch(self, world, trainer, person):
        roles = list(world.lms.people[person].roles["2"])

        dialog = Dialog(trainer, change=setting(roles=roles))

        assert_calmly_refused(world, dialog.page, "deep-linking-not-staff")
        assert rows(world, Community) == []

    def test_not_the_student_view(self, world, trainer):
        roles = [*world.lms.people["claire"].roles["2"], TEST_USER]

        assert Dialog(trainer, change=setting(roles=roles)).page.status == 403

    def test_not_who_left_the_course_before_they_pressed_the_button(self, world, trainer):
        dialog = Dialog(trainer)
        with world.app.app_context(), transaction():
            db.session.execute(update(Enrolment).values(active=False))

        assert_calmly_refused(world, dialog.choose("space"), "deep-linking-not-staff")

    def test_nobody_once_the_deployment_is_refused(self, world, trainer):
        dialog = Dialog(trainer)
        with world.app.app_context(), transaction():
            deployments.refuse(db.session.scalars(select(Deployment)).one(), clock.now(), by=1)

        page = dialog.choose("space")

        assert_calmly_refused(world, page, "deployment-refused")

    def test_nobody_once_the_connection_is_paused(self, world, trainer):
        dialog = Dialog(trainer)
        with world.app.app_context(), transaction():
            db.session.execute(update(Platform).values(state=PlatformState.SUSPENDED))

        page = dialog.choose("space")

        assert_calmly_refused(world, page, "platform-suspended")

    def test_the_first_launch_of_a_deployment_that_nobody_knew(self, world, trainer):
        assert rows(world, Deployment) == []

        assert Dialog(trainer).choose("space").items
        assert len(rows(world, Deployment)) == 1

    def test_outside_a_course_there_is_nothing_to_choose(self, trainer):
        dialog = Dialog(trainer, change=lambda claims: claims.pop(CLAIM + "context"))

        assert dialog.page.status == 200
        assert dialog.choices() == []
        assert dialog.cancel().items == []


class TestTheForm:
    def test_works_without_our_session(self, trainer):
        dialog = Dialog(trainer)
        for cookie in list(trainer.tool._cookies.values()):
            if "session" in cookie.key:
                trainer.tool.delete_cookie(cookie.key, domain="tool.test")

        assert dialog.choose("space").items

    def test_does_not_work_in_another_browser(self, world, trainer):
        dialog = Dialog(trainer)
        dialog.browser = world.browser("claire")

        assert_calmly_refused(world, dialog.choose("space"), "state-other-browser")

    def test_works_once(self, world, trainer):
        dialog = Dialog(trainer)
        dialog.choose("space")

        assert_calmly_refused(world, dialog.choose("space"), "launch-replayed")

    def test_cannot_be_made_of_a_launch_of_another_kind(self, world, trainer):
        dialog = Dialog(trainer)
        sealed = dialog.fields()["launch"]
        forged = sealed[:-4] + ("AAAA" if not sealed.endswith("AAAA") else "BBBB")

        assert_calmly_refused(world, dialog.choose("space", launch=forged), "state-unknown")

    def test_comes_back_with_everything_that_was_typed(self, room):
        number = set_prompt(room.trainer)
        dialog = Dialog(room.trainer.browser)

        page = dialog.choose(
            "new", f"prompt-{number}", **graded(number, "much"), **{"title-new": "Mine", "body-new": " "}
        )

        assert page.status == 422
        assert page.soup.select_one("#title-new")["value"] == "Mine"
        assert page.soup.select_one(f"#maximum-prompt-{number}")["value"] == "much"
        assert page.soup.select_one("#body-new-error")
        assert page.soup.select_one(f"#maximum-prompt-{number}-error")
        assert {one["href"] for one in page.soup.select("[role=alert] a")} == {
            "#body-new",
            f"#maximum-prompt-{number}",
        }
        dialog.page = page
        assert dialog.choose("space", **{"title-new": ""}).items

    @pytest.mark.parametrize(
        ("what", "changes", "field"),
        [
            ((), {}, "what"),
            (("prompt-999",), {"title-prompt-999": "x"}, "what"),
            (("prompt-x",), {}, "what"),
            (("space",), {"title-space": " "}, "title-space"),
            (("new",), WRITTEN | {"deadline-new": "2001-01-01T10:00"}, "deadline-new"),
            (("new",), WRITTEN | {"deadline-new": "soon"}, "deadline-new"),
        ],
    )
    def test_says_what_is_wrong(self, trainer, world, what, changes, field):
        page = Dialog(trainer).choose(*what, **changes)

        assert page.status == 422
        assert page.soup.select_one(f"#{field}-error")
        assert rows(world, Prompt) == []

    @pytest.mark.parametrize("what", [(), ("space",)])
    def test_throws_no_prompt_away_that_was_written_and_not_chosen(self, trainer, what):
        page = Dialog(trainer).choose(*what, **{"body-new": "What went well this week?"})

        assert page.status == 422
        assert page.soup.select_one("details[open] #body-new").text.strip() == "What went well this week?"
        assert "une nouvelle consigne sans la choisir" in page.soup.select_one("#what-error").text

    def test_makes_nothing_when_one_of_several_is_wrong(self, trainer, world):
        page = Dialog(trainer).choose("new", "prompt-999", **{"title-new": "x", "body-new": "y"})

        assert page.status == 422
        assert rows(world, Prompt) == []


class TestTheAnswer:
    def test_goes_to_the_address_of_the_signed_request_alone(self, trainer, world):
        dialog = Dialog(trainer)

        answer = dialog.choose("space", action="https://elsewhere.example/", deep_link_return_url="x")

        assert answer.address.startswith(world.lms.settings.issuer + "/courses/2/content/return?choice=")
        policy = answer.page.response.headers["Content-Security-Policy"]
        assert f"form-action 'self' {world.lms.settings.issuer}" in policy
        assert answer.page.soup.select_one("form#repost button[type=submit]")

    def test_may_leave_for_an_address_whose_site_may_not_frame_us(self, trainer, world):
        with world.app.app_context(), transaction():
            (platform_id,) = db.session.scalars(select(Platform.id))
            refused = {"source": OriginSource.LAUNCH, "allowed": False, "created_at": clock.now()}
            db.session.add(
                PlatformOrigin(platform_id=platform_id, origin="https://answers.example", **refused)
            )

        def change(claims):
            claims[SETTINGS]["deep_link_return_url"] = "https://answers.example/take"

        answer = Dialog(trainer, change=change).choose("space")

        policy = answer.page.response.headers["Content-Security-Policy"]
        directives = dict(part.strip().partition(" ")[::2] for part in policy.split(";"))
        assert "https://answers.example" in directives["form-action"]
        assert "https://answers.example" not in directives["frame-ancestors"]

    def test_writes_the_address_so_that_nothing_of_it_becomes_a_page(self, trainer):
        evil = 'https://lms.example/return?a="><script>alert(1)</script>&b=1'

        def change(claims):
            claims[SETTINGS]["deep_link_return_url"] = evil.replace(" ", "")

        answer = Dialog(trainer, change=change).choose("space")

        assert answer.address == evil
        assert not answer.page.soup.find("script", string="alert(1)")

    @pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "/relative", "", None, 5])
    def test_goes_to_web_addresses_only(self, trainer, world, url):
        def change(claims):
            claims[SETTINGS]["deep_link_return_url"] = url

        assert_calmly_refused(world, Dialog(trainer, change=change).page, "deep-linking-invalid")

    def test_says_everything_of_a_prompt_with_its_column_and_dates(self, room, world):
        number = set_prompt(
            room.trainer, title="Renault", body="Read **the case**.", opens_at="2031-03-01T08:00", **DATES
        )

        (item,) = (
            Dialog(room.trainer.browser)
            .choose(f"prompt-{number}", **graded(number, "12,5"), **{f"title-prompt-{number}": "Cas Renault"})
            .items
        )

        (prompt,), column = rows(world, Prompt), rows(world, GradeColumn)[-1]
        assert item["type"] == "ltiResourceLink"
        assert (item["title"], item["text"]) == ("Cas Renault", "Read the case.")
        assert item["custom"] == {"activity": prompt.key}
        assert item["url"] == "https://tool.test/lti/launch"
        assert item["available"] == {"startDateTime": "2031-03-01T07:00:00.000Z"}
        assert item["submission"] == {"endDateTime": "2031-03-05T17:00:00.000Z"}
        line_item = item["lineItem"]
        assert (line_item["label"], line_item["scoreMaximum"]) == ("Renault", 12.5)
        assert line_item["resourceId"] == prompt.key
        assert line_item["tag"] == f"community-value:{column.uuid}"
        assert line_item["submissionReview"]["reviewableStatus"]

    def test_says_no_number_of_ours(self, room, world):
        number = set_prompt(room.trainer)

        answer = Dialog(room.trainer.browser).choose(f"prompt-{number}", "space")

        assert [set(item["custom"]) for item in answer.items] == [{"activity"}, {"activity"}]
        assert answer.items[1]["custom"] == {"activity": "space"}
        assert "lineItem" not in answer.claims[ITEMS][0]

    def test_is_kept_in_the_audit_log(self, trainer, world):
        Dialog(trainer).choose("new", **{"title-new": "x", "body-new": "y"})

        (entry,) = [one for one in rows(world, AuditEntry) if one.act == "activity.placed"]
        assert entry.subject == f"prompt:{rows(world, Prompt)[0].id}"
