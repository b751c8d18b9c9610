"""The cookie that proves that the browser which began a login is the one that brings the launch."""

from flask import request

from lti_tool import access, settings
from lti_tool.services import sessions

COOKIE = "__Host-cv_login"
LOOPBACK_COOKIE = "cv_login"
# As long as a form may be sent that carries a launch (`lti.sealed_launches`).
SECONDS = 3600


def secret_of_browser() -> str:
    """Return the secret that this browser has, or a new one for it."""
    return request.cookies.get(COOKIE) or sessions.new_secret()


def secrets() -> list[str]:
    """Return the secrets that came with this request; usually one."""
    names = [COOKIE]
    if settings.current().loopback_http:
        names.append(LOOPBACK_COOKIE)
    return [request.cookies[name] for name in names if request.cookies.get(name)]


def remember(response, secret: str) -> None:
    """Have the browser bring this secret again."""
    access.set_cookie(response, COOKIE, LOOPBACK_COOKIE, secret, SECONDS)
