"""Kept scores: true whenever they are read, computed anew only where something changed."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from lti_tool import clock
from lti_tool.extensions import db
from lti_tool.models import Community, Period, Prompt, RunningScore
from lti_tool.services import participation, rules, running_scores, upkeep
from lti_tool.transactions import transaction
from tests.support.statements import counted


@pytest.fixture
def here(graded):
    """Two learners with something, kept."""
    graded.ask("ines")
    graded.ask("karim")
    keep_up(graded)
    return graded


def keep_up(classroom, after=timedelta()) -> int:
    with classroom.world.app.app_context():
        return upkeep.keep_up(lambda: clock.now() + after, transaction)


def both(classroom, now=None):
    """Return what is kept and what is computed from scratch, by member."""
    now = now or clock.now()
    with classroom.world.app.app_context():
        community = db.session.scalars(select(Community.id)).one()
        by = rules.in_force(community)
        members = [one.membership.id for one in participation.scored_members(community, now)]
        kept = running_scores.of_members(by, members, now)
        fresh = participation.statements_of(by, members, now)
        return (
            {number: one.score for number, one in kept.items()},
            {number: one.score for number, one in fresh.items()},
        )


class TestKeptScores:
    def test_are_what_is_computed_from_scratch(self, here):
        kept, fresh = both(here)
        assert kept == fresh
        assert any(kept.values())

    def test_nothing_is_computed_while_nothing_happens(self, here):
        assert keep_up(here) == 0

    def test_only_who_did_something_is_computed_anew(self, here):
        here.ask("ines", about="more")
        assert keep_up(here) == 1

    def test_a_page_never_shows_an_old_one(self, here):
        here.ask("ines", about="more")
        kept, fresh = both(here)
        assert kept == fresh

    def test_a_week_that_closes_changes_them_by_itself(self, here):
        later = clock.now() + timedelta(days=8)
        kept, fresh = both(here, later)
        assert kept == fresh
        # The trainer has a row, too: roles change, rows stay.
        assert keep_up(here, after=timedelta(days=8)) == 3

    def test_what_happens_while_one_is_computed_makes_it_stale_again(self, here):
        here.ask("ines", about="more")
        keep_up(here)
        here.ask("ines", about="evenmore")
        with here.world.database() as session:
            stale = session.scalars(select(RunningScore.stale)).all()
        assert sorted(stale) == [False, False, True]

    def test_weeks_laid_out_anew_with_a_policy_are_seen(self, here):
        with here.world.app.app_context(), transaction():
            for period in db.session.scalars(select(Period)):
                period.starts_at -= timedelta(days=14)
                period.ends_at -= timedelta(days=14)
            running_scores.mark_column_stale(db.session.scalars(select(Community.id)).one())
        kept, fresh = both(here)
        assert kept == fresh

    def test_reading_takes_one_statement(self, here):
        with here.world.app.app_context():
            community = db.session.scalars(select(Community.id)).one()
            by = rules.in_force(community)
            members = [
                one.membership.id
                for one in participation.scored_members(community, clock.now())
                if one.membership.id in (here.number("ines"), here.number("karim"))
            ]
            with counted() as sent:
                running_scores.of_members(by, members, clock.now())
            assert len(sent) == 1

    def test_of_a_prompts_column_are_over_when_its_new_deadline_says_so(self, here):
        """Also of those who never answered it: the column has other dates for them, too."""
        tomorrow = (clock.now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
        here.trainer.post("prompts", title="A task", body="Tell.", deadline=tomorrow)
        with here.world.database() as session:
            prompt = session.scalars(select(Prompt.id)).one()
        form = {"measures": f"prompt-{prompt}", "name": "A task", "maximum": "10"}
        assert here.trainer.post("grading/columns", **form).status == 200
        here.ask("ines", about="more")
        keep_up(here, after=timedelta(days=10))
        in_a_month = (clock.now() + timedelta(days=30)).strftime("%Y-%m-%dT%H:%M")
        form = {
            "title": "A task",
            "body": "Tell.",
            "version": "0",
            "deadline": in_a_month,
            "reason": "Why not",
        }
        assert here.trainer.post(f"prompts/{prompt}/edit", **form).status == 200
        later = clock.now() + timedelta(days=10)
        with here.world.app.app_context():
            by = rules.all_in_force(db.session.scalars(select(Community.id)).one())[1]
            ines = here.number("ines")
            kept = running_scores.of_members(by, [ines], later)[ines]
        assert not kept.final
