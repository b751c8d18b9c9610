"""The gradebook columns that placed links bring along: made by the LMS, bound by that act alone."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from lti_tool.models import (
    ColumnKind,
    GradeColumn,
    LineItem,
    LineItemState,
    Prompt,
    ResourceLink,
)
from tests.functional.launches import CLAIM
from tests.support.classroom import Classroom
from tests.support.content import Dialog, graded, open_link, rows, set_prompt

pytestmark = pytest.mark.slow_on_postgresql


@pytest.fixture
def room(world):
    """Trainer and learner are here, grading is on, its column is made."""
    return Classroom(world).ready()


def prompt_column(world) -> LineItem:
    with world.database() as session:
        found = session.scalars(
            select(LineItem).join(GradeColumn).where(GradeColumn.prompt_id.is_not(None))
        ).one()
        session.expunge(found)
    return found


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

    def test_is_waited_for_on_the_page_of_grading(self, room, world):
        number = set_prompt(room.trainer)
        Dialog(room.trainer.browser).place(f"prompt-{number}", **graded(number))
        column = rows(world, GradeColumn)[-1]

        page = room.trainer.get("grading", column=column.id)

        assert "Elle vient avec le lien placé dans le cours" in page.text
        assert "quitter cette page" not in page.text  # nothing is under way

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

    def test_is_not_offered_to_another_of_our_columns(self, room, world):
        number = set_prompt(room.trainer)
        (link,) = Dialog(room.trainer.browser).place(f"prompt-{number}", **graded(number))
        open_link(world.browser("ines"), link)
        opened = rows(world, ResourceLink)[-1]
        offered = room.trainer.get("grading/columns").soup.select("input[name=line_item]")
        assert [one["value"] for one in offered if one["value"] != "new"] == []

        form = {"measures": "assessment", "name": "Rubric", "maximum": "10", "line_item": str(opened.id)}
        room.trainer.post("grading/columns", **form)

        assert rows(world, GradeColumn)[-1].kind is not ColumnKind.ASSESSMENT

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


class TestACopiedCourse:
    def test_does_not_propose_the_column_of_its_prompt_for_the_whole_score(self, room, world):
        number = set_prompt(room.trainer)
        Dialog(room.trainer.browser).place(f"prompt-{number}", **graded(number))
        course = world.lms.copy_course("2")
        (copied,) = world.lms.links_of(course.id)

        opened = open_link(world.browser("claire"), copied, course=course.id)

        form = opened.get("grading").soup
        assert form.select_one("input[name=starts_on]"), "grading is off in the copy"
        offered = form.select("input[name=line_item]")
        assert [one["value"] for one in offered if one.get("type") == "radio"] in ([], ["new"])
        assert rows(world, ResourceLink)[-1].line_item_url


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
