"""For machines: is the process alive, is it ready to serve?"""

from flask import Blueprint

from lti_tool import clock
from lti_tool.services import readiness

bp = Blueprint("health", __name__)


@bp.get("/healthz")
def alive():
    return {"alive": True}


@bp.get("/readyz")
def ready():
    state = readiness.check(clock.now())
    return {"ready": state.ready, "database": state.database, "signing_key": state.signing_key}, (
        200 if state.ready else 503
    )
