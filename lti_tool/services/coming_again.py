"""The short ways of a launch by a learner into a course that has not changed.

Most launches are of this kind. One SELECT finds what the long way (`enrolment.enrol`) would bring into line.
Somebody who was here, and about whom the launch says nothing new: three rows are told the time and nothing
else is written. Somebody whom nobody here has heard of: their three rows are made. All without loading a row
as an object, which would cost more than the database takes for it.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, and_, bindparam, select, update

from lti_tool.extensions import db
from lti_tool.lti.launch import Launch
from lti_tool.models import Course, Enrolment, Membership, MembershipState, ResourceLink, User
from lti_tool.services import activities, course_groups
from lti_tool.services.roles import STAFF
from lti_tool.services.upserts import insert_unless_there, upsert_id
from lti_tool.services.visits import VISIT_ENDED, visiting


@dataclass(frozen=True)
class Place:
    """Where a launch leads, as numbers of rows. `divided`: the course has parts, where it may go on."""

    user_id: int
    course_id: int
    community_id: int
    link_id: int | None
    divided: bool = False


PERSON = ("name", "given_name", "family_name", "email", "picture", "locale")
_ENROLMENT = (
    "launch_roles",
    "launch_role",
    "launch_custom",
    "lower_role",
    "active",
    "left_at",
    "test_user",
    "launch_groups",
)

_KNOWN = (
    select(
        Course.id.label("course_id"),
        Course.community_id,
        Course.divided,
        Course.title,
        Course.label,
        Course.line_items_url,
        Course.grade_scopes,
        Course.roster_url,
        Course.groups_url,
        Course.group_sets_url,
        ResourceLink.id.label("link_id"),
        User.id.label("user_id"),
        *(getattr(User, name) for name in PERSON),
        Enrolment.id.label("enrolment_id"),
        *(getattr(Enrolment, name) for name in _ENROLMENT),
        Membership.id.label("membership_id"),
        Membership.state,
    )
    .select_from(Course)
    .join(
        ResourceLink,
        and_(ResourceLink.course_id == Course.id, ResourceLink.resource_link_id == bindparam("link")),
    )
    .outerjoin(User, and_(User.platform_id == bindparam("platform"), User.sub == bindparam("person")))
    .outerjoin(Enrolment, and_(Enrolment.user_id == User.id, Enrolment.course_id == Course.id))
    .outerjoin(
        Membership, and_(Membership.user_id == User.id, Membership.community_id == Course.community_id)
    )
    .where(
        Course.deployment_id == bindparam("deployment"),
        Course.context_id == bindparam("context"),
        Course.part_of_id.is_(None),
    )
)
_LINK_OPENED = (
    update(ResourceLink.__table__)
    .where(ResourceLink.id == bindparam("row"))
    .values(
        {
            name: bindparam(name)
            for name in ("title", "target", "return_url", "activity", "line_item_url", "launched_at")
        }
    )
)
# What a roster or a succession has ended since it was looked at is for the long way.
_ENROLMENT_LAUNCHED = (
    update(Enrolment.__table__)
    .where(
        Enrolment.id == bindparam("row"),
        Enrolment.user_id == bindparam("person"),
        Enrolment.active,
        Enrolment.left_at.is_(None),
    )
    .values(launched_at=bindparam("launched_at"))
)
_MEMBER_SEEN = (
    update(Membership.__table__)
    .where(Membership.id == bindparam("row"))
    .values(last_seen_at=bindparam("seen_at"), **dict(VISIT_ENDED))
)


def come_in(launch: Launch, now: datetime) -> Place | None:
    """Let a learner in on one of the short ways; None when the long way is due.

    :param launch: into a course. Staff always go the long way: their launches do more.
    """
    if launch.deployment_key is None or launch.link is None or launch.role in STAFF:
        return None
    connection = db.session.connection()
    asked = {
        "platform": launch.platform_id,
        "person": launch.sub,
        "deployment": launch.deployment_key,
        "context": launch.context.id,
        "link": launch.link.id,
    }
    known = connection.execute(_KNOWN, asked).one_or_none()
    if known is None or known.community_id is None or known.divided:
        return None
    if not _course_is_as_said(launch, known):
        return None
    is_new = known.enrolment_id is None and known.membership_id is None
    if not is_new and not _says_nothing_new(launch, known):
        return None
    # In the order in which the long way locks them.
    connection.execute(_LINK_OPENED, of_link(launch, now) | {"row": known.link_id})
    return _come_first(launch, known, now) if is_new else _come_again(known, now)


def _come_again(known: Row, now: datetime) -> Place | None:
    """Tell the rows of somebody who was here the time. None when their enrolment ended at this moment."""
    connection = db.session.connection()
    told = {"row": known.enrolment_id, "person": known.user_id, "launched_at": now}
    if connection.execute(_ENROLMENT_LAUNCHED, told).rowcount != 1:
        return None
    connection.execute(_MEMBER_SEEN, {"row": known.membership_id, "seen_at": now} | visiting(now))
    return Place(known.user_id, known.course_id, known.community_id, known.link_id)


def _come_first(launch: Launch, known: Row, now: datetime) -> Place | None:
    """Make the rows of somebody new to the course. None when somebody else is making them at this moment."""
    user_id = upsert_id(User, *of_person(launch, now), update=said_of_person(launch))
    of_enrolment = {"user_id": user_id, "course_id": known.course_id}
    of_membership = {"community_id": known.community_id, "user_id": user_id}
    made = insert_unless_there(Enrolment, of_enrolment, first_enrolment(launch, now))
    if not made or not insert_unless_there(Membership, of_membership, first_membership(now)):
        return None
    if course_groups.are_news(launch, known, known):
        course_groups.said_by(launch, known.course_id, user_id)
    return Place(user_id, known.course_id, known.community_id, known.link_id)


def of_person(launch: Launch, now: datetime) -> tuple[dict, dict]:
    """Return key and values of the row of a person whom this launch makes known."""
    key = {"platform_id": launch.platform_id, "sub": launch.sub}
    return key, {name: getattr(launch, name) for name in PERSON} | {"created_at": now}


def said_of_person(launch: Launch) -> tuple[str, ...]:
    """Name what a launch says of a person: what it leaves out keeps the value of an earlier one."""
    return tuple(name for name in PERSON if getattr(launch, name) is not None)


def first_enrolment(launch: Launch, now: datetime) -> dict:
    """Return the values of an enrolment that this launch begins."""
    return {
        "launch_roles": list(launch.roles),
        "launch_role": launch.role,
        "launch_custom": custom_of(launch),
        "launched_at": now,
        "active": True,
        "test_user": launch.test_user,
        "created_at": now,
    }


def custom_of(launch: Launch) -> dict | None:
    """Return what an enrolment keeps of a launch's custom parameters: those that may decide the role."""
    return dict(launch.deciding_custom) if launch.deciding_custom else None


