"""A newcomer's first visit: whose space this is, what of them came along, and three steps to take."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from lti_tool.extensions import db
from lti_tool.models import Charter, Comment, Post, Prompt, ThreadReader, Topic
from lti_tool.permissions import Act
from lti_tool.services import course_groups, member_list, part_entry
from lti_tool.services.acting import ActingMember
from lti_tool.services.course_groups import CourseGroupView
from lti_tool.services.people import Person

MOST_STAFF = 6


@dataclass(frozen=True)
class FromLms:
    """What the LMS told of whoever reads it; `invited`: what those told who invited them by mail."""

    name: str | None
    email: bool
    picture: bool
    groups: Sequence[CourseGroupView]
    invited: bool = False


@dataclass(frozen=True)
class Steps:
    """What a newcomer has done already, out of what stands in the community."""

    hello: bool
    read: bool
    replied: bool

    @property
    def all_done(self) -> bool:
        """Whether nothing of it is left."""
        return self.hello and self.read and self.replied


@dataclass(frozen=True)
class Preparations:
    """What staff have prepared already in a space that is still empty."""

    charter: bool
    topics: bool
    prompt: bool


@dataclass(frozen=True)
class Welcome:
    """What a first visit shows."""

    staff: Sequence[Person]
    more_staff: int
    from_lms: FromLms
    steps: Steps


def is_new(member: ActingMember) -> bool:
    """Tell whether a member has not been welcomed yet."""
    return member.membership.welcomed_at is None


def welcome(member: ActingMember, now: datetime) -> Welcome:
    """Return what a first visit shows. Four statements."""
    member.must(Act.READ)
    staff = member_list.staff_of(member, now)
    return Welcome(
        staff=staff[:MOST_STAFF],
        more_staff=max(0, len(staff) - MOST_STAFF),
        from_lms=_from_lms(member),
        steps=_steps(member),
    )


def welcomed(member: ActingMember, now: datetime) -> None:
    """Note that a member went through the first visit, or past it."""
    member.must(Act.READ)
    if member.membership.welcomed_at is None:
        member.membership.welcomed_at = now


def preparations(member: ActingMember) -> Preparations | None:
    """Return what is prepared for those who come; None for whoever does not look after it. One statement."""
    if not member.may(Act.ARRANGE):
        return None
    found = (
        select(table.id).where(table.community_id == member.community.id).exists()
        for table in (Charter, Topic, Prompt)
    )
    return Preparations(*db.session.execute(select(*found)).one())


def _from_lms(member: ActingMember) -> FromLms:
    user = member.user
    joined = " ".join(part for part in (user.given_name, user.family_name) if part)
    here = course_groups.of_community(member.community.id)
    theirs = course_groups.of_members(member.community.id, {member.id}).get(member.id, frozenset())
    own = part_entry.group_of(member)
    return FromLms(
        name=user.name or joined or None,
        email=bool(user.email),
        picture=bool(user.picture),
        # What the LMS hides from learners is not told to them here.
        groups=[*own, *(group for group in here if group.id in theirs and not group.hidden)],
        invited=user.invited,
    )


def _steps(member: ActingMember) -> Steps:
    """Tell which steps are taken. One statement."""
    wrote = select(Post.id).where(Post.author_id == member.id, Post.deleted_at.is_(None))
    read = select(ThreadReader.post_id).where(
        ThreadReader.member_id == member.id, ThreadReader.read_at.is_not(None)
    )
    replied = select(Comment.id).where(Comment.author_id == member.id, Comment.deleted_at.is_(None))
    hello, has_read, has_replied = db.session.execute(
        select(wrote.exists(), read.exists(), replied.exists())
    ).one()
    return Steps(hello=hello, read=has_read or has_replied, replied=has_replied)
