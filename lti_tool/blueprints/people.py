"""The page about one member, and their picture."""

from flask import Response, render_template, request

from lti_tool import clock
from lti_tool.access import community_blueprint
from lti_tool.services import kinds, member_pages, pictures

bp = community_blueprint("people", __name__)


@bp.get("/members/<id:number>")
def show(member, number):
    asked = request.args
    now = clock.now()
    about = member_pages.of(member, number, asked.get("tab", ""), asked.get("before"), now)
    return render_template("people/show.html", about=about, beside=kinds.beside(member, about.posts, now))


@bp.get("/members/<id:number>/picture")
def picture(member, number):
    found = pictures.of(member, number)
    response = Response(found.content, mimetype=found.media_type)
    response.set_etag(found.tag)
    # Its address changes with it; kept for a while by this browser alone, which asks again after.
    response.headers["Cache-Control"] = "private, max-age=600"
    return response.make_conditional(request)
