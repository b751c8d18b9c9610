"""What the launch log may keep of a token: what describes the launch, nothing that describes the person."""

from lti_tool.lti.names import AGS_ENDPOINT, CLAIM, GROUPS, NOTICE_SERVICE, ROSTER
from lti_tool.lti.texts import clean

HIDDEN = "(hidden)"

_LONGEST_TEXT, _MOST_MEMBERS, _DEEPEST, _LARGEST_NUMBER = 300, 60, 4, 2**53
_KEPT = frozenset(
    ("iss", "aud", "azp", "exp", "iat", "nbf", "locale", AGS_ENDPOINT, ROSTER, GROUPS, NOTICE_SERVICE)
    + tuple(
        CLAIM + name
        for name in (
            "message_type",
            "version",
            "deployment_id",
            "target_link_uri",
            "roles",
            "context",
            "resource_link",
            "tool_platform",
        )
    )
)
_PRESENTATION = CLAIM + "launch_presentation"
# In what is kept else: whoever looks after an LMS is a person, too.
_OF_A_PERSON = frozenset(("contact_email",))
_PRESENTATION_KEPT = frozenset(("document_target", "locale", "height", "width"))


def masked(claims: dict) -> dict:
    """The claims with every value hidden that is not known to be impersonal; the names of all stay visible.

    The return address holds Moodle's `sesskey`, custom values may hold names: both are hidden.
    """
    shown = {}
    for name, value in list(claims.items())[:_MOST_MEMBERS]:
        key = clean(name, _LONGEST_TEXT) or ""
        if name in _KEPT:
            shown[key] = _small(value)
        elif name == _PRESENTATION and isinstance(value, dict):
            shown[key] = _members(value, _PRESENTATION_KEPT)
        elif isinstance(value, dict):
            shown[key] = _members(value, frozenset())
        else:
            shown[key] = HIDDEN
    return shown


def _members(value: dict, kept: frozenset[str]) -> dict:
    return {
        clean(name, _LONGEST_TEXT) or "": _small(member) if name in kept else HIDDEN
        for name, member in list(value.items())[:_MOST_MEMBERS]
    }


def _small(value: object, depth: int = 0) -> object:
    """The value without control characters, long texts cut, deep branches left out."""
    if isinstance(value, str):
        return clean(value, _LONGEST_TEXT) or ""
    if depth == _DEEPEST:
        return "…" if isinstance(value, dict | list) else value
    if isinstance(value, dict):
        members = list(value.items())[:_MOST_MEMBERS]
        return {
            clean(name, _LONGEST_TEXT) or "": HIDDEN if name in _OF_A_PERSON else _small(member, depth + 1)
            for name, member in members
        }
    if isinstance(value, list):
        return [_small(member, depth + 1) for member in value[:_MOST_MEMBERS]]
    if isinstance(value, int) and abs(value) < _LARGEST_NUMBER:  # also true and false
        return value
    # Anything larger, and NaN, which no JSON column takes, becomes text.
    return None if value is None else clean(str(value), 40)
