"""The front door, for people who come by the address instead of by their course."""

from flask import Blueprint, render_template

bp = Blueprint("front", __name__)


@bp.get("/")
def index():
    return render_template("front/index.html")
