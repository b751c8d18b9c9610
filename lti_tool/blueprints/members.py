"""The members page and what staff decide there."""

from flask import redirect, render_template, request, url_for
from marshmallow import ValidationError

from lti_tool import clock
from lti_tool.access import community_blueprint
from lti_tool.errors import Unfit
from lti_tool.permissions import Act
from lti_tool.schemas.appointments import AppointmentSchema
from lti_tool.schemas.fields import row_number
from lti_tool.services import member_list, members, roster_views, rosters, subgroups

bp = community_blueprint("members", __name__)

VIEWS = ("cards", "table")
NOTICE_OF = {rosters.TAKE_OVER: "roster-taken-over", rosters.KEEP: "roster-kept"}


@bp.get("/members")
def index(member):
    asked, now = request.args, clock.now()
    groups = subgroups.to_read(member)
    wanted = row_number(asked.get("subgroup"))
    subgroup = wanted if any(one.id == wanted for one in groups) else 0
    name, after = asked.get("name", ""), row_number(asked.get("after"))
    page = member_list.page_of(member, asked.get("show", ""), name, after, now, subgroup=subgroup)
    # Who looks after the group compares people by their roles; the others look for somebody to talk to.
    usual = "table" if member.may(Act.SEE_VISITS) else "cards"
    return render_template(
        "members/index.html",
        page=page,
        rosters=roster_views.rosters_of(member),
        subgroups=groups,
        subgroup=subgroup,
        view=asked.get("view") if asked.get("view") in VIEWS else usual,
        usual_view=usual,
    )


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


@bp.get("/members/<id:member_id>/appointment")
def appointment(member, member_id):
    return _appointment_page(member, member_id)


@bp.post("/members/<id:member_id>/appointment")
def appoint(member, member_id):
    member.must(Act.APPOINT)
    now = clock.now()
    try:
        wanted = AppointmentSchema().load(request.form)
        members.appoint(member, member_id, wanted["role"], now, wanted["last_day"])
    except ValidationError as err:
        return _appointment_page(member, member_id, request.form, err.messages), 422
    except Unfit as err:
        return _appointment_page(member, member_id, request.form, err.problems), 422
    return redirect(url_for(".index", done="appointed"), 303)


def _appointment_page(member, member_id, values=None, problems=None):
    found = members.appointable(member, member_id, clock.now())
    shown = {"role": found.appointed, "last_day": found.until or ""}
    return render_template(
        "members/appointment.html", found=found, values=values or shown, problems=problems or {}
    )


@bp.post("/members/<id:member_id>/appointment/end")
def end_appointment(member, member_id):
    members.end_appointment(member, member_id, clock.now())
    return redirect(url_for(".index", done="appointment-ended"), 303)


@bp.post("/members/<id:member_id>/role")
def confirm_role(member, member_id):
    members.confirm_role(member, member_id, clock.now())
    return redirect(url_for(".index", done="role-confirmed"), 303)
