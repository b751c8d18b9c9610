"""What a group of the LMS is called on pages and in tables."""

from flask_babel import gettext

from lti_tool.services.course_groups import CourseGroupView


def group_name(group: CourseGroupView) -> str:
    """Return the group's name, or its number where the LMS tells no more, with what tells it from others."""
    name = group.name or gettext("Group %(number)s", number=group.number)
    return " · ".join(part for part in (name, group.set_name, group.course) if part)
