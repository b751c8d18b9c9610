"""Other rules for the grade: looked at before anything changes, decided with a reason, looked back at."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from lti_tool.extensions import db
from lti_tool.grading.policy import POINTS_AND_PACE
from lti_tool.grading.presets import PRESETS
from lti_tool.models import (
    AuditEntry,
    DeliveryState,
    GradeColumn,
    GradingPolicy,
    Period,
    ScoreStatement,
)
from lti_tool.transactions import transaction
from tests.functional.filling import fill
from tests.support.classroom import Classroom
from tests.support.statements import counted

pytestmark = [pytest.mark.long, pytest.mark.slow_on_postgresql]

POLICY, PREVIEW, HISTORY = "grading/policy", "grading/policy/preview", "grading/policy/history"
SOON = timedelta(seconds=5)
WHY = "The pace was too fast for a first week."


@pytest.fixture
def classroom(world):
    """Grading is on; Inès asked one question of twenty words: 10 of 40 points, 5 of 20."""
    opened = Classroom(world).ready()
    opened.ask("ines")
    for page in (opened.trainer, opened.learner("ines")):
        page.post("preferences/language", language="en")
    return opened


def typed(page) -> dict[str, str]:
    """Return what the form of the rules holds."""
    form = page.soup.select_one("form#policy")
    fields = {
        one["name"]: one.get("value", "")
        for one in form.select("input[name]")
        if one.get("type") != "checkbox" or one.has_attr("checked")
    }
    for one in form.select("select[name]"):
        fields[one["name"]] = (
            one.select_one("option[selected]")["value"]
            if one.select_one("option[selected]")
            else one.select_one("option")["value"]
        )
    return fields


def form(classroom, preset: str = "", **changes: str) -> dict[str, str]:
    """Return the form as the trainer opens it, with some fields typed over; `__` stands for a point."""
    page = classroom.trainer.get(POLICY, **({"preset": preset} if preset else {}))
    assert page.status == 200, page.text
    return typed(page) | {name.replace("__", "."): value for name, value in changes.items()}


def preview(classroom, fields: dict[str, str]):
    return classroom.trainer.post(PREVIEW, **fields)


def confirmed(page) -> dict[str, str]:
    """Return what the button of a preview sends beside the fields of the form."""
    return {
        name: page.soup.select_one(f"input[name={name}]")["value"] for name in ("seen_version", "previewed")
    }


def adopt(classroom, reason: str = WHY, preset: str = "", **changes: str):
    """Let the trainer preview and confirm."""
    fields = form(classroom, preset, **changes)
    page = preview(classroom, fields)
    assert page.status == 200, page.text
    return classroom.trainer.post(POLICY, **(fields | confirmed(page) | {"reason": reason}))


def rows(classroom, table, *conditions):
    with classroom.world.database() as session:
        found = list(session.scalars(select(table).where(*conditions).order_by(table.id)))
        session.expunge_all()
        return found


def count(classroom, table) -> int:
    with classroom.world.database() as session:
        return session.scalar(select(func.count()).select_from(table))


def score(classroom, key: str = "ines") -> str:
    """Return the score that a learner reads."""
    return classroom.learner(key).get("participation").soup.select_one("#score").text


class TestTheForm:
    def test_holds_the_rules_in_force(self, classroom):
        fields = form(classroom)
        assert fields["preset"] == "points-and-pace"
        assert fields["weights.activity"] == "100"
        assert fields["buffer"] == "1.25"
        assert fields["rules.answer.min_words"] == "15"
        assert fields["weeks"] == "8"
        assert fields["graded"] == "1"

    def test_writes_fractions_as_people_of_the_language_do(self, classroom):
        classroom.trainer.post("preferences/language", language="fr")
        assert form(classroom)["buffer"] == "1,25"

    def test_shows_the_kinds_that_can_be_contributed_and_no_others(self, classroom):
        shown = {name.split(".")[1] for name in form(classroom) if name.startswith("rules.")}
        assert shown == {"question", "answer", "experience", "resource", "accepted", "recognition"}

    @pytest.mark.parametrize("preset", list(PRESETS))
    def test_starts_from_a_preset_that_can_be_adopted(self, classroom, preset):
        adopt(classroom, preset=preset, daily_limit="5")
        policy = rows(classroom, GradingPolicy)[-1]
        assert policy.version == 2
        assert policy.settings["preset"] == preset
        assert policy.settings["daily_limit"] == 5
        assert policy.settings.get("graded", True) is (preset != "ungraded")

    def test_has_a_name_and_a_sentence_for_every_number(self, classroom):
        page = classroom.trainer.get(POLICY)
        for field in page.soup.select("form#policy input.num:not(.sm)"):
            assert page.soup.select_one(f"label[for={field['id']}]").text.strip(), field["name"]
            assert page.soup.select_one(f"#{field['id']}-hint").text.strip(), field["name"]


class TestAPreview:
    def test_says_who_changes_and_how_far(self, classroom):
        classroom.ask("karim", "2")
        page = preview(classroom, form(classroom, goal_per_period="20"))
        assert page.status == 200
        shown = page.soup.select_one("section[aria-labelledby=preview]").get_text(" ", strip=True)
        assert "2 of 2 learners change, by +5 out of 20." in shown
        moves = page.soup.select("section[aria-labelledby=preview] table")
        assert "Inès" in page.text and moves

    def test_says_of_whom_nothing_would_be_measured(self, classroom):
        page = preview(classroom, form(classroom, preset="trainer-only"))
        assert "1 learner has no score any more, as long as nothing can be measured." in page.text
        assert page.soup.select("#spread tbody tr")[-1].get_text(" ", strip=True) == "no score 0 1"

    def test_shows_the_spread_as_a_table_too(self, classroom):
        page = preview(classroom, form(classroom, goal_per_period="20"))
        cells = [[cell.text for cell in row.select("td")] for row in page.soup.select("#spread tbody tr")]
        assert len(cells) == 10
        assert cells[2] == ["1", "0"]
        assert cells[5] == ["0", "1"]

    def test_names_each_setting_that_differs(self, classroom):
        page = preview(classroom, form(classroom, goal_per_period="20", rules__answer__base="12,5"))
        assert "Reply given: Points" in page.text
        assert "12.5" in page.text

    def test_writes_nothing(self, classroom):
        fields = form(classroom, goal_per_period="20")
        before = [count(classroom, table) for table in (GradingPolicy, AuditEntry, Period)]
        preview(classroom, fields)
        assert [count(classroom, table) for table in (GradingPolicy, AuditEntry, Period)] == before
        assert score(classroom) == "5 of 20 today"

    def test_says_that_nothing_would_change(self, classroom):
        page = preview(classroom, form(classroom))
        assert "nothing would change" in page.text
        assert page.soup.select_one("#reason") is None

    def test_keeps_what_was_typed(self, classroom):
        fields = form(classroom, buffer="1,5", rules__answer__base="12,5", reason="Half written")
        page = preview(classroom, fields)
        assert typed(page)["buffer"] == "1,5"
        assert typed(page)["rules.answer.base"] == "12,5"
        assert page.soup.select_one("#reason").text.strip() == "Half written"

    def test_says_what_other_weeks_would_leave_out(self, classroom):
        page = preview(classroom, form(classroom, starts_on="2099-01-05", weeks="4"))
        shown = page.soup.select_one("section[aria-labelledby=preview]").get_text(" ", strip=True)
        assert "The weeks are laid out anew." in shown
        assert "1 week that has begun" in shown
        assert "1 contribution would lie outside" in shown

    def test_without_grading_says_that_nobody_has_a_score(self, classroom):
        page = preview(classroom, form(classroom, preset="ungraded"))
        assert "Nobody would have a score" in page.text


class TestWhatIsWrong:
    @pytest.mark.parametrize(
        ("name", "value", "sentence"),
        [
            ("goal_per_period", "", "Please give a number."),
            ("goal_per_period", "fast", "Please give a number."),
            ("goal_per_period", "1/0", "Please give a number."),
            ("goal_per_period", "0", "This number is out of range."),
            ("buffer", "0,5", "This number is out of range."),
            ("daily_limit", "2.5", "Please give a whole number."),
            ("weights.activity", "101", "This number is out of range."),
            ("rules.question.base", "-1", "Please give a number."),
            ("copy_threshold", "80", "This number is out of range."),
            ("marks", "0; 2", "Please give different numbers from 0 to 2"),
            ("weeks", "0", "This number is out of range."),
            ("starts_on", "soon", "Please give a date."),
            ("milestones.2.count", "many", "Please give a number."),
            ("preset", "made-up", "Please choose one of the options shown."),
        ],
    )
    def test_is_said_at_its_field_and_nothing_is_lost(self, classroom, name, value, sentence):
        fields = form(classroom) | {name: value, "deadlines.late_days": "9"}
        for address in (PREVIEW, POLICY):
            page = classroom.trainer.post(address, **fields)
            assert page.status == 422
            assert sentence in page.text
            assert typed(page)[name] == value
            assert typed(page)["deadlines.late_days"] == "9"
            if name != "preset":
                assert page.soup.select_one(f'[name="{name}"][aria-invalid=true]'), name
        assert count(classroom, GradingPolicy) == 1

    def test_everything_is_said_at_once(self, classroom):
        page = preview(classroom, form(classroom, buffer="x", weeks="x", milestones__1__count="x"))
        assert len(page.soup.select(".error")) == 3

    def test_parts_that_weigh_nothing(self, classroom):
        page = preview(classroom, form(classroom, weights__activity="0"))
        assert page.status == 422
        assert "At least one part must weigh something" in page.text

    def test_a_checklist_without_lines(self, classroom):
        page = preview(classroom, form(classroom, weights__milestones="10"))
        assert page.status == 422
        assert "needs at least one line" in page.text

    def test_a_line_that_would_never_be_due(self, classroom):
        line = {"milestones.1.kind": "question", "milestones.1.count": "2", "milestones.1.by_period": "9"}
        page = preview(classroom, form(classroom) | line)
        assert page.status == 422
        assert "This week comes after the last one." in page.text


class TestPuttingIntoForce:
    def test_makes_a_new_version_with_who_when_and_why(self, classroom):
        page = adopt(classroom, goal_per_period="20")
        assert page.status == 200
        assert "The new rules are in force." in page.text
        first, second = rows(classroom, GradingPolicy)
        assert (first.version, second.version) == (1, 2)
        assert first.settings == POINTS_AND_PACE.as_settings()
        assert second.settings["goal_per_period"] == "20"
        assert second.settings["version"] == 2
        assert second.reason == WHY
        assert second.decided_by_id == classroom.number("claire")
        assert second.calendar is None
        assert second.foreseen["learners"] == 1
        assert second.foreseen["moved"] == 1
        assert (second.foreseen["lowest"], second.foreseen["highest"]) == ("5.00", "5.00")
        assert second.foreseen["moves"] == [
            {"member": classroom.number("ines"), "before": "5.00", "after": "10.00"}
        ]

    def test_holds_for_every_column_and_for_what_learners_read(self, classroom):
        adopt(classroom, goal_per_period="20")
        newest = rows(classroom, GradingPolicy)[-1].id
        assert {column.policy_id for column in rows(classroom, GradeColumn)} == {newest}
        assert score(classroom) == "10 of 20 today"
        assert "The pace is 20 points a week." in classroom.learner("ines").get("participation").text

    def test_is_in_the_audit_log(self, classroom):
        adopt(classroom, goal_per_period="20")
        (entry,) = rows(classroom, AuditEntry, AuditEntry.act == "grading.policy-adopted")
        assert entry.actor_id == classroom.number("claire")
        assert entry.detail["changed"] == ["goal_per_period"]

    def test_sends_nothing_and_leaves_what_was_sent(self, classroom):
        classroom.send()
        classroom.deliver_until_settled(after=SOON)
        assert classroom.state() is DeliveryState.CONFIRMED
        (frozen,) = rows(classroom, ScoreStatement)
        adopt(classroom, goal_per_period="20")
        assert classroom.state() is DeliveryState.READY
        assert count(classroom, ScoreStatement) == 1
        (kept,) = rows(classroom, ScoreStatement)
        assert (kept.score, kept.policy_version, kept.record) == (Decimal("5.00"), 1, frozen.record)
        assert classroom.grade() == 5

    def test_leaves_those_whose_score_stays_as_they_are(self, classroom):
        classroom.send()
        classroom.deliver_until_settled(after=SOON)
        adopt(classroom, deadlines__late_days="9")
        assert classroom.state() is DeliveryState.CONFIRMED

    def test_readies_whoever_has_other_points_for_a_line(self, classroom):
        """A column for one task adds up lines, whatever makes the whole score."""
        adopt(classroom, preset="trainer-only")
        ready = classroom.cell().changed_at
        adopt(classroom, deadlines__late_days="9")
        assert classroom.cell().changed_at == ready
        adopt(classroom, rules__question__base="9")
        assert classroom.cell().changed_at > ready

    def test_and_back_gives_the_same_score(self, classroom):
        before = score(classroom)
        adopt(classroom, preset="balanced")
        assert score(classroom) != before
        adopt(classroom, preset="points-and-pace")
        assert score(classroom) == before
        newest = rows(classroom, GradingPolicy)[-1]
        assert {**newest.settings, "version": 1} == POINTS_AND_PACE.as_settings()

    def test_keeps_the_settings_that_the_form_does_not_show(self, classroom):
        adopt(classroom, goal_per_period="20")
        policy = rows(classroom, GradingPolicy)[-1]
        assert policy.settings["rules"]["experience"] == POINTS_AND_PACE.as_settings()["rules"]["experience"]

    def test_needs_a_reason(self, classroom):
        page = adopt(classroom, reason="  ", goal_per_period="20")
        assert page.status == 422
        assert page.soup.select_one("#reason-error")
        assert typed(page)["goal_per_period"] == "20"
        assert count(classroom, GradingPolicy) == 1

    def test_needs_a_preview_of_the_same_rules(self, classroom):
        fields = form(classroom, goal_per_period="20")
        sent = fields | confirmed(preview(classroom, fields)) | {"goal_per_period": "30", "reason": WHY}
        page = classroom.trainer.post(POLICY, **sent)
        assert page.status == 422
        assert "this is what it would do now" in page.text
        assert page.soup.select_one("#reason").text.strip() == WHY
        assert count(classroom, GradingPolicy) == 1
        assert classroom.trainer.post(POLICY, **(sent | confirmed(page))).status == 200
        assert rows(classroom, GradingPolicy)[-1].settings["goal_per_period"] == "30"

    def test_of_the_rules_in_force_makes_no_version(self, classroom):
        fields = form(classroom, goal_per_period="20")
        sent = fields | confirmed(preview(classroom, fields)) | {"reason": WHY}
        classroom.trainer.post(POLICY, **sent)
        again = sent | {"seen_version": "2"}
        assert classroom.trainer.post(POLICY, follow=False, **again).status == 303
        assert count(classroom, GradingPolicy) == 2

    def test_is_refused_when_another_trainer_was_faster(self, classroom):
        fields = form(classroom, goal_per_period="20")
        mine = fields | confirmed(preview(classroom, fields)) | {"reason": WHY}
        adopt(classroom, reason="Mine came first", goal_per_period="30")
        page = classroom.trainer.post(POLICY, **mine)
        assert page.status == 409
        assert "Other rules came into force meanwhile" in page.text
        assert typed(page)["goal_per_period"] == "20"
        assert page.soup.select_one("#reason").text.strip() == WHY
        assert count(classroom, GradingPolicy) == 2
        # What is shown now was compared with the version of the other: it may be confirmed.
        assert classroom.trainer.post(POLICY, **(mine | confirmed(page))).status == 200
        assert rows(classroom, GradingPolicy)[-1].settings["goal_per_period"] == "20"

    def test_is_refused_when_both_decide_at_the_same_moment(self, classroom):
        """The other one's version is stored, but was not yet to be seen when ours was compared."""
        fields = form(classroom, goal_per_period="20")
        mine = fields | confirmed(preview(classroom, fields)) | {"reason": WHY}
        (first,) = rows(classroom, GradingPolicy)
        with classroom.world.app.app_context(), transaction():
            db.session.add(
                GradingPolicy(
                    community_id=first.community_id,
                    version=2,
                    settings=first.settings | {"version": 2},
                    time_zone=first.time_zone,
                    decided_by_id=first.decided_by_id,
                    decided_at=first.decided_at,
                )
            )
        assert classroom.trainer.post(POLICY, **mine).status == 409
        assert {column.policy_id for column in rows(classroom, GradeColumn)} == {first.id}
        assert count(classroom, GradingPolicy) == 2

    def test_of_ungraded_rules_readies_nobody(self, classroom):
        classroom.send()
        classroom.deliver_until_settled(after=SOON)
        adopt(classroom, preset="ungraded")
        assert classroom.state() is DeliveryState.CONFIRMED


