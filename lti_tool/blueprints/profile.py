"""One's own profile: name where the LMS sends none, picture, what one likes to be asked and helps with."""

from flask import redirect, render_template, request, url_for
from marshmallow import ValidationError

from lti_tool import clock, transactions
from lti_tool.access import community_blueprint
from lti_tool.errors import Unfit
from lti_tool.permissions import Act
from lti_tool.schemas.fields import row_number
from lti_tool.schemas.profile import ProfileSchema
from lti_tool.services import pictures, profiles

bp = community_blueprint("profile", __name__)


@bp.get("/profile")
def edit(member):
    member.must(Act.READ)
    return _page(member)


@bp.post("/profile")
def save(member):
    member.must(Act.READ)
    topics = {row_number(value) for value in request.form.getlist("topic")} - {0}
    try:
        profiles.save(member, ProfileSchema(topics).load(request.form))
    except ValidationError as err:
        return _page(member, request.form, err.messages, topics), 422
    except Unfit as err:
        return _page(member, request.form, err.problems, topics), 422
    return redirect(url_for(".edit", done="profile-saved"), 303)


@bp.post("/profile/picture")
def choose_picture(member):
    member.must(Act.READ)
    file = request.files.get("picture")
    content = file.read(pictures.LARGEST_FILE + 1) if file else b""
    if not content:
        return _page(member, problems={"picture": ["no-picture"]}), 422
    # That somebody is here has been noted; a picture takes a while, and no transaction waits for it.
    transactions.commit()
    try:
        pictures.choose(member, pictures.prepare(content), clock.now())
    except Unfit as err:
        return _page(member, problems=err.problems), 422
    return redirect(url_for(".edit", done="picture-saved"), 303)


@bp.post("/profile/picture/remove")
def remove_picture(member):
    member.must(Act.READ)
    pictures.remove(member, clock.now())
    return redirect(url_for(".edit", done="picture-removed"), 303)


@bp.post("/profile/picture/lms")
def choose_lms_picture(member):
    member.must(Act.READ)
    pictures.show_that_of_the_lms(member, request.form.get("show") == "true")
    return redirect(url_for(".edit", done="profile-saved"), 303)


def _page(member, values=None, problems=None, topics=None):
    """Render the form: what is kept, or what was typed when it has to be corrected."""
    profile = profiles.of(member, clock.now())
    chosen = {one.id for one in profile.topics if one.shown} if topics is None else topics
    kept = {"name": profile.name, "asks_about": profile.asks_about, "shortcuts": profile.shortcuts}
    return render_template(
        "people/profile.html",
        profile=profile,
        values=kept if values is None else values,
        chosen=chosen,
        problems=problems or {},
    )
