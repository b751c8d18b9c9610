"""The calm page of a login or launch that was refused, with a reference for whoever can look into it."""

import logging

from flask import Response, render_template

from lti_tool import clock, observation
from lti_tool.errors import LaunchRefused
from lti_tool.services import enrolment, launch_log, platforms
from lti_tool.transactions import reading, transaction

log = logging.getLogger(__name__)


def login_refused(refusal: LaunchRefused) -> Response:
    """Show the same calm page. A login writes nothing, so the story goes to the server's own log."""
    reference = launch_log.new_reference()
    log.warning("login refused, %s: %s %r", reference, refusal.code, refusal.detail)
    return _refusal_page(refusal, reference, clock.now(), in_launch_log=False)


def refused(refusal: LaunchRefused) -> Response:
    """Show a calm page with a reference, and write the whole story into the launch log."""
    now, reference = clock.now(), launch_log.new_reference()
    facts = refusal.facts
    with transaction():
        launch_log.refused(refusal, reference, now)
        if refusal.code == "deployment-waiting":
            # The id as the LMS writes it; what the log shows of it may have been cleaned.
            enrolment.let_wait(facts["platform_id"], facts["deployment_id"], now)
    return _refusal_page(refusal, reference, now, in_launch_log=True)


def _refusal_page(refusal: LaunchRefused, reference: str, now, *, in_launch_log: bool) -> Response:
    observation.refused(refusal.code)
    facts = refusal.facts
    page = render_template(
        "lti/refused.html",
        code=refusal.code,
        reference=reference,
        at=now,
        # The LMS's own words; what our checks noted is for the log alone.
        detail=refusal.detail if refusal.code == "platform-error" else None,
        in_launch_log=in_launch_log,
        return_url=facts.get("return_url"),
        issuer=facts.get("issuer"),
        client_id=facts.get("client_id"),
        deployment=facts.get("deployment"),
        replaced_by=_replacement(refusal),
    )
    return Response(page, status=refusal.status)


def _replacement(refusal: LaunchRefused) -> str | None:
    """Name the registration that took the place of one that is paused for that reason."""
    if refusal.code not in ("login-suspended", "platform-suspended"):
        return None
    with reading():
        successor = platforms.replacement_of(refusal.facts.get("platform_id"))
        return successor.name if successor else None