class TestOtherWeeks:
    def test_are_laid_out_and_kept_with_the_version(self, classroom):
        bounds = [(period.starts_at, period.ends_at) for period in rows(classroom, Period)]
        first = bounds[0][0].date().isoformat()
        adopt(classroom, weeks="10")
        assert [(one.starts_at, one.ends_at) for one in rows(classroom, Period)[:8]] == bounds
        assert [one.number for one in rows(classroom, Period)] == list(range(1, 11))
        calendar = rows(classroom, GradingPolicy)[-1].calendar
        assert (calendar["weeks"], calendar["was"]["weeks"]) == (10, 8)
        assert calendar["starts_on"] == calendar["was"]["starts_on"] >= first
        adopt(classroom, weeks="2")
        assert [one.number for one in rows(classroom, Period)] == [1, 2]
        assert "Week 1 of 2" in classroom.trainer.get("").text

    def test_that_begin_earlier_and_back_give_the_same_score(self, classroom):
        starts_on = form(classroom)["starts_on"]
        before = score(classroom)
        adopt(classroom, starts_on="2020-01-06", weeks="3")
        assert score(classroom) == "0 of 20 today"
        adopt(classroom, starts_on=starts_on, weeks="8")
        assert score(classroom) == before

    def test_other_weeks_begin_the_sending_by_itself_anew(self, classroom):
        starts_on = form(classroom)["starts_on"]
        number = rows(classroom, GradeColumn)[0].id
        classroom.trainer.post(f"grading/columns/{number}/automatic", on="true")
        adopt(classroom, starts_on="2020-01-06", weeks="3")
        assert rows(classroom, GradeColumn)[0].closed_period == 3
        adopt(classroom, starts_on=starts_on, weeks="8")
        assert rows(classroom, GradeColumn)[0].closed_period == 0

    def test_are_those_of_the_zone_that_was_chosen_meanwhile(self, classroom):
        before = rows(classroom, Period)[0].starts_at
        assert "nothing would change" in preview(classroom, form(classroom)).text
        classroom.trainer.post("zone", time_zone="America/Montreal")
        page = preview(classroom, form(classroom))
        assert "The weeks are laid out anew." in page.text
        assert "America/Montreal" in page.text
        adopt(classroom)
        newest = rows(classroom, GradingPolicy)[-1]
        assert newest.time_zone == newest.calendar["zone"] == "America/Montreal"
        assert newest.calendar["was"]["zone"] == "Europe/Paris"
        assert rows(classroom, Period)[0].starts_at - before in (timedelta(hours=5), timedelta(hours=6))
        assert "nothing would change" in preview(classroom, form(classroom)).text


