"""Whom one can mention, for the list under the caret."""

from flask import jsonify, request

from lti_tool import clock, mentioned
from lti_tool.access import community_blueprint
from lti_tool.permissions import Act
from lti_tool.schemas.fields import row_number
from lti_tool.services import contributions, mentions

bp = community_blueprint("mentions", __name__)


@bp.get("/mentions")
def suggest(member):
    member.must(Act.WRITE_COMMENT)
    now = clock.now()
    subgroup_id = row_number(request.args.get("subgroup")) or None
    post_id = row_number(request.args.get("post"))
    if post_id:
        subgroup_id = contributions.post_here(member, post_id, now).subgroup_id
    found = mentions.suggested(member, request.args.get("q", ""), now, subgroup_id=subgroup_id)
    return jsonify(
        people=[{"name": mentioned.name_of(one), "insert": mentioned.in_a_field(one)} for one in found]
    )
