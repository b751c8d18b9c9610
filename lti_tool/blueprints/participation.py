"""One's own score: how it comes about, and whether it has arrived."""

from lti_tool.access import community_blueprint
from lti_tool.participation_page import participation_page

bp = community_blueprint("participation", __name__)


@bp.get("/participation")
def mine(member):
    return participation_page(member)
