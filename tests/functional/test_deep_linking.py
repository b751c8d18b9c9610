"""What staff place in a course: the choices, what becomes of them here, and the columns that come along."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from demo_lms.people import TEST_USER
from lti_tool.extensions import db
from lti_tool.models import (
    AuditEntry,
    Community,
    CommunityState,
    Deployment,
    GradeColumn,
    LineItem,
    LineItemState,
    Platform,
    PlatformState,
    Prompt,
)
from lti_tool.transactions import transaction
from tests.functional.launches import CLAIM, assert_calmly_refused, setting
from tests.support.classroom import Classroom
from tests.support.content import ITEMS, SETTINGS, Dialog, open_link, set_prompt
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


def rows(world, table):
    with world.database() as session:
        found = list(session.scalars(select(table).order_by(table.id)))
        session.expunge_all()
    return found


def prompt_column(world) -> LineItem:
    with world.database() as session:
        found = session.scalars(
            select(LineItem).join(GradeColumn).where(GradeColumn.prompt_id.is_not(None))
        ).one()
        session.expunge(found)
    return found


def graded(number: int, maximum: str = "10") -> dict[str, str]:
    """Return the fields by which a prompt is placed with a column of its own."""
    return {f"column-prompt-{number}": "1", f"maximum-prompt-{number}": maximum}


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

    def test_not_who_became_a_learner_before_they_pressed_the_button(self, world, trainer):
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
        assert dialog.choose("space").items

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


class TestTheColumnOfALink:
    def test_is_made_by_the_lms_and_bound_by_its_first_launch(self, room, world):
        number = set_prompt(room.trainer)
        (link,) = Dialog(room.trainer.browser).place(f"prompt-{number}", **graded(number))
        room.make_columns()
        before = prompt_column(world)

        open_link(world.browser("ines"), link)
        room.make_columns()

        theirs = next(item for item in world.lms.lineitems("2") if item.resource_link_id == link.id)
        after = prompt_column(world)
        assert (before.state, before.url) == (LineItemState.WANTED, None)
        assert after.state is LineItemState.BOUND
        assert f"/lineitems/{theirs.id}/lineitem" in after.url
        assert [item.tag for item in world.lms.lineitems("2")].count(theirs.tag) == 1

    def test_is_found_by_its_tag_when_nobody_opens_it(self, room, world):
        number = set_prompt(room.trainer)
        Dialog(room.trainer.browser).place(f"prompt-{number}", **graded(number))

        room.make_columns(after=timedelta(hours=2))

        assert prompt_column(world).state is LineItemState.BOUND

    def test_is_never_made_by_us_for_a_link_that_was_not_saved(self, room, world):
        number = set_prompt(room.trainer)
        # The LMS's own form is left without saving.
        Dialog(room.trainer.browser).choose(f"prompt-{number}", **graded(number))

        room.make_columns(after=timedelta(hours=2))

        assert prompt_column(world).state is LineItemState.REFUSED
        assert len(world.lms.lineitems("2")) == 1

    def test_may_be_placed_again_then(self, room, world):
        number = set_prompt(room.trainer)
        Dialog(room.trainer.browser).choose(f"prompt-{number}", **graded(number))
        room.make_columns(after=timedelta(hours=2))

        dialog = Dialog(room.trainer.browser)
        fields = {f"column-prompt-{number}": "1"}
        assert dialog.fields()[f"maximum-prompt-{number}"] == "10.00"
        (link,) = dialog.place(f"prompt-{number}", **fields)
        open_link(world.browser("ines"), link)
        room.make_columns()

        assert prompt_column(world).state is LineItemState.BOUND
        assert len(rows(world, GradeColumn)) == 2

    def test_gets_the_scores_of_that_prompt(self, room, world):
        number = set_prompt(room.trainer)
        (link,) = Dialog(room.trainer.browser).place(f"prompt-{number}", **graded(number))
        open_link(world.browser("ines"), link)
        room.make_columns()
        words = " ".join(f"word{one}" for one in range(20))
        room.learner("ines").post("posts", kind="discussion", title="Mine", body=words, prompt=str(number))
        column = rows(world, GradeColumn)[-1]

        room.trainer.post("grading/send", everyone="1", column=str(column.id))
        room.deliver()

        item = next(item for item in world.lms.lineitems("2") if item.resource_link_id == link.id)
        assert world.lms.score_of("2", "u-ines", item.id) is not None

    def test_is_not_bound_to_a_column_with_the_tag_of_another(self, room, world):
        number = set_prompt(room.trainer)
        (link,) = Dialog(room.trainer.browser).place(f"prompt-{number}", **graded(number))
        item = next(item for item in world.lms.lineitems("2") if item.resource_link_id == link.id)
        item.tag = room.columns()[0].tag

        open_link(world.browser("ines"), link)
        room.make_columns()

        assert prompt_column(world).state is LineItemState.REFUSED

    def test_is_not_offered_twice(self, room, world):
        number = set_prompt(room.trainer)
        (link,) = Dialog(room.trainer.browser).place(f"prompt-{number}", **graded(number))
        open_link(world.browser("ines"), link)
        room.make_columns()

        dialog = Dialog(room.trainer.browser)

        assert "Elle a déjà sa colonne dans ce cours." in dialog.page.text
        assert not dialog.page.soup.select(f"input[name=column-prompt-{number}]")
        page = dialog.choose(f"prompt-{number}", **graded(number))
        assert page.status == 422

    def test_of_a_launch_that_was_placed_by_nobody_is_only_offered(self, room, world):
        """The address is remembered on its link and bound by a trainer, never by the order of launches."""
        number = set_prompt(room.trainer)
        (prompt,) = rows(world, Prompt)
        (link,) = Dialog(room.trainer.browser).place("space")
        world.lms.gradebook.add("2", "By hand", 5, resource_link_id=link.id, own=True)

        def by_hand(claims):
            claims[CLAIM + "custom"] = {"activity": prompt.key}

        open_link(world.browser("ines"), link, change=by_hand)
        room.make_columns()

        assert len(rows(world, LineItem)) == 1
        assert number == prompt.id


class TestSeveralLinksOfOneCourse:
    def test_open_what_they_say_each_with_its_own_column_or_none(self, room, world):
        first, second, third = (set_prompt(room.trainer, title=f"Prompt {n}", body=f"B {n}.") for n in "abc")
        choices = [f"prompt-{number}" for number in (first, second, third)]
        links = Dialog(room.trainer.browser).place("space", *choices, **graded(first), **graded(third, "30"))

        learner = world.browser("ines")
        titles = [_arrived(open_link(learner, link)) for link in reversed(links)]
        room.make_columns()

        assert titles[:-1] == ["Prompt c", "Prompt b", "Prompt a"]
        with world.database() as session:
            bound = session.execute(
                select(GradeColumn.prompt_id, LineItem.url, LineItem.state)
                .join(LineItem)
                .where(GradeColumn.prompt_id.is_not(None))
                .order_by(GradeColumn.prompt_id)
            ).all()
        theirs = {item.resource_link_id: item for item in world.lms.lineitems("2") if item.resource_link_id}
        assert [(one, state) for one, _, state in bound] == [
            (first, LineItemState.BOUND),
            (third, LineItemState.BOUND),
        ]
        assert f"/lineitems/{theirs[links[1].id].id}/" in bound[0].url
        assert f"/lineitems/{theirs[links[3].id].id}/" in bound[1].url


def _arrived(page) -> str:
    """Follow what a link opens; return the heading of the page where it ends."""
    while page.status == 302:
        page = page.browser.get(page.response.location)
    assert page.status == 200, page.text
    return page.soup.select_one("h1").text.strip()
