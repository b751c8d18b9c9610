"""Example launches made ready to be verified."""

from lti_tool.lti import launches
from lti_tool.lti.launches import LaunchState
from tests.unit.lti.simulator import CLAIM, TOOL, data, fresh, signed

LEARNER = data("lti", "moodle-resource-link-learner")["jwt_payload"]


class Example:
    """An example launch with its platform stored, its host ours."""

    def __init__(self, add_platform, payload, now):
        audience = payload["aud"]
        client_id = audience[0] if isinstance(audience, list) else audience
        self.platform_id = add_platform(
            payload["iss"], client_id, deployments=(payload[CLAIM + "deployment_id"],)
        )
        self.state = LaunchState(self.platform_id, "a nonce", f"{TOOL}/lti/launch", now)
        self.claims = fresh(payload, now.timestamp(), self.state.nonce)
        self.claims[CLAIM + "target_link_uri"] = f"{TOOL}/lti/launch"
        self.now = now

    def verify(self):
        return launches.verify(signed(self.claims), self.state, self.now)
