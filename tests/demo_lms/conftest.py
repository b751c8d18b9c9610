"""One LMS, one pretend tool and one browser per test; the two RSA keys are made once."""

import pytest

from demo_lms import LmsSettings, create_lms
from tests.demo_lms.pretend_tool import Browser, Clock, PretendTool, rsa_key


@pytest.fixture(scope="session")
def lms_key():
    return rsa_key("lms-key")


@pytest.fixture(scope="session")
def tool_key():
    return rsa_key("tool-key")


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def settings(lms_key, clock):
    return LmsSettings(signing_key=lms_key, clock=clock)


@pytest.fixture
def tool(tool_key, settings, clock):
    return PretendTool(tool_key, settings, clock)


@pytest.fixture
def app(settings, tool):
    settings.fetch = tool.fetch
    app = create_lms(settings)
    tool.client = app.test_client(use_cookies=False)
    return app


@pytest.fixture
def lms(app):
    return app.lms


@pytest.fixture
def browser(app):
    return Browser(app).become("ines")


@pytest.fixture
def registered(lms, tool):
    """Client id of a second tool, registered and not yet activated."""
    return tool.register(lms.invite().token).get_json()["client_id"]


@pytest.fixture
def column(app, tool):
    """Address of a column that the tool made in the French course, maximum 20."""
    return tool.make_column(tag="t", resourceId="r").get_json(force=True)["id"]


@pytest.fixture
def own_column(lms):
    """Address of the activity's own column, maximum 100."""
    lms.quirks.lineitem_in_launch = True
    item = lms.own_lineitem("2")
    return f"{lms.settings.issuer}/lti/services/2/lineitems/{item.id}/lineitem?type_id=1"
