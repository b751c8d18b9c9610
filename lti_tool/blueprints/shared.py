"""What sponsors read where the charter opens the space to them: contributions, without who wrote them."""

from flask import render_template, request

from lti_tool import clock
from lti_tool.access import community_blueprint
from lti_tool.services import shared

bp = community_blueprint("shared", __name__)


@bp.get("/shared")
def index(member):
    page = shared.posts(member, request.args.get("before"), clock.now())
    return render_template("shared/index.html", page=page)


@bp.get("/shared/<id:post_id>")
def show(member, post_id):
    thread = shared.thread(member, post_id, request.args.get("after"), clock.now())
    return render_template("shared/thread.html", thread=thread)
