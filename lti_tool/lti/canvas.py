"""The configuration of a Canvas developer key: "Enter URL" or "Paste JSON" (requirements sheet 6.1)."""

from lti_tool.lti import names
from lti_tool.lti.products import (
    COURSE_NAVIGATION,
    DESCRIPTION,
    LABEL,
    LOGO,
    TOOL_ID,
    Tool,
    canvas_places,
    privacy_level,
)

_TITLE = "Community Value"
_CHOOSER_SIZE = {"selection_width": 800, "selection_height": 600}
_IN_THE_COURSE = {"default": "disabled", "visibility": "members", "display_type": "full_width_in_context"}


def developer_key(tool: Tool) -> dict:
    """What Canvas reads from `GET /lti/canvas.json`; the same for everybody, nothing of it is secret."""
    icon = tool.base_url + LOGO
    return {
        "title": _TITLE,
        "description": DESCRIPTION,
        "oidc_initiation_url": f"{tool.base_url}/lti/login",
        "target_link_uri": tool.launch_url,
        "public_jwk_url": f"{tool.base_url}/lti/jwks.json",
        "scopes": [*names.AGS_SCOPES, names.ROSTER_READ, names.NOTICE_HANDLERS],
        "custom_fields": {},
        "extensions": [
            {
                "platform": "canvas.instructure.com",
                "domain": tool.domain,
                "tool_id": TOOL_ID,
                "privacy_level": privacy_level(tool),
                "settings": {
                    "text": LABEL,
                    "icon_url": icon,
                    "placements": [_placement(tool, place, kind) for place, kind in canvas_places()],
                },
            }
        ],
    }


def _placement(tool: Tool, place: str, kind: str) -> dict:
    shape = _IN_THE_COURSE if place == COURSE_NAVIGATION else _CHOOSER_SIZE
    return {
        "placement": place,
        "message_type": kind,
        "target_link_uri": tool.launch_url,
        "text": LABEL,
        "enabled": True,
        **shape,
    }
