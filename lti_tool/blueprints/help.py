"""Help inside the space: the guides, what is new, and how accessible this is."""

from flask import render_template
from flask_babel import get_locale

from lti_tool import settings
from lti_tool.access import community_blueprint
from lti_tool.services import help_pages

bp = community_blueprint("help", __name__)


@bp.get("/help")
def index(member):
    return render_template("help/index.html", guides=help_pages.of_role(member.role, str(get_locale())))


@bp.get("/help/<guide>")
def show(member, guide):
    found = help_pages.guide(guide, str(get_locale()))
    return render_template("help/show.html", guide=found, contact=settings.current().contact)
