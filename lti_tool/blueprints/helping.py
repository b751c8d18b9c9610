"""Questions that wait for a reply, and whether one is reminded of them."""

from flask import redirect, render_template, request, url_for

from lti_tool import clock
from lti_tool.access import community_blueprint
from lti_tool.schemas.fields import row_number
from lti_tool.services import helping
from lti_tool.services.helping import Asked

bp = community_blueprint("helping", __name__)


@bp.get("/to-answer")
def index(member):
    asked = Asked(topic=row_number(request.args.get("topic")) or None, late="late" in request.args)
    if request.args.get("show") == "answered":
        found = helping.unsolved(member, asked, request.args.get("before"), clock.now())
        return render_template("helping/unsolved.html", found=found, asked=asked)
    found = helping.to_answer(member, asked, request.args.get("after"), clock.now())
    return render_template("helping/index.html", found=found, asked=asked)


@bp.post("/to-answer/rest")
def rest(member):
    helping.rest_for_today(member, clock.now())
    return redirect(url_for("home.index", done="reminders-rest"), 303)


@bp.post("/to-answer/remind")
def remind_again(member):
    helping.remind_again(member)
    return redirect(url_for("home.index", done="reminders-again"), 303)
