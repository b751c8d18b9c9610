"""The claims of a resource link launch, as recorded from Moodle 4.4 (LTI 1.3 section 5, AGS 2.0 claim)."""

from datetime import datetime
from typing import Any

from demo_lms.gradebook import LineItem
from demo_lms.launches import PendingLaunch
from demo_lms.people import Course, Person
from demo_lms.settings import LmsSettings, Quirks

CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
GRADE_CLAIM = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
GRADE_SCOPE = "https://purl.imsglobal.org/spec/lti-ags/scope/"
GRADE_SCOPES = tuple(
    GRADE_SCOPE + name for name in ("lineitem", "lineitem.readonly", "result.readonly", "score")
)

LAUNCH_SECONDS = 60
PLATFORM_GUID = "6f0b8a54c6f34a6c9d0e6a1b7f5d2c31"


def launch_claims(
    settings: LmsSettings,
    quirks: Quirks,
    launch: PendingLaunch,
    course: Course,
    person: Person,
    columns: list[LineItem],
    nonce: str,
    now: datetime,
) -> dict[str, Any]:
    """Everything the token of one launch says; `columns` are the visible columns of the course."""
    claims = _about_the_token(settings, person, nonce, now)
    claims |= _about_the_message(settings, launch, course, person, quirks)
    claims |= _about_the_person(person, quirks)
    if not quirks.no_context:
        claims |= _about_the_course(settings, course, columns)
    return claims


def _about_the_token(settings: LmsSettings, person: Person, nonce: str, now: datetime) -> dict[str, Any]:
    issued = int(now.timestamp())
    return {
        "nonce": nonce,
        "iat": issued,
        "exp": issued + LAUNCH_SECONDS,
        "iss": settings.issuer,
        "aud": settings.client_id,
        "sub": person.sub,
    }


def _about_the_message(
    settings: LmsSettings, launch: PendingLaunch, course: Course, person: Person, quirks: Quirks
) -> dict[str, Any]:
    roles = person.roles.get(course.id, ())
    return {
        CLAIM + "message_type": "LtiResourceLinkRequest",
        CLAIM + "version": "1.3.0",
        CLAIM + "deployment_id": settings.deployment_id,
        CLAIM + "target_link_uri": launch.target_link_uri,
        CLAIM + "roles": list(roles) if quirks.send_roles else [],
        CLAIM + "resource_link": {"id": course.link_id, "title": course.link_title, "description": ""},
        CLAIM + "launch_presentation": {
            "locale": course.locale,
            "document_target": launch.document_target,
            "return_url": f"{settings.issuer}/lti/return?course={course.id}",
        },
        CLAIM + "lis": {"person_sourcedid": "", "course_section_sourcedid": ""},
        CLAIM + "tool_platform": {
            "product_family_code": "demo-lms",
            "version": "1",
            "guid": PLATFORM_GUID,
            "name": "Campus Demo",
            "description": "Demonstration LMS",
        },
        **({CLAIM + "role_scope_mentor": list(person.mentees)} if person.mentees else {}),
    }


def _about_the_person(person: Person, quirks: Quirks) -> dict[str, Any]:
    """Absent, never empty: what a person or the LMS does not share has no claim."""
    claims = {}
    if quirks.send_name and (person.given or person.family):
        claims |= {"name": person.name}
        claims |= {"given_name": person.given} if person.given else {}
        claims |= {"family_name": person.family} if person.family else {}
    if quirks.send_email and person.email:
        claims |= {"email": person.email}
    return claims


def _about_the_course(settings: LmsSettings, course: Course, columns: list[LineItem]) -> dict[str, Any]:
    endpoint = {"scope": list(GRADE_SCOPES), "lineitems": container_address(settings, course.id)}
    coupled = [item for item in columns if item.resource_link_id == course.link_id]
    if len(coupled) == 1:
        # Moodle sends an empty string when the only column of the link is one that the tool made itself.
        endpoint["lineitem"] = item_address(settings, coupled[0]) if coupled[0].own else ""
    return {
        CLAIM + "context": {
            "id": course.id,
            "label": course.label,
            "title": course.title,
            "type": ["CourseSection"],
        },
        GRADE_CLAIM: endpoint,
    }


def container_address(settings: LmsSettings, course_id: str) -> str:
    """Address of a course's columns; like Moodle's it carries a query that a tool has to keep."""
    return f"{settings.issuer}/lti/services/{course_id}/lineitems?type_id={settings.deployment_id}"


def item_address(settings: LmsSettings, item: LineItem, ending: str = "") -> str:
    """Address of one column, or of its scores and results with `ending`."""
    path = f"/lti/services/{item.course_id}/lineitems/{item.id}/lineitem{ending}"
    return f"{settings.issuer}{path}?type_id={settings.deployment_id}"
