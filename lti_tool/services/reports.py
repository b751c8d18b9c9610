"""Somebody asks that a contribution be looked at, and may take that back while nobody has."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from lti_tool.errors import NotAllowed, NotFound
from lti_tool.extensions import db
from lti_tool.knowledge.markdown import excerpt
from lti_tool.models import Comment, ContributionReport, Membership, Post, ReportReason
from lti_tool.permissions import Act
from lti_tool.services import cases, changes, contributions, mentions, people
from lti_tool.services.acting import ActingMember
from lti_tool.services.people import Person
from lti_tool.services.upserts import upsert

REASONS = tuple(one.value for one in ReportReason)
OTHER = ReportReason.OTHER.value


@dataclass(frozen=True)
class Report:
    """What somebody fills in: a ReportReason value, and words of their own."""

    reason: str
    note: str | None


@dataclass(frozen=True)
class Reported:
    """A contribution as the form of a report shows it, with what its reader said of it before, if they did.

    `open`: it waits to be looked at, and may be taken back. `looked_at`: when staff had done so.
    """

    post_id: int
    comment_id: int | None
    title: str
    excerpt: str
    author: Person
    reason: str | None = None
    note: str | None = None
    open: bool = False
    looked_at: datetime | None = None


def report(member: ActingMember, post_id: int, comment_id: int | None, wanted: Report, now: datetime) -> None:
    """Ask that a contribution of somebody else be looked at; once more says it in other words.

    :raises NotFound: there is none here that stands. :raises NotAllowed: it is one's own.
    """
    changes.in_order(member)
    post, comment = _place(member, post_id, comment_id, now)
    case = cases.open_case(post, comment)
    standing = _mine(member, case.id)
    is_open = standing is not None and standing.withdrawn_at is None and standing.settled_at is None
    said = {
        "community_id": member.community.id,
        "reason": ReportReason(wanted.reason),
        "note": wanted.note,
        "at": standing.at if is_open else now,
        "withdrawn_at": None,
        "settled_at": None,
    }
    key = {"case_id": case.id, "reported_by_id": member.id}
    upsert(ContributionReport, key, said, ("reason", "note", "at", "withdrawn_at", "settled_at"))
    cases.tell_whether_it_waits(case)


def withdraw(member: ActingMember, post_id: int, comment_id: int | None, now: datetime) -> None:
    """Take one's report back; nothing happens where there is none, or staff looked at it already.

    :raises NotFound: there is no such contribution here, or none that they may know of.
    """
    member.must(Act.REPORT)
    changes.in_order(member)
    post = contributions.post_here(member, post_id, now)
    comment = contributions.comment_here(member, post_id, comment_id, now) if comment_id else None
    case = cases.open_case(post, comment)
    mine = _mine(member, case.id)
    if mine is not None and mine.withdrawn_at is None and mine.settled_at is None:
        mine.withdrawn_at = now
        cases.tell_whether_it_waits(case)


def to_report(member: ActingMember, post_id: int, comment_id: int | None, now: datetime) -> Reported:
    """Return a contribution for the form of a report. Raises as `report`."""
    post, comment = _place(member, post_id, comment_id, now)
    contribution = comment or post
    case = cases.case_of(post.id, comment_id)
    mine = _mine(member, case.id) if case is not None else None
    author = db.session.get_one(Membership, contribution.author_id)
    words = excerpt(contribution.body)
    mentions.expect(words)
    told = mine is not None and mine.withdrawn_at is None
    return Reported(
        post_id=post.id,
        comment_id=comment_id,
        title=post.title,
        excerpt=words,
        author=people.described([author], now)[author.id],
        reason=mine.reason.value if told else None,
        note=mine.note if told else None,
        open=told and mine.settled_at is None,
        looked_at=mine.settled_at if told else None,
    )


def _place(
    member: ActingMember, post_id: int, comment_id: int | None, now: datetime
) -> tuple[Post, Comment | None]:
    member.must(Act.REPORT)
    post = contributions.post_here(member, post_id, now)
    comment = contributions.comment_here(member, post_id, comment_id, now) if comment_id else None
    contribution = comment or post
    if contribution.deleted_at is not None:
        raise NotFound("post-deleted")
    if contribution.author_id == member.id:
        raise NotAllowed("own-report", who=["others"])
    return post, comment


def _mine(member: ActingMember, case_id: int) -> ContributionReport | None:
    wanted = select(ContributionReport).where(
        ContributionReport.case_id == case_id, ContributionReport.reported_by_id == member.id
    )
    return db.session.scalars(wanted).one_or_none()
