"""Whom Flask-Login takes for signed in: the person of the seat, and nobody without one."""

from flask_login import current_user
from sqlalchemy import select

from lti_tool.models import User
from tests.support.world import TOOL


class TestWhoIsSignedIn:
    def test_it_is_the_person_of_the_seat(self, world):
        home = world.enter("ines")
        with world.database() as session:
            ines = session.scalars(select(User.id).where(User.sub == "u-ines")).one()
        with home.browser.tool as client:
            client.get(home.path, base_url=TOOL)
            assert current_user.id == ines

    def test_it_is_nobody_without_a_seat(self, world):
        with world.browser().tool as client:
            client.get("/", base_url=TOOL)
            assert not current_user.is_authenticated
            assert "Set-Cookie" not in client.get("/", base_url=TOOL).headers
