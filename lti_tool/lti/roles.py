"""From the LMS's role names to ours: pure rules of DESIGN part 1 and of LTI 1.3 Core, appendix A.2.

Only roles in the context count. Institution and system roles say what somebody is elsewhere: Canvas sends
`institution/person#Administrator` for people who are students in this course.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lti_tool.models import Role

_LIS = "http://purl.imsglobal.org/vocab/lis/v2/"
TEST_USER = "http://purl.imsglobal.org/vocab/lti/system/person#TestUser"

_WORD = r"[A-Za-z][A-Za-z0-9]*"
_CONTEXT = re.compile(rf"{re.escape(_LIS)}membership(?:/(?P<base>{_WORD}))?#(?P<name>{_WORD})")
_OLD_CONTEXT = re.compile(rf"urn:lti:role:ims/lis/(?P<base>{_WORD})(?:/(?P<sub>{_WORD}))?")
_LEGACY = "institution-or-system (legacy)"
_ELSEWHERE = (
    (re.compile(rf"{re.escape(_LIS)}institution/person#({_WORD})"), "institution"),
    (re.compile(rf"urn:lti:instrole:ims/lis/({_WORD})"), "institution"),
    (re.compile(rf"{re.escape(_LIS)}system/person#({_WORD})"), "system"),
    (re.compile(rf"urn:lti:sysrole:ims/lis/({_WORD})"), "system"),
    # Moodle's rosters: it does not say of which of the two it speaks.
    (re.compile(rf"{re.escape(_LIS)}person#({_WORD})"), _LEGACY),
    (re.compile(rf"http://purl\.imsglobal\.org/vocab/lti/system/person#({_WORD})"), "lti-system"),
)

_SIMPLE_NAMES = frozenset(
    ("Administrator", "ContentDeveloper", "Instructor", "Learner", "Manager", "Member", "Mentor", "Officer")
)
# LTI 1.1 knew these as roles of their own; LTI 1.3 made them sub-roles of Instructor.
_ONCE_OWN_ROLES = {"TeachingAssistant": "Instructor", "Grader": "Instructor"}

_OF_BASE = {
    "Instructor": Role.TRAINER,
    "ContentDeveloper": Role.PEDAGOGICAL_LEAD,
    "Manager": Role.PEDAGOGICAL_LEAD,
    "Administrator": Role.PEDAGOGICAL_LEAD,
    "Learner": Role.LEARNER,
    "Member": Role.LEARNER,
}
_ONLY_LOOKING = frozenset((("Manager", "Observer"), ("Manager", "ExternalObserver")))

# Who looks after the LMS as a whole. Moodle's rosters do not say of which of the two they speak.
_LOOK_AFTER = {
    "institution": frozenset(("Administrator",)),
    "system": frozenset(("Administrator", "SysAdmin", "AccountAdmin")),
    "institution-or-system (legacy)": frozenset(("Administrator",)),
}

# The roles that an LMS can give, from the lowest.
RANKING = (Role.OBSERVER, Role.LEARNER, Role.PEDAGOGICAL_LEAD, Role.TRAINER)


@dataclass(frozen=True)
class ParsedRole:
    """One role name taken apart. `scope` is None for a name of no known vocabulary."""

    scope: str | None
    base: str | None
    sub: str | None


_UNKNOWN = ParsedRole(None, None, None)


def parse(raw: str) -> ParsedRole:
    """Take one role apart: full URI, `urn:lti:` form, or the short context name of Moodle's rosters."""
    if raw in _SIMPLE_NAMES:
        return ParsedRole("context", raw, None)
    if raw in _ONCE_OWN_ROLES:
        return ParsedRole("context", _ONCE_OWN_ROLES[raw], raw)
    if match := _CONTEXT.fullmatch(raw):
        return _in_context(match["base"] or match["name"], match["name"] if match["base"] else None)
    if match := _OLD_CONTEXT.fullmatch(raw):
        return _in_context(match["base"], match["sub"])
    for pattern, scope in _ELSEWHERE:
        if match := pattern.fullmatch(raw):
            return ParsedRole(scope, match[1], None)
    return _UNKNOWN


def _in_context(base: str, sub: str | None) -> ParsedRole:
    if base in _ONCE_OWN_ROLES:
        return ParsedRole("context", _ONCE_OWN_ROLES[base], sub or base)
    return ParsedRole("context", base, sub)


def role_of(raw_roles: Iterable[str]) -> Role:
    """The community role that these LMS roles give: the highest of them, observer when none says anything.

    A base role accompanied by one of its sub-roles counts as the sub-role (a Canvas teaching assistant is
    `#Instructor` and `Instructor#TeachingAssistant`; somebody who only watches is `#Manager` and
    `Manager#Observer`).
    """
    in_context = [parsed for parsed in map(parse, raw_roles) if parsed.scope == "context"]
    narrowed = {parsed.base for parsed in in_context if parsed.sub is not None}
    highest = Role.OBSERVER
    for parsed in in_context:
        if parsed.sub is not None or parsed.base not in narrowed:
            highest = higher(highest, _role_of_one(parsed))
    return highest


def _role_of_one(parsed: ParsedRole) -> Role:
    if (parsed.base, parsed.sub) in _ONLY_LOOKING:
        return Role.OBSERVER
    return _OF_BASE.get(parsed.base or "", Role.OBSERVER)


def higher(one: Role, other: Role) -> Role:
    """The higher of two roles that an LMS can give: trainer > pedagogical lead > learner > observer.

    :raises ValueError: for a role that only an appointment gives.
    """
    return max(one, other, key=RANKING.index)


def is_lms_administrator(raw_roles: Iterable[str]) -> bool:
    """Whether somebody administers the institution or the LMS. It gives no role in any course."""
    return any(parsed.base in _LOOK_AFTER.get(parsed.scope or "", ()) for parsed in map(parse, raw_roles))


def is_test_user(raw_roles: Sequence[str]) -> bool:
    """Whether this is the LMS's own "student view", who is not to be listed, counted or graded."""
    return TEST_USER in raw_roles
