"""`/metrics`: numbers for Prometheus, for those who reach this process itself."""

from flask import Blueprint, Response, current_app, request

from lti_tool import clock, metrics, settings
from lti_tool.errors import NotFound
from lti_tool.patience import Patience
from lti_tool.services import work_in_hand

bp = Blueprint("metrics", __name__)

# What a proxy adds. Prometheus asks directly.
FORWARDED = ("Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP")
_database = Patience(5.0)


@bp.get("/metrics", endpoint="metrics")
def show():
    """Answer whoever reaches this process itself; through a proxy there is no such page.

    A proxy gives itself away by what it adds, or by the public host that it passes on.
    """
    if _came_through_a_proxy():
        raise NotFound
    work = _database.ask(current_app._get_current_object(), lambda: work_in_hand.look(clock.now()))
    text, content_type = metrics.exposition(work)
    return Response(text, content_type=content_type)


def _came_through_a_proxy() -> bool:
    if any(name in request.headers for name in FORWARDED):
        return True
    public = settings.current().base_url
    return public.startswith("https:") and request.host == public.partition("://")[2]
