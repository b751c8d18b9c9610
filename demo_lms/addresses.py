"""Addresses of the services for tools.

Like Moodle's they carry a query that a tool has to keep: the deployment id of the tool that is to call them
(default: that of the tool of the settings).
"""

from demo_lms.gradebook import LineItem
from demo_lms.settings import LmsSettings


def roster_address(settings: LmsSettings, course_id: str, deployment_id: str | None = None) -> str:
    """Address of the people of a course."""
    return _complete(settings, f"/lti/courses/{course_id}/memberships", deployment_id)


def groups_address(settings: LmsSettings, course_id: str, deployment_id: str | None = None) -> str:
    """Address of the groups of a course."""
    return _complete(settings, f"/lti/courses/{course_id}/groups", deployment_id)


def group_sets_address(settings: LmsSettings, course_id: str, deployment_id: str | None = None) -> str:
    """Address of the sets that the groups of a course are in."""
    return _complete(settings, f"/lti/courses/{course_id}/groupsets", deployment_id)


def container_address(settings: LmsSettings, course_id: str, deployment_id: str | None = None) -> str:
    """Address of a course's columns."""
    return _complete(settings, f"/lti/services/{course_id}/lineitems", deployment_id)


def item_address(
    settings: LmsSettings, item: LineItem, ending: str = "", deployment_id: str | None = None
) -> str:
    """Address of one column, or of its scores and results with `ending`."""
    path = f"/lti/services/{item.course_id}/lineitems/{item.id}/lineitem{ending}"
    return _complete(settings, path, deployment_id)


def content_return_address(settings: LmsSettings, course_id: str, choice: str) -> str:
    """Address at which a tool gives the content that was chosen in it; `choice` is secret."""
    return f"{settings.issuer}/courses/{course_id}/content/return?choice={choice}&course={course_id}"


def notices_address(settings: LmsSettings, deployment_id: str | None = None) -> str:
    """Address at which a tool says where it wants notices."""
    return _complete(settings, "/lti/notice-handlers", deployment_id)


def _complete(settings: LmsSettings, path: str, deployment_id: str | None) -> str:
    return f"{settings.issuer}{path}?type_id={deployment_id or settings.deployment_id}"
