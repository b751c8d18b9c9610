"""The page on which staff choose what to place in a course: shown by a launch, and by a form in error."""

from flask import Response, g, render_template, url_for

from lti_tool import request_cycle
from lti_tool.lti import addresses
from lti_tool.lti.launch import Launch
from lti_tool.services import placing
from lti_tool.services.acting import ActingMember


def shown(
    launch: Launch,
    member: ActingMember | None,
    sealed: str,
    proof: str = "",
    values=None,
    problems=None,
    status: int = 200,
) -> Response:
    """Show the choices; `sealed` carries the launch to the form's address, so that no session is needed.

    :param member: None where the LMS named no course: then there is nothing to choose.
    """
    asked = launch.content_request
    may_choose = member is not None and asked.takes_links
    choices = placing.choices(member, asked.takes_line_items) if may_choose else None
    if choices is not None:
        g.zone = choices.zone  # in which moments are told: nobody is admitted to the community here
    request_cycle.frame_by(list(launch.frame_origins))
    page = render_template(
        "lti/content.html",
        asked=asked,
        choices=choices,
        in_course=member is not None,
        sealed=sealed,
        proof=proof,
        values=values or {},
        problems=problems or {},
        action=url_for("content.place"),
    )
    return Response(page, status=status)


def sent_back(launch: Launch, token: str) -> Response:
    """Post the signed answer to the LMS, to the address of the signed request and no other."""
    request_cycle.frame_by(list(launch.frame_origins))
    return_url = launch.content_request.return_url
    # An origin that may not frame us still takes its answer; the LMS may lead on to another of its own.
    request_cycle.submit_to(list(dict.fromkeys((*addresses.origins((return_url,)), *launch.frame_origins))))
    return Response(render_template("lti/content_answer.html", action=return_url, token=token))
