"""The link by which a seat arrives in a tab of its own: a page with one button, whose POST uses it up."""

import logging

from flask import Blueprint, Response, g, redirect, render_template

from lti_tool import access, clock, refused_launches
from lti_tool.errors import LaunchRefused
from lti_tool.services import handovers, launch_log
from lti_tool.transactions import transaction

log = logging.getLogger(__name__)
bp = Blueprint("arrivals", __name__, url_prefix="/o/tab")


@bp.get("/<token>")
def look(token: str):
    """Say who would go on here, and where. Nothing is used up, nobody is signed in, no site may frame it."""
    now = clock.now()
    try:
        offer = handovers.offer(token, now)
    except LaunchRefused as refusal:
        # To look writes nothing: the story goes to the server's own log.
        reference = launch_log.new_reference()
        log.warning("link refused, %s: %s %r", reference, refusal.code, refusal.detail)
        return refused_launches.page(refusal, reference, now, in_launch_log=False)
    g.launch_locale = offer.locale
    return render_template("handovers/arrive.html", offer=offer)


@bp.post("/<token>")
def arrive(token: str):
    """Use the link up: the seat is this tab's from now on."""
    try:
        if not access.is_from_our_own_page():
            raise LaunchRefused("handover-unknown", "the button was pressed on another site's page")
        with transaction():
            arrived = handovers.arrive(token, access.session_cookies(), clock.now())
    except LaunchRefused as refusal:
        return refused_launches.logged(refusal)
    response: Response = redirect(access.for_seat(arrived.path, arrived.seat_id), 303)
    if arrived.new_secret is not None:
        access.remember_session(response, arrived.new_secret)
    return response
