"""A small LTI 1.3 platform to try a tool and to test it against; it knows only the tool's address.

app = create_lms(LmsSettings(issuer="http://localhost:8081", tool_url="http://127.0.0.1:8080"))
app.lms.score_of("2", "u-ines")
"""

from flask import Flask

from demo_lms.administration import administration
from demo_lms.ags import ags
from demo_lms.behaviour import behaviour
from demo_lms.calls import Call
from demo_lms.content import content
from demo_lms.gradebook import Grade, LineItem
from demo_lms.group_service import group_service
from demo_lms.groups import Group, GroupSet
from demo_lms.language import install_language
from demo_lms.lms import Lms
from demo_lms.notice_service import notice_service
from demo_lms.oidc import oidc
from demo_lms.pages import pages
from demo_lms.people import COURSES, PEOPLE, Course, Person
from demo_lms.registering import registering
from demo_lms.roster import roster
from demo_lms.server import ServerHandle, serve
from demo_lms.services import tokens
from demo_lms.settings import LmsSettings, Quirks
from demo_lms.storage import StateUnreadable
from demo_lms.tools import Tool
from demo_lms.web import log_call

__all__ = [
    "COURSES",
    "PEOPLE",
    "Call",
    "Course",
    "Grade",
    "Group",
    "GroupSet",
    "LineItem",
    "Lms",
    "LmsSettings",
    "Person",
    "Quirks",
    "ServerHandle",
    "StateUnreadable",
    "Tool",
    "create_lms",
    "serve",
]

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; frame-src http: https:; frame-ancestors 'self'; base-uri 'none'"
)


def create_lms(settings: LmsSettings | None = None) -> Flask:
    """The LMS as a Flask app; `app.lms` is the `Lms` behind it.

    Raises StateUnreadable when the state file exists and cannot be understood.
    """
    settings = settings or LmsSettings()
    app = Flask(__name__)
    app.lms = Lms(settings)
    over_https = settings.issuer.startswith("https:")
    app.config.update(
        SECRET_KEY=app.lms.cookie_secret,
        SESSION_COOKIE_NAME="demo_lms_session",
        SESSION_COOKIE_SECURE=over_https,
        SESSION_COOKIE_SAMESITE="None" if over_https else "Lax",
        MAX_CONTENT_LENGTH=1024 * 1024,
    )
    install_language(app)
    services = (tokens, ags, roster, group_service, notice_service)
    for part in (oidc, *services, registering, pages, content, behaviour, administration):
        app.register_blueprint(part)
    app.after_request(log_call)
    app.after_request(_restrict_content)
    return app


def _restrict_content(response):
    response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
    return response
