"""The short ways of a launch, of somebody who was here and of somebody new, end where the long one does."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, select, update

from lti_tool import clock
from lti_tool.extensions import db
from lti_tool.models import (
    Course,
    Enrolment,
    LaunchRecord,
    Membership,
    MembershipState,
    ResourceLink,
    Seat,
    User,
)
from lti_tool.services import coming_again, enrolment
from lti_tool.services.visits import VISIT_ENDS_AFTER
from lti_tool.transactions import transaction
from tests.support.statements import counted

pytestmark = pytest.mark.slow_on_postgresql

AGAIN, FIRST = 9, 10
CHANGED_MEANWHILE = [
    (User, {"name": "Another Name"}),
    (User, {"email": "another@example.org"}),
    (Course, {"title": "Another title"}),
    (Course, {"line_items_url": "https://elsewhere.example/lineitems"}),
    (Course, {"grade_scopes": []}),
    (ResourceLink, {"return_url": "https://elsewhere.example/"}),
    (ResourceLink, {"line_item_url": None}),
    (Enrolment, {"active": False, "left_at": clock.now()}),
    (Enrolment, {"test_user": True}),
    (Enrolment, {"launch_roles": []}),
]


def row(world, model):
    """Return the only row of a table, as Inès's launch left it."""
    with world.database() as session:
        found = session.scalars(select(model)).one()
        session.expunge(found)
        return found


def change(world, model, values):
    with world.app.app_context(), transaction():
        db.session.execute(update(model).values(**values))


class TestComingAgain:
    @pytest.mark.parametrize(("model", "meanwhile"), CHANGED_MEANWHILE)
    def test_brings_into_line_what_is_not_as_the_launch_says(self, world, model, meanwhile):
        browser = world.enter("ines").browser
        before = {name: getattr(row(world, model), name) for name in meanwhile}
        change(world, model, meanwhile)

        browser.open_community()

        assert {name: getattr(row(world, model), name) for name in meanwhile} == before

    def test_costs_few_statements(self, world):
        browser = world.enter("ines").browser
        form = browser.launch_form()
        with world.app.app_context(), counted() as sent:
            assert browser.launch(form, follow=False).status == 303
        assert len(sent) <= AGAIN

    def test_is_noted_with_the_same_seat_and_in_the_launch_log(self, world, time_machine):
        browser = world.enter("ines").browser
        seat = row(world, Seat).id
        later = clock.now() + VISIT_ENDS_AFTER + timedelta(minutes=1)
        seen = row(world, Membership).last_seen_at
        time_machine.move_to(later, tick=True)

        browser.open_community()

        assert row(world, Seat).id == seat
        assert row(world, Membership).last_visit_at == seen
        for model in (Seat, ResourceLink, Enrolment):
            assert row(world, model).launched_at >= later
        with world.database() as session:
            assert [record.outcome for record in session.scalars(select(LaunchRecord))] == ["admitted"] * 2

    def test_begins_nothing_again_that_ended_between_its_statements(self, world, monkeypatch):
        """As a succession ends it, which puts another row in the place of this person's."""
        browser = world.enter("ines").browser
        says_nothing_new = coming_again._says_nothing_new

        def meanwhile(launch, known):
            nothing_new = says_nothing_new(launch, known)
            db.session.execute(update(User).values(sub="set-aside"))
            db.session.execute(update(Enrolment).values(active=False, left_at=clock.now()))
            return nothing_new

        monkeypatch.setattr(coming_again, "_says_nothing_new", meanwhile)
        browser.open_community()
        with world.database() as session:
            found = session.execute(select(User.sub, Enrolment.active).join(User).order_by(User.id)).all()
            assert found == [("set-aside", False), ("u-ines", True)]

    def test_of_somebody_whom_staff_removed_is_refused(self, world):
        browser = world.enter("ines").browser
        change(world, Membership, {"state": MembershipState.REMOVED})

        assert browser.launch(browser.launch_form(), follow=False).status == 403


def of_karim(world) -> dict:
    """Return what the tables know of Karim, without numbers and moments."""
    found = {}
    with world.database() as session:
        for model in (User, Enrolment, Membership):
            wanted = select(model)
            if model is not User:
                wanted = wanted.join(User, User.id == model.user_id)
            it = session.scalars(wanted.where(User.given_name == "Karim")).one()
            for column in model.__table__.columns:
                if not column.name.endswith(("id", "_at")):
                    found[f"{model.__name__}.{column.name}"] = getattr(it, column.name)
            found[f"{model.__name__} left"] = getattr(it, "left_at", None)
    return found


class TestComingForTheFirstTime:
    """Into a course where somebody was before."""

    @pytest.fixture
    def by_the_long_way(self, world, monkeypatch):
        """What the long way makes of Karim; he is forgotten again."""
        world.enter("ines")
        with monkeypatch.context() as patch:
            patch.setattr(enrolment, "come_in", lambda launch, now: None)
            world.enter("karim")
        made = of_karim(world)
        with world.app.app_context(), transaction():
            his = select(User.id).where(User.given_name == "Karim").scalar_subquery()
            for model in (Seat, Enrolment, Membership, LaunchRecord):
                db.session.execute(delete(model).where(model.user_id == his))
            db.session.execute(delete(User).where(User.given_name == "Karim"))
        return made

    def test_ends_where_the_long_way_does(self, world, by_the_long_way):
        world.enter("karim")
        assert of_karim(world) == by_the_long_way

    def test_costs_few_statements(self, world):
        world.enter("ines")
        browser = world.browser("karim")
        form = browser.launch_form()
        with world.app.app_context(), counted() as sent:
            assert browser.launch(form, follow=False).status == 303
        assert len(sent) <= FIRST

    @pytest.mark.parametrize("quicker", [Enrolment, Membership])
    def test_goes_the_long_way_when_somebody_else_is_quicker(
        self, world, by_the_long_way, monkeypatch, quicker
    ):
        insert = coming_again.insert_unless_there

        def too_late(model, key, values):
            return insert(model, key, values) and model is not quicker

        monkeypatch.setattr(coming_again, "insert_unless_there", too_late)
        world.enter("karim")
        assert of_karim(world) == by_the_long_way

    def test_of_somebody_whom_staff_removed_is_refused(self, world):
        browser = world.enter("ines").browser
        change(world, Membership, {"state": MembershipState.REMOVED})
        with world.app.app_context(), transaction():
            db.session.execute(delete(Enrolment))

        assert browser.launch(browser.launch_form(), follow=False).status == 403
