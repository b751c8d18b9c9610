"""One's own score: how it comes about, and whether it has arrived."""

from flask import render_template

from lti_tool import clock
from lti_tool.access import community_blueprint
from lti_tool.permalinks import links_to
from lti_tool.services import participation

bp = community_blueprint("participation", __name__)


@bp.get("/participation")
def mine(member):
    found = participation.mine(member, clock.now())
    return render_template(
        "participation/mine.html",
        statement=found.statement,
        column=found.column,
        delivery=found.delivery,
        hints=found.hints,
        links=links_to(found.places),
        policy=found.policy,
        waiting_for=found.waiting_for,
        zone=found.zone,
    )
