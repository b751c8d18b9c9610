"""Who sees which grading page, and what it costs."""

import threading
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import func, select

from lti_tool import clock
from lti_tool.models import (
    AuditEntry,
    Community,
    DeliveryState,
    GradeColumn,
    GradingPolicy,
    LineItem,
    Membership,
    Period,
    Role,
    User,
)
from lti_tool.services import gradebook
from lti_tool.services.acting import ActingMember
from tests.support.statements import counted

pytestmark = pytest.mark.slow_on_postgresql


class TestOpeningTheGradingPages:
    def test_staff_see_them(self, graded):
        graded.ask()
        member = graded.number("ines")
        for below in ("grading", "grading/progress", f"grading/learners/{member}", "grading?show=to-send"):
            page = graded.trainer.browser.get(f"{graded.trainer.community}{below}")
            assert page.status == 200, below

    @pytest.mark.parametrize("below", ["grading", "grading/progress", "grading/learners/1"])
    def test_learners_do_not(self, graded, below):
        assert graded.learner("ines").get(below).status == 403

    @pytest.mark.parametrize(
        ("below", "fields"),
        [
            ("grading", {}),
            ("grading/send", {"everyone": "1"}),
            ("grading/deliveries/1/decision", {"decision": "overwrite"}),
            ("grading/line-items/1/again", {}),
        ],
    )
    def test_learners_decide_nothing(self, graded, below, fields):
        assert graded.learner("ines").post(below, **fields).status == 403

    def test_one_sees_ones_own_score(self, graded):
        graded.ask()
        assert graded.learner("ines").get("participation").status == 200

    def test_before_grading_is_on_both_pages_say_so(self, classroom):
        assert classroom.learner("ines").get("participation").status == 200
        assert classroom.trainer.get("grading").status == 200
        assert classroom.trainer.get("grading/progress").status == 404

    def test_a_community_manager_who_is_no_learner_is_told_so(self, graded):
        patrick = graded.learner("patrick")
        graded.trainer.post(f"members/{graded.number('patrick')}/appointment", role="community_manager")
        page = patrick.get("participation")
        assert (page.status, "of 20" in page.text) == (200, False)

    def test_before_the_first_week_nothing_is_promised(self, classroom):
        later = clock.now().date() + timedelta(days=30)
        classroom.switch_on(starts_on=later.isoformat())
        classroom.ask()
        assert classroom.learner("ines").get("participation").status == 200
        assert classroom.trainer.get("grading").status == 200
        classroom.send()
        assert classroom.cell().state is DeliveryState.READY

    def test_somebody_who_is_not_graded_has_no_page(self, graded):
        own = graded.trainer.get("participation").status
        assert own == 403
        assert graded.trainer.get("grading/learners/999999").status == 404


class TestTheForm:
    def test_a_mistake_brings_it_back_with_what_was_typed(self, classroom):
        page = classroom.switch_on(maximum="many")
        assert page.status == 422
        assert page.soup.select_one("input[name=maximum]")["value"] == "many"

    def test_a_column_that_is_not_ours_to_adopt_is_refused(self, classroom):
        assert classroom.switch_on(line_item="999").status == 422


class TestSwitchingOnTwice:
    def test_a_second_click_changes_nothing(self, classroom):
        classroom.switch_on(maximum="20")
        page = classroom.switch_on(maximum="50")
        assert page.status == 200
        assert self.numbers(classroom) == (1, 1, 8, 1, 1)

    def test_two_at_the_same_moment_make_one(self, classroom):
        together = threading.Barrier(2)

        def click():
            together.wait()
            classroom.switch_on()

        clicks = [threading.Thread(target=click) for _ in range(2)]
        for one in clicks:
            one.start()
        for one in clicks:
            one.join()
        assert self.numbers(classroom) == (1, 1, 8, 1, 1)

    def numbers(self, classroom) -> tuple[int, ...]:
        with classroom.world.database() as session:
            tables = (GradeColumn, GradingPolicy, Period, LineItem)
            rows = [session.scalar(select(func.count()).select_from(table)) for table in tables]
            entries = select(func.count()).where(AuditEntry.act == "grading.switched-on")
            return (*rows, session.scalar(entries))


