"""The front door, for people who come by the address instead of by their course."""

from flask import Blueprint, render_template
from flask_babel import get_locale

from lti_tool import settings
from lti_tool.services import held_kinds, help_pages

bp = Blueprint("front", __name__)


@bp.get("/")
def index():
    return render_template("front/index.html")


@bp.get("/accessibility")
def accessibility():
    found = help_pages.guide("accessibility", str(get_locale()))
    return render_template("front/accessibility.html", guide=found, contact=settings.current().contact)


@bp.get("/privacy")
def privacy():
    told = settings.current()
    whom = told.data_protection_contact or told.contact
    return render_template("front/privacy.html", told=told, whom=whom, groups=held_kinds.by_group())
