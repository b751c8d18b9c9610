"""Announcements: words of staff to everybody, on top of the home page until a day."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from lti_tool.errors import NotFound, Unfit
from lti_tool.extensions import db
from lti_tool.models import Membership, Post, PostKind
from lti_tool.permissions import Act
from lti_tool.services import contributions, people
from lti_tool.services.acting import ActingMember
from lti_tool.services.contributions import PostCard
from lti_tool.services.local_times import moment_of

PINNED_FOR = timedelta(days=7)
LONGEST_PIN = timedelta(days=366)
# What stands on top of every page should not push down what is new.
SHOWN = 3


def usual_day(member: ActingMember, now: datetime) -> date:
    """Return the last day on which an announcement of today stays on top when nobody says otherwise."""
    return now.astimezone(ZoneInfo(member.community.time_zone)).date() + PINNED_FOR


def last_day(pinned_until: datetime | None, zone: str) -> date | None:
    """Return the last whole day of a pin, by the community's clock."""
    if pinned_until is None:
        return None
    return (pinned_until.astimezone(ZoneInfo(zone)) - timedelta(microseconds=1)).date()


def end_of_pin(member: ActingMember, day: date | None, now: datetime) -> datetime | None:
    """Return the moment at which a day is over in the community, for whoever may announce.

    :raises Unfit: the day is over already, or more than a year away.
    """
    member.must(Act.ANNOUNCE)
    if day is None:
        return None
    if not now.date() - timedelta(days=2) <= day <= now.date() + LONGEST_PIN:
        raise Unfit({"pinned_until": ["out-of-range"]})
    midnight = datetime.combine(day + timedelta(days=1), time())
    zone = member.community.time_zone
    # Where clocks go forward at midnight the day ends with the hour that is left out.
    hours = (midnight, midnight + timedelta(hours=1))
    moment = next(filter(None, (moment_of(hour, zone, later=False) for hour in hours)), None)
    if moment is None or moment <= now:
        raise Unfit({"pinned_until": ["out-of-range"]})
    return moment


def unpin(member: ActingMember, post_id: int, now: datetime) -> None:
    """Take an announcement off the top of the home page; it stays where it was written."""
    member.must(Act.ANNOUNCE)
    post = contributions.post_here(member, post_id, now, locked=True)
    if post.deleted_at is not None or post.kind is not PostKind.ANNOUNCEMENT:
        raise NotFound()
    post.pinned_until = None
    db.session.flush()


def pinned(member: ActingMember, now: datetime) -> list[PostCard]:
    """Return the announcements on top of this member's home page, the newest first. One statement."""
    wanted = (
        select(Post)
        .where(
            Post.community_id == member.community.id,
            Post.pinned_until > now,
            Post.deleted_at.is_(None),
            contributions.shown_to(member, now),
        )
        .order_by(Post.created_at.desc(), Post.id.desc())
        .limit(SHOWN)
        .options(joinedload(Post.author).joinedload(Membership.user))
    )
    posts = list(db.session.scalars(wanted))
    persons = people.described([post.author for post in posts], now)
    return [contributions.card(post, persons[post.author_id], member, now) for post in posts]
