"""The trainer's table made of what is kept, beside the one computed from scratch."""

from decimal import Decimal

import pytest
from sqlalchemy import select, update

from lti_tool import clock
from lti_tool.extensions import db
from lti_tool.models import Community, RunningScore, ScoreDelivery
from lti_tool.services import (
    decisions,
    delivery_views,
    gradebook,
    participation,
    people,
    roles,
    rules,
    running_scores,
    upkeep,
)
from lti_tool.services.gradebook import SHOWN, SORTED_BY, Asked
from lti_tool.transactions import transaction
from tests.functional.desk import Desk
from tests.functional.filling import fill

FILLED = 7
BY_HAND = Decimal("17.50")


@pytest.fixture
def desk(classroom):
    """Two who asked, one sent before she asked again, one set by hand; others with a post each or none."""
    desk = Desk(classroom)
    classroom.ask("ines")
    classroom.ask("karim")
    fill(classroom.world, members=FILLED, posts=FILLED - 2, comments=3)
    classroom.send("ines")
    classroom.deliver()
    classroom.ask("ines", about="more")
    reason = "Was there all the time."
    desk.do(decisions.override, desk.column, classroom.number("karim"), BY_HAND, reason, clock.now())
    with classroom.world.app.app_context():
        with transaction():
            running_scores.mark_stale(1, everybody(), clock.now())
        upkeep.keep_up(clock.now, transaction)
    return desk


def everybody() -> list[int]:
    here = db.session.scalars(select(Community.id)).one()
    return [one.membership.id for one in participation.scored_members(here, clock.now())]


def forget(desk) -> None:
    with desk.classroom.world.app.app_context(), transaction():
        running_scores.mark_column_stale(1)


def tables(desk, now) -> list:
    """Return the table in every order, under every filter, and as somebody looks for a name."""
    asked = [
        Asked(show=show, sort=sort, descending=descending)
        for show in SHOWN
        for sort in SORTED_BY
        for descending in (False, True)
    ]
    return [
        desk.do(gradebook.gradebook, one, now)
        for one in [*asked, Asked(search="person 3"), Asked(search="É")]
    ]


class TestTheTable:
    def test_is_the_same_from_what_is_kept_as_from_scratch(self, desk):
        now = clock.now()
        kept = tables(desk, now)
        forget(desk)
        assert tables(desk, now) == kept

    def test_shows_something_to_be_compared(self, desk):
        usual = desk.do(gradebook.gradebook, Asked(), clock.now())
        assert usual.found == FILLED + 2
        assert usual.counts["quiet"] == 2
        assert 0 < usual.counts["to_send"] < usual.found
        assert BY_HAND in [row.score for row in usual.rows]


class TestWhatIsKept:
    def test_is_all_that_a_table_needs(self, desk):
        now = clock.now()
        with desk.classroom.world.app.app_context():
            by, members = rules.in_force(1), everybody()
            kept = running_scores.of_members(by, members, now)
            stand = participation.statements_of(by, members, now)
            assert kept == {number: running_scores.summed_up(one) for number, one in stand.items()}

    def test_is_judged_as_the_whole_statement(self, desk):
        now = clock.now()
        with desk.classroom.world.app.app_context():
            by, members = rules.in_force(1), everybody()
            short = delivery_views.by_member(by, running_scores.of_members(by, members, now))
            whole = delivery_views.by_member(by, participation.statements_of(by, members, now))
            assert short == whole

    def test_is_computed_anew_when_another_release_kept_it_in_another_form(self, desk):
        now = clock.now()
        with desk.classroom.world.app.app_context():
            by, members = rules.in_force(1), everybody()
            kept = running_scores.of_members(by, members, now)
            with transaction():
                db.session.execute(update(RunningScore).values(summary={"statement": {"format": 1}}))
            assert running_scores.of_members(by, members, now) == kept


class TestPeople:
    def test_are_those_who_are_graded_as_pages_show_them(self, desk):
        now = clock.now()
        with desk.classroom.world.app.app_context():
            read = participation.scored_people(1, now)
            members = participation.scored_members(1, now)
            assert read == [
                people.shown(
                    one.membership,
                    one.membership.user,
                    roles.in_force(one.membership, one.enrolments, now),
                )
                for one in members
            ]
        assert len(read) == FILLED + 2


class TestDecisions:
    def test_of_more_members_than_can_be_named_at_once_are_found(self, desk):
        karim = desk.classroom.number("karim")
        many = range(1, 2 * decisions.MOST_NAMED)
        found = desk.ask(decisions.decisions_in_force, desk.column, many)
        assert list(found) == list(many)
        assert found[karim].override.value == BY_HAND
        assert [number for number, one in found.items() if one != decisions.NOTHING_DECIDED] == [karim]

    def test_of_others_are_left_out(self, desk):
        karim = desk.classroom.number("karim")
        others = [number for number in range(1, 2 * decisions.MOST_NAMED) if number != karim]
        assert karim not in desk.ask(decisions.decisions_in_force, desk.column, others)


class TestWhatTheLmsHas:
    @pytest.mark.parametrize(
        ("value", "maximum", "differs"),
        [("10.00", "20", False), ("5.00", "10", False), ("3.33", "6.66", False), ("3.33", "6.67", True)],
    )
    def test_is_compared_as_a_share(self, desk, value, maximum, differs):
        """Inès has asked twice: 10 of 20."""
        with desk.classroom.world.app.app_context(), transaction():
            db.session.execute(
                update(ScoreDelivery)
                .where(ScoreDelivery.member_id == desk.ines)
                .values(confirmed_value=Decimal(value), confirmed_maximum=Decimal(maximum))
            )
        rows = desk.do(gradebook.gradebook, Asked(), clock.now()).rows
        assert [row.delivery.changed for row in rows if row.number == desk.ines] == [differs]
