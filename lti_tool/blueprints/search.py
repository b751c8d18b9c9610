"""The full-text search, and questions like one that is being written."""

from flask import render_template, request

from lti_tool import clock
from lti_tool.access import community_blueprint
from lti_tool.schemas.fields import row_number
from lti_tool.services import search, similar
from lti_tool.services.search import Asked

bp = community_blueprint("search", __name__)


@bp.get("/search")
def index(member):
    asked = _asked(request.args)
    return render_template(
        "search/index.html",
        asked=asked,
        results=search.search(member, asked, clock.now()),
        kinds=search.KINDS,
    )


def _asked(fields) -> Asked:
    return Asked(
        text=" ".join(fields.get("q", "").split()),
        kind=fields.get("kind", ""),
        topic=row_number(fields.get("topic")),
        author=row_number(fields.get("author")),
        period=fields.get("period", ""),
        solved=fields.get("solved") == "1",
        order=fields.get("order", ""),
        page=row_number(fields.get("page")) or 1,
    )


@bp.get("/questions/similar")
def similar_questions(member):
    """What is shown below the title of a question while it is typed."""
    found = similar.while_asking(member, request.args.get("title", ""), clock.now())
    return render_template("posts/_similar_questions.html", found=found)
