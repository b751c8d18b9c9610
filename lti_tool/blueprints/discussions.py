"""All discussions of a community, narrowed and sorted by what the address says."""

from dataclasses import asdict

from flask import render_template, request

from lti_tool import clock
from lti_tool.access import community_blueprint
from lti_tool.schemas.finding import wish_of
from lti_tool.services import discussions, feed, kinds
from lti_tool.services.discussions import Wish

bp = community_blueprint("discussions", __name__)


@bp.get("/discussions")
def index(member):
    now = clock.now()
    wish = wish_of(request.args)
    page = discussions.discussions(member, wish, request.args.get("before"), now)
    return render_template(
        "discussions/index.html",
        page=page,
        beside=kinds.beside(member, page.posts, now),
        asked=_asked(wish),
        before=request.args.get("before"),
        cursor=feed.cursor_of(member),
        shown_at=now,
    )


def _asked(wish: Wish) -> dict[str, str | int]:
    """Return the query of an address that asks for this: what is as usual is left out."""
    usual = asdict(Wish())
    return {name: told for name, told in asdict(wish).items() if told != usual[name]}
