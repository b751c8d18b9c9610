"""Sub-groups: which there are, one with its threads, and what staff do with them."""

from flask import redirect, render_template, request, url_for
from marshmallow import ValidationError

from lti_tool import clock
from lti_tool.access import community_blueprint
from lti_tool.errors import Unfit
from lti_tool.group_names import group_name
from lti_tool.permissions import Act
from lti_tool.schemas.fields import row_number
from lti_tool.schemas.subgroups import SubgroupSchema
from lti_tool.services import kinds, member_list, subgroup_care, subgroup_views

bp = community_blueprint("subgroups", __name__)

MEMBERS_SHOWN = 12


@bp.get("/subgroups")
def index(member):
    return _index_page(member, {}, {})


@bp.post("/subgroups")
def make(member):
    member.must(Act.ARRANGE)
    try:
        draft = SubgroupSchema().load(request.form)
        number = subgroup_care.make(member, draft, clock.now())
    except ValidationError as err:
        return _index_page(member, request.form, err.messages), 422
    except Unfit as err:
        return _index_page(member, request.form, err.problems), 422
    return redirect(url_for(".members", subgroup_id=number, done="subgroup-made"), 303)


@bp.post("/subgroups/follow")
def follow(member):
    member.must(Act.ARRANGE)
    chosen = _chosen()
    names = {one.id: group_name(one) for one in subgroup_views.still_to_follow(member) if one.id in chosen}
    try:
        subgroup_care.follow(member, names, clock.now())
    except Unfit as err:
        return _index_page(member, {}, err.problems), 422
    return redirect(url_for(".index", done="subgroups-made"), 303)


def _index_page(member, values, problems):
    return render_template(
        "subgroups/index.html",
        subgroups=subgroup_views.all_of(member, clock.now()),
        to_follow=subgroup_views.still_to_follow(member),
        values=values,
        problems=problems,
    )


@bp.get("/subgroups/<id:subgroup_id>")
def show(member, subgroup_id):
    now = clock.now()
    group = subgroup_views.one(member, subgroup_id, now)
    threads = subgroup_views.threads_of(member, subgroup_id, request.args.get("before"), now)
    return render_template(
        "subgroups/show.html",
        group=group,
        threads=threads,
        beside=kinds.beside(member, threads.posts, now),
        members=member_list.page_of(member, "", "", 0, now, subgroup=group.id).rows[:MEMBERS_SHOWN],
    )


@bp.get("/subgroups/<id:subgroup_id>/edit")
def edit(member, subgroup_id):
    member.must(Act.ARRANGE)
    group = subgroup_views.one(member, subgroup_id, clock.now())
    return _edit_page(group, {"name": group.name, "description": group.description}, {})


@bp.post("/subgroups/<id:subgroup_id>/edit")
def save(member, subgroup_id):
    member.must(Act.ARRANGE)
    group = subgroup_views.one(member, subgroup_id, clock.now())
    try:
        subgroup_care.describe(member, subgroup_id, SubgroupSchema().load(request.form), clock.now())
    except ValidationError as err:
        return _edit_page(group, request.form, err.messages), 422
    except Unfit as err:
        return _edit_page(group, request.form, err.problems), 422
    return _back_to(subgroup_id, "subgroup-described")


def _edit_page(group, values, problems):
    return render_template("subgroups/edit.html", group=group, values=values, problems=problems)


@bp.post("/subgroups/<id:subgroup_id>/close")
def close(member, subgroup_id):
    subgroup_care.close(member, subgroup_id, clock.now())
    return _back_to(subgroup_id, "subgroup-closed")


@bp.post("/subgroups/<id:subgroup_id>/bring-back")
def bring_back(member, subgroup_id):
    subgroup_care.bring_back(member, subgroup_id, clock.now())
    return _back_to(subgroup_id, "subgroup-brought-back")


@bp.get("/subgroups/<id:subgroup_id>/members")
def members(member, subgroup_id):
    member.must(Act.ARRANGE)
    now, asked = clock.now(), request.args
    group = subgroup_views.one(member, subgroup_id, now)
    name, after = asked.get("name", ""), row_number(asked.get("after"))
    beyond = row_number(asked.get("beyond"))
    return render_template(
        "subgroups/members.html",
        group=group,
        outside=member_list.page_of(member, "", name, after, now, subgroup=group.id, outside=True),
        inside=member_list.page_of(member, "", "", beyond, now, subgroup=group.id),
    )


@bp.post("/subgroups/<id:subgroup_id>/members")
def put_in(member, subgroup_id):
    subgroup_care.put_in(member, subgroup_id, _chosen(), clock.now())
    name = request.form.get("name") or None
    return redirect(url_for(".members", subgroup_id=subgroup_id, name=name, done="put-in"), 303)


@bp.post("/subgroups/<id:subgroup_id>/members/out")
def take_out(member, subgroup_id):
    subgroup_care.take_out(member, subgroup_id, _chosen(), clock.now())
    return redirect(url_for(".members", subgroup_id=subgroup_id, done="taken-out"), 303)


def _chosen() -> set[int]:
    """Return the rows that were ticked, by their numbers."""
    return {row_number(value) for value in request.form.getlist("chosen")} - {0}


def _back_to(subgroup_id, done):
    return redirect(url_for(".show", subgroup_id=subgroup_id, done=done), 303)
