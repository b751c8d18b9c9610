"""The members page and what staff decide there."""

from flask import redirect, render_template, request, url_for

from lti_tool import clock
from lti_tool.access import community_blueprint
from lti_tool.permissions import Act
from lti_tool.schemas.fields import row_number
from lti_tool.services import member_list, members, roster_views, rosters

bp = community_blueprint("members", __name__)

NOTICE_OF = {rosters.TAKE_OVER: "roster-taken-over", rosters.KEEP: "roster-kept"}


@bp.get("/members")
def index(member):
    asked = request.args
    page = member_list.page_of(
        member, asked.get("show", ""), asked.get("name", ""), row_number(asked.get("after")), clock.now()
    )
    return render_template("members/index.html", page=page, rosters=roster_views.rosters_of(member))


@bp.get("/members/roster")
def roster(member):
    member.must(Act.READ_ROSTER)
    return render_template("members/_roster.html", rosters=roster_views.rosters_of(member))


@bp.post("/members/roster")
def read_roster(member):
    rosters.ask(member, clock.now())
    return redirect(url_for(".index", done="roster-asked"), 303)


@bp.post("/members/roster/<id:roster_id>/decision")
def decide_on_roster(member, roster_id):
    decision = request.form.get("decision", "")
    rosters.decide(member, roster_id, request.form.get("list", ""), decision, clock.now())
    return redirect(url_for(".index", done=NOTICE_OF[decision]), 303)


@bp.post("/members/<id:member_id>/appointment")
def appoint(member, member_id):
    members.appoint(member, member_id, request.form.get("role", ""), clock.now())
    return redirect(url_for(".index", done="appointed"), 303)


@bp.post("/members/<id:member_id>/appointment/end")
def end_appointment(member, member_id):
    members.end_appointment(member, member_id, clock.now())
    return redirect(url_for(".index", done="appointment-ended"), 303)


@bp.post("/members/<id:member_id>/role")
def confirm_role(member, member_id):
    members.confirm_role(member, member_id, clock.now())
    return redirect(url_for(".index", done="role-confirmed"), 303)
