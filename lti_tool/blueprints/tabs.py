"""From the LMS's frame into a tab of its own, as the person of this seat."""

from urllib.parse import urlsplit

from flask import g, render_template, request, url_for

from lti_tool import clock
from lti_tool.access import community_blueprint
from lti_tool.services import handovers

bp = community_blueprint("tabs", __name__)


@bp.post("/tab")
def open_in_tab(member):
    """Make a link that works once, for a minute. A script opens it at once; else it stands on a page."""
    path, now = _page_wanted(), clock.now()
    address = url_for("arrivals.look", token=handovers.begin(member.seat_id, path, now))
    if request.accept_mimetypes.best == "application/json":
        return {"address": address}
    back = f"{path}?seat={g.admission.seat.id}"
    return render_template("handovers/link.html", address=address, blocked=False, back=back)


def _page_wanted() -> str:
    """Return the path of a page of this community, else of its home."""
    home = url_for("home.index", seat=None)
    try:
        wanted = urlsplit(request.form.get("next", ""))
    except ValueError:
        return home
    path = wanted.path
    inside = path.startswith(home) and not wanted.netloc and path.isascii() and path.isprintable()
    return path if inside and "\\" not in path and len(path) <= 500 else home
