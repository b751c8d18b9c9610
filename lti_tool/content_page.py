"""The page on which staff choose what to place in a course: shown by a launch, and by a form in error."""

from flask import Response, render_template, url_for

from lti_tool import request_cycle
from lti_tool.lti.launch import Launch
from lti_tool.services import placing
from lti_tool.services.acting import ActingMember


def shown(
    launch: Launch, member: ActingMember, sealed: str, values=None, problems=None, status: int = 200
) -> Response:
    """Show the choices; `sealed` carries the launch to the form's address, so that no cookie is needed."""
    asked = launch.content_request
    request_cycle.frame_by(list(launch.frame_origins))
    page = render_template(
        "lti/content.html",
        asked=asked,
        choices=placing.choices(member, asked.takes_line_items) if asked.takes_links else None,
        sealed=sealed,
        values=values or {},
        problems=problems or {},
        action=url_for("content.place"),
    )
    return Response(page, status=status)


def sent_back(launch: Launch, token: str) -> Response:
    """Post the signed answer to the LMS, to the address of the signed request and no other."""
    request_cycle.frame_by(list(launch.frame_origins))
    request_cycle.submit_to(list(launch.frame_origins))
    return Response(
        render_template("lti/content_answer.html", action=launch.content_request.return_url, token=token)
    )
