"""What the functional tests share."""

import pytest

from tests.functional.space import Space
from tests.support.mail_server import mail_server


@pytest.fixture
def space(world):
    """The French course's community; nobody has entered yet."""
    return Space(world)


@pytest.fixture
def post(world):
    """A mail server that the tool of this world hands its mails to."""
    with mail_server(world) as handler:
        yield handler
