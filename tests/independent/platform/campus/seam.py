"""The seam to edx-platform: `lti_consumer.plugin.compat` names what the consumer wants of its LMS.

Only these functions of theirs are replaced, because they import edx-platform, which is no package. They do
what edx-platform's do, on our few tables.
"""

from types import SimpleNamespace

from lti_consumer.exceptions import LtiError
from lti_consumer.plugin import compat
from opaque_keys.edx.keys import CourseKey, UsageKey


def install() -> None:
    """Give the consumer its LMS; before anything else of it is imported."""
    compat.load_enough_xblock = _load
    compat.load_block_as_user = _load
    compat.get_course_by_id = _course
    compat.get_course_members = _members
    compat.batch_get_or_create_externalids = _external_ids
    compat.get_user_from_external_user_id = _user_behind
    compat.user_has_studio_write_access = _may_edit
    compat.user_course_access = lambda course, user, *_, **__: user.is_authenticated
    compat.user_has_access = lambda user, *_, **__: user.is_authenticated
    for flag in (
        "get_external_config_waffle_flag",
        "get_external_user_id_1p1_launches_waffle_flag",
        "get_database_config_waffle_flag",
        "get_external_multiple_launch_urls_waffle_flag",
    ):
        setattr(compat, flag, lambda: SimpleNamespace(is_enabled=lambda course_key: False))


def _load(location: UsageKey):
    from campus import blocks

    return blocks.load(location)


def _course(key: CourseKey):
    from campus.models import Course

    course = Course.objects.get(key=str(key))
    return SimpleNamespace(
        display_name_with_default=course.name, display_org_with_default=key.org, lti_passports=[]
    )


def _members(key: CourseKey) -> dict[int, dict]:
    """As edx-platform's `course_api.get_course_members` answers, its limit included."""
    from campus.models import Course, Enrolment

    course = Course.objects.get(key=str(key))
    enrolled = Enrolment.objects.filter(course=course).select_related("user__profile")
    if course.member_limit is not None and enrolled.count() > course.member_limit:
        raise LtiError(f"NRPS is not available for {key}")
    return {
        one.user.id: {
            "id": one.user.id,
            "username": one.user.username,
            "email": one.user.email,
            "name": one.user.profile.name,
            "roles": [one.role],
        }
        for one in enrolled
    }


def _external_ids(users) -> dict:
    from campus.models import ExternalId

    users = list(users)
    known = {one.user_id for one in ExternalId.objects.filter(user__in=users)}
    ExternalId.objects.bulk_create(ExternalId(user=user) for user in users if user.id not in known)
    return {one.user_id: one for one in ExternalId.objects.filter(user__in=users)}


def _user_behind(external_user_id: str):
    from django.core.exceptions import ValidationError

    from campus.models import ExternalId

    try:
        return ExternalId.objects.get(external_user_id=external_user_id).user
    except ExternalId.DoesNotExist as unknown:
        raise LtiError("Invalid User") from unknown
    except ValidationError as malformed:
        raise LtiError("Invalid userID") from malformed


def _may_edit(user, key: CourseKey) -> bool:
    from campus.models import Enrolment

    authors = ("instructor", "staff")
    return user.is_authenticated and (
        Enrolment.objects.filter(user=user, course__key=str(key), role__in=authors).exists()
    )
