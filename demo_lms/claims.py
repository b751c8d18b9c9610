"""The claims of a launch, as recorded from Moodle 4.4 (LTI 1.3 section 5, AGS and NRPS 2.0).

Of an activity, of the choice of content for one to come (Deep Linking 2.0), or of the review of one person's
work in one (Submission Review 1.0).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from demo_lms.addresses import (
    container_address,
    content_return_address,
    group_sets_address,
    groups_address,
    item_address,
    notices_address,
    roster_address,
)
from demo_lms.custom import replaced
from demo_lms.gradebook import LineItem
from demo_lms.groups import Group
from demo_lms.launches import PendingLaunch
from demo_lms.links import Choice, Link
from demo_lms.names import (
    CLAIM,
    DEEP_LINKING_MESSAGE,
    DEEP_LINKING_SETTINGS_CLAIM,
    GRADE_CLAIM,
    GRADE_SCOPE,
    GRADE_SCOPES,
    GROUPS_CLAIM,
    GROUPS_SCOPE,
    NOTICE_CLAIM,
    NOTICE_SCOPE,
    RESOURCE_LINK_MESSAGE,
    REVIEW_MESSAGE,
    ROSTER_CLAIM,
    ROSTER_SCOPE,
)
from demo_lms.notices import NOTICE_TYPES
from demo_lms.people import Course, Person
from demo_lms.quirks import Quirks
from demo_lms.settings import LmsSettings
from demo_lms.tools import Tool

__all__ = ["CLAIM", "GRADE_CLAIM", "GRADE_SCOPE", "ROSTER_CLAIM", "container_address", "launch_claims"]

LAUNCH_SECONDS = 60
PLATFORM_GUID = "6f0b8a54c6f34a6c9d0e6a1b7f5d2c31"


@dataclass(frozen=True)
class Opening:
    """Who opens which activity of which course with which tool; `columns` are those the tool may see.

    Without a link, content is chosen for one to come: then there is a `choice`.
    """

    launch: PendingLaunch
    tool: Tool
    course: Course
    person: Person
    link: Link | None
    choice: Choice | None
    columns: list[LineItem]
    groups: list[Group]
    """The groups of the course that this person is in."""
    nonce: str


def launch_claims(settings: LmsSettings, quirks: Quirks, opening: Opening, now: datetime) -> dict[str, Any]:
    """Everything the token of one launch says."""
    tool, course, person = opening.tool, opening.course, opening.person
    claims = _about_the_token(settings, opening, now)
    claims |= _about_the_message(settings, quirks, opening)
    claims |= shared_with(tool, person, quirks)
    custom = {**tool.custom, **(opening.link.custom if opening.link else {})}
    if custom:
        claims |= {CLAIM + "custom": replaced(custom, course, opening.link, claims, opening.groups)}
    if not quirks.no_context:
        claims |= _about_the_course(settings, quirks, opening)
        roster_offered = quirks.roster_in_launch and is_allowed(ROSTER_SCOPE, quirks)
        claims |= _about_the_roster(settings, opening) if roster_offered else {}
        claims |= _about_the_groups(settings, opening) if quirks.groups_in_launch else {}
    if quirks.notices_in_launch and NOTICE_SCOPE in tool.scopes:
        claims |= {NOTICE_CLAIM: _notice_service(settings, tool)}
    return claims


def _about_the_token(settings: LmsSettings, opening: Opening, now: datetime) -> dict[str, Any]:
    issued = int(now.timestamp())
    return {
        "nonce": opening.nonce,
        "iat": issued,
        "exp": issued + LAUNCH_SECONDS,
        "iss": settings.issuer,
        "aud": opening.tool.client_id,
        "sub": opening.person.sub,
    }


def _about_the_message(settings: LmsSettings, quirks: Quirks, opening: Opening) -> dict[str, Any]:
    launch, course, person = opening.launch, opening.course, opening.person
    roles = person.roles.get(course.id, ())
    return {
        CLAIM + "version": "1.3.0",
        CLAIM + "deployment_id": opening.tool.deployment_id,
        CLAIM + "target_link_uri": launch.target_link_uri,
        CLAIM + "roles": list(roles) if quirks.send_roles else [],
        **(
            _about_the_choice(settings, quirks, opening)
            if opening.choice
            else _about_the_link(settings, opening)
        ),
        CLAIM + "lis": {"person_sourcedid": "", "course_section_sourcedid": ""},
        CLAIM + "tool_platform": {
            "product_family_code": settings.product_family_code,
            "version": settings.product_version,
            "guid": PLATFORM_GUID,
            "name": "Campus Demo",
            "description": "Demonstration LMS",
        },
        **({CLAIM + "role_scope_mentor": list(person.mentees)} if person.mentees else {}),
    }


def _about_the_link(settings: LmsSettings, opening: Opening) -> dict[str, Any]:
    """An activity that is opened, or the work of one person in it."""
    launch, course, link = opening.launch, opening.course, opening.link
    return {
        CLAIM + "message_type": REVIEW_MESSAGE if launch.about else RESOURCE_LINK_MESSAGE,
        CLAIM + "resource_link": {"id": link.id, "title": link.title, "description": link.text},
        CLAIM + "launch_presentation": {
            "locale": course.locale,
            "document_target": launch.document_target,
            "return_url": f"{settings.issuer}/lti/return?course={course.id}",
        },
        # The person's number alone, as in Moodle.
        **({CLAIM + "for_user": {"user_id": launch.about}} if launch.about else {}),
    }


def _about_the_choice(settings: LmsSettings, quirks: Quirks, opening: Opening) -> dict[str, Any]:
    """What content is asked for, and where it is to be given; the presentation says the locale only."""
    choice = opening.choice
    several: bool | str = (
        str(quirks.content_several).lower() if quirks.content_several_as_text else (quirks.content_several)
    )
    return {
        CLAIM + "message_type": DEEP_LINKING_MESSAGE,
        CLAIM + "launch_presentation": {"locale": opening.course.locale},
        DEEP_LINKING_SETTINGS_CLAIM: {
            "accept_types": list(quirks.content_types),
            "accept_presentation_document_targets": ["frame", "iframe", "window"],
            "accept_copy_advice": False,
            "accept_multiple": several,
            "accept_unsigned": False,
            "auto_create": False,
            "can_confirm": False,
            "deep_link_return_url": content_return_address(settings, choice.course_id, choice.name),
            "title": "",
            "text": "",
            **({"accept_lineitem": quirks.content_columns} if quirks.content_columns_said else {}),
            **({"data": choice.data} if choice.data is not None else {}),
        },
    }


def shared_with(tool: Tool, person: Person, quirks: Quirks) -> dict[str, str]:
    """Name and address of a person as launches and rosters tell them to a tool.

    Absent, never empty: what the person, the LMS or the tool's registration does not share has no entry.
    """
    told = {}
    if quirks.send_name and tool.shares_name and (person.given or person.family):
        told |= {"name": person.name, "given_name": person.given, "family_name": person.family}
    if quirks.send_email and tool.shares_email:
        told |= {"email": person.email}
    return {name: value for name, value in told.items() if value}


def is_allowed(scope: str, quirks: Quirks) -> bool:
    """Whether the administrator lets tools have this scope."""
    return scope.rpartition("/")[2] not in quirks.scopes_not_allowed


def _about_the_course(settings: LmsSettings, quirks: Quirks, opening: Opening) -> dict[str, Any]:
    course = opening.course
    claims = {
        CLAIM + "context": {
            "id": course.id,
            "label": course.label,
            "title": course.title,
            "type": ["CourseSection"],
        }
    }
    registered = [scope for scope in GRADE_SCOPES if scope in opening.tool.scopes]
    scopes = [scope for scope in registered if is_allowed(scope, quirks)]
    return claims | ({GRADE_CLAIM: _endpoint(settings, opening, scopes)} if scopes else {})


def _endpoint(settings: LmsSettings, opening: Opening, scopes: list[str]) -> dict[str, Any]:
    course, deployment_id = opening.course, opening.tool.deployment_id
    endpoint = {"scope": scopes, "lineitems": container_address(settings, course.id, deployment_id)}
    link_id = opening.link.id if opening.link else None
    coupled = [item for item in opening.columns if link_id and item.resource_link_id == link_id]
    if len(coupled) == 1:
        # Moodle sends an empty string when the only column of the link is one that the tool made itself.
        own = coupled[0].own
        endpoint["lineitem"] = item_address(settings, coupled[0], "", deployment_id) if own else ""
    return endpoint


def _about_the_roster(settings: LmsSettings, opening: Opening) -> dict[str, Any]:
    if ROSTER_SCOPE not in opening.tool.scopes:
        return {}
    address = roster_address(settings, opening.course.id, opening.tool.deployment_id)
    return {ROSTER_CLAIM: {"context_memberships_url": address, "service_versions": ["1.0", "2.0"]}}


def _about_the_groups(settings: LmsSettings, opening: Opening) -> dict[str, Any]:
    """Course Groups Service 1.0: where groups and sets are listed, and by which scope."""
    course_id, deployment_id = opening.course.id, opening.tool.deployment_id
    if GROUPS_SCOPE not in opening.tool.scopes:
        return {}
    return {
        GROUPS_CLAIM: {
            "scope": [GROUPS_SCOPE],
            "context_groups_url": groups_address(settings, course_id, deployment_id),
            "context_group_sets_url": group_sets_address(settings, course_id, deployment_id),
            "service_versions": ["1.0"],
        }
    }


def _notice_service(settings: LmsSettings, tool: Tool) -> dict[str, Any]:
    return {
        "service_versions": ["1.0"],
        "platform_notification_service_url": notices_address(settings, tool.deployment_id),
        "scope": [NOTICE_SCOPE],
        "notice_types_supported": list(NOTICE_TYPES),
    }
