"""Custom parameters of a tool: a variable that this LMS knows is replaced, any other stays as it is."""

from collections.abc import Iterable, Mapping
from typing import Any

from demo_lms.groups import Group
from demo_lms.links import Link
from demo_lms.people import Course

_CLAIMED = {
    "User.id": "sub",
    "Person.name.full": "name",
    "Person.name.given": "given_name",
    "Person.name.family": "family_name",
    "Person.email.primary": "email",
}
"""Variables that say what a claim of the same launch says."""
_OF_THE_COURSE = (
    "Context.id",
    "Context.label",
    "Context.title",
    "Context.id.history",
    "ResourceLink.id",
    "ResourceLink.title",
)
_GROUPS = "Moodle.Person.userGroupIds"
"""Moodle's variable: the numbers of this person's groups in the course."""
VARIABLES = (*_OF_THE_COURSE, *_CLAIMED, _GROUPS)


def replaced(
    custom: Mapping[str, str],
    course: Course,
    link: Link | None,
    claims: Mapping[str, Any],
    groups: Iterable[Group],
) -> dict[str, str | None]:
    """The custom claim; what is not shared is null, as in Moodle."""
    of_the_link = (link.id, link.title) if link else (None, None)
    # In the order of _OF_THE_COURSE.
    of_the_course = (course.id, course.label, course.title, ",".join(course.history), *of_the_link)
    values = dict(zip(_OF_THE_COURSE, of_the_course, strict=True))
    values |= {variable: claims.get(claim) for variable, claim in _CLAIMED.items()}
    values[_GROUPS] = ",".join(group.id for group in groups)
    return {
        name: values[text[1:]] if text.startswith("$") and text[1:] in values else text
        for name, text in custom.items()
    }
