"""End points that hang, redirect, answer garbage or far too much, or point to where nobody may call.

Nothing of it reaches a person as anything but words, nothing blocks a worker, nothing is half-done.
"""

import pytest
from sqlalchemy import delete, select, update

from lti_tool import clock
from lti_tool.extensions import db
from lti_tool.lti import http, keysets, service_calls
from lti_tool.models import (
    AccessTokenRow,
    Course,
    DeliveryState,
    Enrolment,
    LineItem,
    Platform,
    Roster,
    RosterState,
)
from lti_tool.services import rosters
from lti_tool.transactions import transaction
from tests.faults.hostile import FORBIDDEN, MISBEHAVIOURS, HostileServer
from tests.support.classroom import ONE_QUESTION, Classroom

EVERY_WAY = (*MISBEHAVIOURS, *FORBIDDEN)
# Seconds: what counts is that each limit is kept, not how long it is.
SHORT = {"connect_timeout": 0.5, "read_timeout": 0.4, "total_timeout": 0.6}
# With these the platform is asked again; all others are told to people, who decide.
ASKED_AGAIN = {"hang", "trickle", "close", "page", "flood", "error"}


# What an LMS does to us is the same on every database.
pytestmark = [pytest.mark.sqlite, pytest.mark.timeout(60)]


@pytest.fixture(scope="module")
def hostile():
    """The server of all these tests."""
    server = HostileServer()
    yield server
    server.close()


@pytest.fixture(autouse=True)
def short_limits(monkeypatch):
    """The product's own limits, shorter, so that a hanging server does not keep the tests."""
    for module in (service_calls, keysets):
        monkeypatch.setattr(
            module, "outbound_client", lambda now=clock.now, **_: http.outbound_client(now=now, **SHORT)
        )


def address(hostile, how: str) -> str:
    return how if how in FORBIDDEN else f"{hostile.address}/{how}/x"


def point(world, table, **columns) -> None:
    """Let the tool believe that a service of the LMS is elsewhere."""
    with world.app.app_context(), transaction():
        db.session.execute(update(table).values(**columns))


@pytest.fixture
def sending(world):
    """A classroom in which a grade is asked to be sent."""
    classroom = Classroom(world).ready()
    classroom.ask()
    classroom.send()
    return classroom


def as_it_should(cell, how: str) -> bool:
    """A refusal stands with its reason; everything else is due later."""
    if how in ASKED_AGAIN:
        return cell.state is DeliveryState.DUE and cell.due_at > clock.now()
    return cell.state is DeliveryState.REFUSED and bool(cell.problem)


class TestAHostileTokenEndPoint:
    def test_delays_or_refuses_a_grade_in_words(self, world, hostile, sending):
        for how in EVERY_WAY:
            point(world, Platform, token_url=address(hostile, how))
            with world.app.app_context(), transaction():
                db.session.execute(delete(AccessTokenRow))
            sending.send("ines")
            sending.deliver()
            assert as_it_should(sending.cell(), how), (how, sending.cell().state)
            assert sending.grade() is None


class TestAHostileGradebook:
    def test_delays_or_refuses_a_grade_in_words(self, world, hostile, sending):
        for how in EVERY_WAY:
            there = sending.item().url
            point(world, LineItem, url=address(hostile, how))
            sending.send("ines")
            sending.deliver()
            assert as_it_should(sending.cell(), how), (how, sending.cell().state)
            point(world, LineItem, url=there)
            assert sending.grade() is None


class TestAHostileKeySet:
    def test_refuses_the_launch_in_words(self, world, hostile):
        browser = world.browser("ines")
        for how in EVERY_WAY:
            unknown = {"key_set": None, "key_set_fetched_at": None, "key_set_refetch_at": None}
            point(world, Platform, jwks_url=address(hostile, how), **unknown)
            page = browser.launch(browser.launch_form())
            assert page.status == 502, how
            assert "CV-" in page.text


class TestAHostileRoster:
    def test_changes_nobody_and_says_why(self, world, hostile):
        world.enter("claire")
        world.enter("ines")
        for how in EVERY_WAY:
            point(world, Course, roster_url=address(hostile, how))
            point(world, Roster, state=RosterState.DUE, due_at=clock.now(), problem=None)
            with world.app.app_context():
                rosters.read_due_rosters(clock.now, transaction)
            with world.database() as session:
                roster = session.scalars(select(Roster)).one()
                expected = RosterState.DUE if how in ASKED_AGAIN else RosterState.REFUSED
                assert (roster.state, bool(roster.problem)) == (expected, True), how
                assert all(one.active and not one.listed for one in session.scalars(select(Enrolment)))


class TestAfterwards:
    def test_a_grade_that_waited_arrives(self, world, hostile, sending):
        there = sending.item().url
        point(world, LineItem, url=address(hostile, "error"))
        sending.deliver()
        point(world, LineItem, url=there)
        sending.send()
        sending.deliver()
        assert sending.grade() == ONE_QUESTION