class TestTheHistory:
    def test_tells_every_version(self, classroom):
        adopt(classroom, goal_per_period="20")
        adopt(classroom, reason="More time <b>", weeks="9")
        page = classroom.trainer.get(HISTORY)
        versions = [card.get_text(" ", strip=True) for card in page.soup.select("article")]
        assert len(versions) == 3
        assert "Version 3" in versions[0] and "In force" in versions[0]
        assert "More time <b>" in versions[0]
        assert "9 weeks from" in versions[0] and "8 weeks from" in versions[0]
        assert "Claire" in versions[1]
        assert "1 of 1 learners changes, by +5 out of 20." in versions[1]
        assert "Points a week that keep the pace 40 20" in versions[1]
        assert "Decided when grading was switched on" in versions[2]


class TestWhoMay:
    @pytest.mark.parametrize("below", [POLICY, HISTORY])
    def test_learners_look_at_no_page_of_it(self, classroom, below):
        assert classroom.learner("ines").get(below).status == 403

    @pytest.mark.parametrize("below", [POLICY, PREVIEW])
    def test_learners_decide_nothing(self, classroom, below):
        fields = form(classroom, goal_per_period="20")
        sent = fields | confirmed(preview(classroom, fields)) | {"reason": WHY}
        learner = classroom.learner("ines")
        sent["seat_token"] = learner.seat_token
        assert learner.post(below, **sent).status == 403
        assert count(classroom, GradingPolicy) == 1

    def test_before_grading_is_on_there_are_no_rules(self, world):
        trainer = Classroom(world).trainer
        for below in (POLICY, HISTORY):
            assert trainer.get(below).status == 404
        for below in (POLICY, PREVIEW):
            assert trainer.post(below).status == 404


