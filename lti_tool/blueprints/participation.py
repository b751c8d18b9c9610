"""One's own score: how it comes about, and whether it has arrived."""

from flask import request

from lti_tool.access import community_blueprint
from lti_tool.participation_page import participation_page
from lti_tool.schemas.fields import row_number

bp = community_blueprint("participation", __name__)


@bp.get("/participation")
def mine(member):
    wanted = request.args.get("column")
    return participation_page(member, column_id=row_number(wanted) if wanted else None)