class TestTheOneBigButton:
    def test_is_there_once_there_is_something_to_send(self, graded):
        everyone = "input[name=everyone]"
        assert graded.trainer.get("grading").soup.select_one(everyone) is None
        graded.ask()
        assert graded.trainer.get("grading").soup.select_one(everyone) is not None
        graded.send()
        graded.deliver()
        assert graded.trainer.get("grading").soup.select_one(everyone) is not None


class TestWhatComesAgainWhileSending:
    """The rows of the table ask for themselves again; with the end of it, what one can do changes."""

    def stop(self, soup):
        return soup.select_one("form[action*='/pause'] input[name=on]")

    def again(self, graded) -> BeautifulSoup:
        """What comes again, with what stands in templates to be put elsewhere."""
        html = graded.trainer.get("grading/progress").html
        return BeautifulSoup(html.replace("template>", "section>"), "html.parser")

    def test_the_stop_goes_when_everything_has_arrived(self, graded):
        graded.ask()
        graded.send()
        assert self.stop(graded.trainer.get("grading").soup)["value"] == "true"
        while_sending = self.again(graded)
        assert while_sending.select_one("#grade-progress .callout.info") is not None
        assert while_sending.select_one("#grade-sending") is None
        graded.deliver()
        afterwards = self.again(graded)
        assert afterwards.select_one("#grade-progress .callout.ok") is not None
        assert afterwards.select_one("#grade-sending input[name=everyone]") is not None
        assert self.stop(afterwards) is None
        assert self.stop(graded.trainer.get("grading").soup) is None

    def test_who_stopped_it_elsewhere_is_followed(self, graded):
        graded.ask()
        graded.send()
        with graded.world.database() as session:
            column = session.scalars(select(GradeColumn.id)).one()
        graded.trainer.post(f"grading/columns/{column}/pause", on="true")
        again = self.again(graded)
        assert self.stop(again)["value"] == "false"
        assert again.select_one("#grade-progress .callout") is None, "the LMS has not answered"


class TestWhoIsQuiet:
    def quiet(self, graded) -> set[str]:
        page = graded.trainer.get("grading", show="quiet")
        return {box["value"] for box in page.soup.select("input[name=member]")}

    def excuse(self, graded, weeks: str) -> None:
        number = graded.number("ines")
        below = f"grading/learners/{number}/excuses"
        assert graded.trainer.post(below, act="excuse", period=weeks, reason="Ill").status == 200

    def test_is_who_wrote_nothing_that_counts(self, graded):
        karim = str(graded.number("karim"))
        graded.ask("ines")
        assert self.quiet(graded) == {karim}

    def test_is_not_who_is_excused(self, graded):
        graded.trainer.post("preferences/language", language="en")
        karim = str(graded.number("karim"))
        graded.ask("ines")
        self.excuse(graded, "1")
        assert self.quiet(graded) == {karim}
        rows = graded.trainer.get("grading").soup.select("#grade-rows tr:not(.detail)")
        said = {row.select_one("input")["value"]: row.text for row in rows}
        assert "excused" in said[str(graded.number("ines"))]
        assert "quiet so far" in said[karim]


class TestWhatThePagesCost:
    def test_the_gradebook_takes_as_many_statements_for_four_as_for_one(self, graded):
        graded.ask("ines")
        graded.send()
        before = self.statements(graded)
        for key in ("karim", "awa", "thomas"):
            graded.ask(key, about=f"{key}one")
            graded.ask(key, about=f"{key}two")
        graded.send()
        assert self.statements(graded) == before <= 10

    def statements(self, graded) -> int:
        member = self.acting(graded)
        with graded.world.database(), counted() as sent:
            book = gradebook.gradebook(member, gradebook.Asked(), clock.now())
        assert book.rows
        return len(sent)

    def acting(self, graded):
        """Return the trainer as a request would have them."""
        with graded.world.database() as session:
            user = session.scalars(select(User).where(User.sub == "u-claire")).one()
            membership = session.scalars(select(Membership).where(Membership.user_id == user.id)).one()
            community = session.get(Community, membership.community_id)
            session.expunge_all()
        return ActingMember(membership, user, community, Role.TRAINER, scored=False)