class TestWhatItCosts:
    def costs(self, classroom) -> dict[str, int]:
        fields = form(classroom, goal_per_period="20")
        found = {}
        with classroom.world.app.app_context():
            for name, act in (
                ("form", lambda: classroom.trainer.get(POLICY)),
                ("preview", lambda: preview(classroom, fields)),
                ("history", lambda: classroom.trainer.get(HISTORY)),
            ):
                with counted() as sent:
                    assert act().status == 200
                found[name] = len(sent)
        return found

    def test_looking_costs_the_same_for_many_as_for_few(self, classroom):
        few = self.costs(classroom)
        fill(classroom.world, members=60, posts=100, comments=200)
        assert self.costs(classroom) == few

    def test_deciding_costs_the_same_where_no_score_moves(self, classroom):
        few = self.decide(classroom, "9")
        fill(classroom.world, members=60, posts=100, comments=200)
        assert self.decide(classroom, "8") == few

    def decide(self, classroom, days: str) -> int:
        fields = form(classroom, deadlines__late_days=days)
        sent = fields | confirmed(preview(classroom, fields)) | {"reason": WHY}
        with classroom.world.app.app_context(), counted() as statements:
            assert classroom.trainer.post(POLICY, follow=False, **sent).status == 303
        return len(statements)