def first_membership(now: datetime) -> dict:
    """Return the values of a membership that this moment begins."""
    return {"state": MembershipState.ACTIVE, "joined_at": now, "last_seen_at": now}


def of_link(launch: Launch, now: datetime) -> dict:
    """Return what is remembered of the link that a launch opened."""
    return {
        "title": launch.link.title,
        "target": launch.target_link_uri,
        "return_url": launch.return_url,
        "activity": activities.key_in(launch),
        "line_item_url": launch.grades.line_item_url if launch.grades else None,
        "launched_at": now,
    }


def _says_nothing_new(launch: Launch, known: Row) -> bool:
    return (
        known.enrolment_id is not None
        and known.membership_id is not None
        and known.state != MembershipState.REMOVED
        and _person_is_as_said(launch, known)
        and _enrolment_is_as_said(launch, known)
        and not course_groups.are_news(launch, known, known)
    )


def _course_is_as_said(launch: Launch, known: Row) -> bool:
    if (launch.context.title, launch.context.label) != (known.title, known.label):
        return False
    if launch.roster_url is not None and launch.roster_url != known.roster_url:
        return False
    groups = launch.groups
    if groups is not None and (groups.groups_url, groups.sets_url) != (
        known.groups_url,
        known.group_sets_url,
    ):
        return False
    grades = launch.grades
    return grades is None or (grades.line_items_url, list(grades.scopes)) == (
        known.line_items_url,
        known.grade_scopes,
    )


def _person_is_as_said(launch: Launch, known: Row) -> bool:
    """What the launch leaves out keeps the value of an earlier one."""
    return all(getattr(launch, name) in (None, getattr(known, name)) for name in PERSON)


def _enrolment_is_as_said(launch: Launch, known: Row) -> bool:
    return (
        known.active
        and known.left_at is None
        and known.lower_role is None
        and known.launch_role == launch.role
        and known.launch_roles == list(launch.roles)
        and known.launch_custom == custom_of(launch)
        and known.test_user == launch.test_user
    )
