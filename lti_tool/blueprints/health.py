"""For machines: is the process alive, is it ready to serve?"""

from flask import Blueprint, current_app, request

from lti_tool import clock, settings
from lti_tool.patience import Patience
from lti_tool.services import readiness
from lti_tool.services.readiness import Readiness

bp = Blueprint("health", __name__)

# A load balancer waits no longer. In seconds.
_database = Patience(3.0)


@bp.get("/healthz")
def alive():
    """Say that this process answers, which installation it is of, and how the request reached it.

    `lti-tool doctor` compares: does the public address lead here, through proxies that tell scheme and host?
    """
    return {
        "alive": True,
        "installation": readiness.installation(settings.current().secret_key),
        "scheme": request.scheme,
        "host": request.host,
    }


@bp.get("/readyz")
def ready():
    """Say whether launches can be let in and what they lead to gets done; 503 when something is missing."""
    state = _database.ask(current_app._get_current_object(), lambda: readiness.check(clock.now()))
    state = state or Readiness()
    found = {
        "database": state.database,
        "schema": state.schema,
        "signing_key": state.signing_key,
        "worker": state.worker,
    }
    return {"ready": state.ready, **found}, 200 if state.ready else 503
