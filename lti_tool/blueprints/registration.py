"""Connecting an LMS: Dynamic Registration by a one-use invitation, and Canvas's configuration address."""

from flask import Blueprint, Response, jsonify, render_template, request, url_for

from lti_tool import clock, observation, request_cycle, settings
from lti_tool.services import registrations
from lti_tool.services.registrations import RegistrationRefused
from lti_tool.transactions import reading, transaction

bp = Blueprint("registration", __name__, url_prefix="/lti")

INVITED = "/register/<invitation>"


@bp.after_request
def keep_the_invitation(response: Response) -> Response:
    """Let no other site learn the address of the page, which is a secret."""
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@bp.get(INVITED)
def look(invitation: str):
    """Show the administrator what is about to be connected, or where this address is to be pasted."""
    request_cycle.frame_by(request_cycle.FRAMED_BY_ANYONE)
    address = request.args.get("openid_configuration", "")
    if not address:
        return _start(invitation)
    token = request.args.get("registration_token") or None
    try:
        proposal = registrations.look(invitation, address, token, clock.now(), reading)
    except RegistrationRefused as refusal:
        return _refused(refusal, again=request.full_path)
    request_cycle.frame_by(list(proposal.frame_origins))
    return render_template("registration/confirm.html", proposal=proposal, invitation=invitation)


@bp.post(INVITED)
def confirm(invitation: str):
    """Connect what was shown and confirmed."""
    request_cycle.frame_by(request_cycle.FRAMED_BY_ANYONE)
    sealed = request.form.get("registration", "")
    try:
        connection = registrations.confirm(invitation, sealed, clock.now(), reading, transaction)
    except RegistrationRefused as refusal:
        return _refused(refusal)
    request_cycle.frame_by(list(connection.frame_origins))
    return render_template("registration/done.html", connection=connection)


@bp.get("/canvas.json")
def canvas():
    """Publish the configuration that a Canvas developer key reads ("Enter URL")."""
    answer = jsonify(registrations.canvas_configuration())
    answer.headers["Cache-Control"] = "public, max-age=3600"
    return answer


def _start(invitation: str):
    try:
        found = registrations.invitation_of(invitation, clock.now(), reading)
    except RegistrationRefused as refusal:
        return _refused(refusal)
    address = settings.current().base_url + url_for(".look", invitation=invitation)
    return render_template("registration/start.html", found=found, address=address)


def _refused(refusal: RegistrationRefused, again: str | None = None) -> Response:
    """Show a calm page: what happened, what to do, and the LMS's own words folded below."""
    observation.refused(refusal.code)
    page = render_template(
        "registration/refused.html",
        code=refusal.code,
        words=refusal.words,
        again=again if refusal.code == "unreachable" else None,
    )
    return Response(page, status=refusal.status)
