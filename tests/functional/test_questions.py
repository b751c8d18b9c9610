"""A question about a line of a score, from the learner's page to the trainer's answer and back."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from lti_tool import clock
from lti_tool.errors import NotAllowed
from lti_tool.extensions import db
from lti_tool.grading.presets import PRESETS
from lti_tool.models import AuditEntry, Community, GradeColumn, GradingPolicy, Membership, Role, ScoreQuestion
from lti_tool.services import questions
from lti_tool.services.acting import ActingMember
from lti_tool.transactions import transaction
from tests.support.classroom import Classroom
from tests.support.statements import counted
from tests.support.world import ENGLISH

pytestmark = pytest.mark.slow_on_postgresql

WHY = "Why does it bring ten points?"


@pytest.fixture
def graded(world):
    """Inès has one contribution that counts."""
    opened = Classroom(world).ready()
    opened.ask("ines")
    for page in (opened.trainer, opened.learner("ines")):
        in_english(page)
    return opened


def in_english(page):
    """Let somebody read in English; return the page they came from."""
    assert page.post("preferences/language", language="en").status == 200
    return page


def rows(classroom) -> list[ScoreQuestion]:
    with classroom.world.database() as session:
        found = list(session.scalars(select(ScoreQuestion).order_by(ScoreQuestion.id)))
        session.expunge_all()
        return found


def asks(classroom, about="post:1", body=WHY, who="ines", follow=True):
    return classroom.learner(who).post("participation/questions", follow=follow, subject=about, body=body)


def answers(page, number: int, body="Because it is a question.", follow=True):
    return page.post(f"grading/questions/{number}/answer", follow=follow, body=body)


def grade_by(classroom, preset: str) -> None:
    """Let the community be graded by another preset, decided just now."""
    with classroom.world.app.app_context(), transaction():
        column = db.session.scalars(select(GradeColumn)).one()
        old = db.session.get(GradingPolicy, column.policy_id)
        new = GradingPolicy(
            community_id=old.community_id,
            version=old.version + 1,
            settings=PRESETS[preset].as_settings(),
            time_zone=old.time_zone,
            decided_by_id=old.decided_by_id,
            decided_at=clock.now(),
        )
        db.session.add(new)
        db.session.flush()
        column.policy_id = new.id


class TestAsking:
    @pytest.mark.parametrize("about", ["post:1", "part:activity", "score"])
    def test_shows_the_question_where_it_was_asked(self, graded, about):
        page = asks(graded, about)
        assert page.status == 200
        shown = page.soup.select_one("[id^=question-]")
        assert WHY in shown.text
        assert "Waiting for an answer" in shown.text
        assert [(one.subject, one.body, one.answer) for one in rows(graded)] == [(about, WHY, None)]

    def test_leads_back_to_the_question(self, graded):
        response = asks(graded, follow=False).response
        assert response.status_code == 303
        assert response.location.endswith(f"#question-{rows(graded)[0].id}")

    def test_offers_a_form_for_every_line_every_part_and_the_score(self, graded):
        page = graded.learner("ines").get("participation")
        offered = {field["value"] for field in page.soup.select("input[name=subject]")}
        assert offered == {"score", "part:activity", "post:1"}

    @pytest.mark.parametrize("about", ["post:2", "post:999", "part:help", "part:nothing", "comment:1", "x"])
    def test_about_what_is_not_in_ones_own_score_is_not_found(self, graded, about):
        graded.ask("karim", about="other")
        assert asks(graded, about).status == 404
        assert rows(graded) == []

    def test_twice_by_a_double_click_is_one(self, graded):
        for _ in range(2):
            assert asks(graded, follow=False).status == 303
        assert len(rows(graded)) == 1

    def test_a_sixth_while_five_wait_is_refused_with_the_words_kept(self, graded):
        for number in range(5):
            asks(graded, body=f"Question {number}?")
        page = asks(graded, body="A sixth one?")
        assert page.status == 422
        assert "Five of your questions" in page.text
        assert page.soup.select_one("#again-body").text.strip() == "A sixth one?"
        assert len(rows(graded)) == 5
        answers(graded.trainer, rows(graded)[0].id)
        assert asks(graded, body="A sixth one?").status == 200
        assert len(rows(graded)) == 6

    @pytest.mark.parametrize("body", ["", "   ", "x" * 1001])
    def test_nothing_or_too_much_comes_back(self, graded, body):
        page = asks(graded, body=body)
        assert page.status == 422
        assert page.soup.select_one("#again-body").text.strip() == body.strip()
        assert page.soup.select_one("#again-body")["aria-invalid"] == "true"
        assert rows(graded) == []

    def test_without_saying_about_what_keeps_the_words(self, graded):
        page = graded.learner("ines").post("participation/questions", body=WHY)
        assert page.status == 422
        assert page.soup.select_one("#again-body").text.strip() == WHY

    def test_a_thousand_characters_are_enough_room(self, graded):
        assert asks(graded, body="x" * 1000).status == 200

    def test_hostile_words_stay_words(self, graded):
        asks(graded, body="<script>x</script>")
        for page in (graded.learner("ines").get("participation"), graded.trainer.get("grading/questions")):
            assert "&lt;script&gt;x&lt;/script&gt;" in page.html

    def test_is_noted_in_the_audit_without_its_words(self, graded):
        asks(graded)
        answers(graded.trainer, rows(graded)[0].id)
        with graded.world.database() as session:
            noted = select(AuditEntry).where(AuditEntry.act.like("question.%")).order_by(AuditEntry.id)
            found = session.scalars(noted).all()
            assert [one.act for one in found] == ["question.asked", "question.answered"]
            assert all(WHY not in str(one.detail) for one in found)


class TestAnswering:
    def test_stands_beside_the_line(self, graded):
        asks(graded)
        page = answers(graded.trainer, rows(graded)[0].id)
        assert page.status == 200
        shown = graded.learner("ines").get("participation").soup.select_one("[id^=question-]")
        assert "Because it is a question." in shown.text
        assert "Claire" in shown.text

    def test_shows_the_line_with_its_rule_and_where_to_read_it(self, graded):
        asks(graded)
        page = graded.trainer.get("grading/questions")
        assert "Counts in full." in page.text
        assert page.soup.select_one("li a[href*='/posts/1']")
        assert "+10" in page.text

    def test_twice_the_same_is_once(self, graded):
        asks(graded)
        number = rows(graded)[0].id
        for _ in range(2):
            assert answers(graded.trainer, number, follow=False).status == 303

    def test_of_a_second_trainer_is_too_late_and_kept(self, graded):
        asks(graded)
        number = rows(graded)[0].id
        answers(graded.trainer, number)
        page = answers(in_english(graded.world.enter("marc")), number, "Mine says more.")
        assert page.status == 409
        assert "Another trainer answered meanwhile" in page.text
        assert page.soup.select_one("#kept-answer").text.strip() == "Mine says more."
        assert rows(graded)[0].answer == "Because it is a question."

    @pytest.mark.parametrize("body", ["", "x" * 4001])
    def test_nothing_or_too_much_comes_back(self, graded, body):
        asks(graded)
        number = rows(graded)[0].id
        page = answers(graded.trainer, number, body)
        assert page.status == 422
        assert page.soup.select_one(f"#answer-{number}").text.strip() == body
        assert rows(graded)[0].answer is None

    def test_what_is_not_there_is_not_found(self, graded):
        assert answers(graded.trainer, 77).status == 404
        assert answers(graded.trainer, 77, "").status == 404

    def test_is_told_on_the_home_page_for_a_fortnight(self, graded, time_machine):
        told = "Your trainer answered a question about your score"
        asks(graded)
        assert told not in graded.learner("ines").get("").text
        answers(graded.trainer, rows(graded)[0].id)
        assert told in graded.learner("ines").get("").text
        time_machine.move_to(clock.now() + questions.FRESH + timedelta(hours=1), tick=True)
        later = graded.world.enter("ines").get("")
        assert "How it comes about" in later.text
        assert told not in later.text

    def test_open_ones_come_first_and_are_counted(self, graded):
        asks(graded, body="First?")
        asks(graded, body="Second?")
        answers(graded.trainer, rows(graded)[0].id)
        page = graded.trainer.get("grading/questions")
        assert "Second?" in page.soup.select_one("section[aria-labelledby=open]").text
        assert "First?" in page.soup.select_one("section[aria-labelledby=answered]").text
        with graded.world.database():
            assert questions.open_count(int(graded.trainer.community.split("/")[2])) == 1


class TestMoreQuestionsThanAPageShows:
    """Those that wait come in parts; none is out of reach."""

    @pytest.fixture
    def many(self, graded, monkeypatch):
        monkeypatch.setattr(questions, "MOST_SHOWN", 2)
        for number in range(5):
            asks(graded, body=f"Question number {number}?")
        return graded

    def test_all_of_them_can_be_reached(self, many):
        seen, page = [], many.trainer.get("grading/questions")
        for _ in range(3):
            waiting = page.soup.select_one("section[aria-labelledby=open]")
            seen += [one["id"] for one in waiting.select("li[id^=question-]")]
            assert "5" in waiting.select_one(".count").text
            following = waiting.select_one("a[href*='after=']")
            page = page.browser.get(following["href"]) if following else page
        assert seen == [f"question-{one.id}" for one in rows(many)]
        assert following is None

    def test_an_answer_to_be_corrected_is_shown_with_its_question(self, many):
        last = rows(many)[-1].id
        page = answers(many.trainer, last, body="x" * 4001)
        assert page.status == 422
        assert page.soup.select_one(f"#answer-{last}").text.strip() == "x" * 4001

    @pytest.mark.parametrize("after", ["0", "x", "-1", "99999999999999999999", "999999"])
    def test_a_beginning_that_there_is_none_of_is_no_error(self, many, after):
        assert many.trainer.get("grading/questions", after=after).status == 200


class TestAQuestion:
    def test_is_nobody_else_s(self, graded):
        asks(graded)
        graded.ask("karim", about="other")
        assert WHY not in graded.learner("karim").get("participation").text
        assert graded.learner("karim").get("grading/questions").status == 403

    def test_is_not_of_another_community(self, graded):
        asks(graded)
        elsewhere = graded.world.enter("claire", ENGLISH)
        number = rows(graded)[0].id
        assert answers(elsewhere, number).status == 404
        assert WHY not in elsewhere.get("grading/questions").text
        assert rows(graded)[0].answer is None

    def test_is_not_asked_by_somebody_who_is_not_graded(self, graded):
        page = graded.trainer.post("participation/questions", subject="score", body=WHY)
        assert page.status == 403

    def test_stays_readable_when_its_line_is_gone(self, graded):
        asks(graded, "part:activity")
        grade_by(graded, "trainer-only")
        page = graded.trainer.get("grading/questions")
        assert page.status == 200
        assert WHY in page.text


class TestThePages:
    def test_cost_the_same_for_many_questions_as_for_one(self, graded):
        asks(graded)
        graded.ask("karim", about="first")  # a home with something to answer reads whose it is
        few = self.costs(graded)
        for key in ("karim", "lea"):
            graded.ask(key, about=key)
            asks(graded, "score", who=key)
        for number in range(3):
            asks(graded, body=f"Question {number}?")
        answers(graded.trainer, rows(graded)[0].id)
        assert self.costs(graded) == few

    def costs(self, graded) -> list[int]:
        found = []
        for home, below in (
            (graded.trainer, "grading/questions"),
            (graded.learner("ines"), "participation"),
            (graded.learner("ines"), ""),
        ):
            with graded.world.app.app_context(), counted() as sent:
                assert home.get(below).status == 200
            found.append(len(sent))
        return found


class TestTheLearnersPageUnderEveryPolicy:
    @pytest.mark.parametrize("preset", sorted(PRESETS))
    def test_shows_each_part_with_its_weight(self, graded, preset):
        grade_by(graded, preset)
        page = graded.learner("ines").get("participation")
        assert page.status == 200, page.text
        parts = page.soup.select("table.parts tbody tr")
        assert len(parts) == len(PRESETS[preset].weighed)
        assert ("What would raise your score most" in page.text) == PRESETS[preset].graded

    def test_says_that_what_is_not_there_yet_does_not_count(self, graded):
        grade_by(graded, "balanced")
        page = graded.learner("ines").get("participation")
        assert "Your trainer has not assessed yet: this part does not count so far." in page.text
        assert "the others make up the whole score" in page.text

    def test_ranks_what_would_raise_it_most(self, graded):
        grade_by(graded, "balanced")
        page = graded.learner("ines").get("participation")
        steps = page.soup.select("section[aria-labelledby=hints] li")
        assert "Reply to somebody whom you have not helped yet" in steps[0].text
        gains = [Decimal(one.select_one("strong").text.lstrip("+")) for one in steps]
        assert gains == sorted(gains, reverse=True)

    def test_an_ungraded_one_promises_no_score(self, graded):
        grade_by(graded, "ungraded")
        page = graded.learner("ines").get("participation")
        assert "Nothing is graded here" in page.text
        assert page.soup.select_one(".ring") is None


class TestALearnersQuestions:
    """As the page about one learner asks for them."""

    def of(self, graded, role: Role, key: str = "ines") -> dict:
        with graded.world.database() as session:
            one = session.get(Membership, graded.number("claire"))
            trainer = ActingMember(one, one.user, session.get(Community, one.community_id), role, False)
            return questions.of_learner(trainer, graded.number(key))

    def test_are_told_by_what_they_are_about(self, graded):
        asks(graded)
        asks(graded, "score", "And in all?")
        asks(graded, body="Still?")
        found = self.of(graded, Role.TRAINER)
        assert {about: [one.body for one in them] for about, them in found.items()} == {
            "post:1": [WHY, "Still?"],
            "score": ["And in all?"],
        }
        graded.learner("karim")
        assert self.of(graded, Role.TRAINER, "karim") == {}

    def test_stand_on_the_trainers_page_about_that_learner(self, graded):
        asks(graded)
        page = graded.trainer.get(f"grading/learners/{graded.number('ines')}")
        assert WHY in page.soup.select_one("section[aria-labelledby=asked]").text
        graded.learner("karim")
        other = graded.trainer.get(f"grading/learners/{graded.number('karim')}")
        assert other.soup.select_one("section[aria-labelledby=asked]") is None

    @pytest.mark.parametrize("role", [role for role in Role if role is not Role.TRAINER])
    def test_are_told_to_nobody_else(self, graded, role):
        with pytest.raises(NotAllowed):
            self.of(graded, role)
