"""What an administrator of the LMS may see of its connection, from inside a community: nothing of anybody."""

from flask import render_template

from lti_tool.access import community_blueprint
from lti_tool.services import connection_health

bp = community_blueprint("connection", __name__)


@bp.get("/connection")
def index(member):
    """Show how the connection of this deployment does; for seats launched as an administrator of the LMS."""
    return render_template("connection/index.html", health=connection_health.for_member(member))
