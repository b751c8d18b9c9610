"""What staff chose to place in a course (deep linking), on its way back to the LMS."""

from flask import Blueprint, Response, g, request
from marshmallow import ValidationError

from lti_tool import clock, content_page, login_cookie, request_cycle, settings
from lti_tool.errors import LaunchRefused, Stale, Unfit
from lti_tool.launch_refusals import refused
from lti_tool.schemas.placing import chosen_in
from lti_tool.services import context_choice, placing
from lti_tool.transactions import reading, transaction

bp = Blueprint("content", __name__, url_prefix="/lti/content")


@bp.post("")
def place():
    """Make what was chosen, or nothing (`cancel`), and send the signed answer to the LMS."""
    request_cycle.frame_by(request_cycle.FRAMED_BY_ANYONE)
    try:
        return _placed(request.form.get("launch", ""))
    except LaunchRefused as refusal:
        return refused(refusal)


def _placed(sealed: str) -> Response:
    now = clock.now()
    came = context_choice.opened(sealed, login_cookie.secrets(), now)
    launch = came.launch
    if launch.content_request is None:
        raise LaunchRefused("state-unknown", "a launch of another kind", platform_id=launch.platform_id)
    g.launch_locale = launch.locale
    try:
        with transaction():
            context_choice.use_up(came, now)
            token = placing.answered(launch, _items(launch, now), settings.current().base_url, now)
    except ValidationError as err:
        return _again(launch, sealed, now, err.normalized_messages())
    except Unfit as err:
        return _again(launch, sealed, now, err.problems)
    except Stale as err:
        return _again(launch, sealed, now, {"what": [err.code]})
    return content_page.sent_back(launch, token)


def _items(launch, now) -> list:
    nothing_to_choose = launch.context is None or not launch.context.is_course
    if "cancel" in request.form or nothing_to_choose or not launch.content_request.takes_links:
        return []
    several = launch.content_request.takes_several
    chosen = chosen_in(request.form, request.form.getlist("what"), several)
    return placing.place(placing.acting(launch, now), chosen, now)


def _again(launch, sealed, now, problems) -> Response:
    """Nothing was made and the form is still good: show it again with everything that was typed."""
    with reading():
        member = placing.acting(launch, now)
        values = request.form.to_dict() | {"what": request.form.getlist("what")}
        return content_page.shown(launch, member, sealed, values, problems, 422)
