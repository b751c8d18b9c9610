"""The members page and what staff decide there."""

from collections import Counter

from flask import redirect, render_template, request, url_for

from lti_tool import clock
from lti_tool.access import community_blueprint
from lti_tool.services import members

bp = community_blueprint("members", __name__)


@bp.get("/members")
def index(member):
    rows = members.members_of(member, clock.now())
    counts = Counter(row.person.role for row in rows)
    return render_template("members/index.html", members=rows, counts=counts)


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
