"""What is known of a contribution beside its words: that it was reported, and what was done about it."""

from datetime import datetime, timedelta

from sqlalchemy import func, select

from lti_tool.errors import NotFound
from lti_tool.extensions import db
from lti_tool.models import Comment, ContributionReport, ModerationAct, ModerationCase, ModerationStep, Post
from lti_tool.services.acting import ActingMember
from lti_tool.services.upserts import upsert

# The same again by the same person this soon after is a double click, not a second decision.
DOUBLE_CLICK = timedelta(seconds=60)

Place = tuple[Post, Comment | None]


def place(member: ActingMember, post_id: int, comment_id: int | None, *, locked: bool = False) -> Place:
    """Return a contribution of the member's community. Who may know of it the caller decides.

    :param locked: hold it until the transaction ends, as it is by now.
    :raises NotFound: there is none with these numbers here.
    """
    here = member.community.id
    post = _one(select(Post).where(Post.id == post_id, Post.community_id == here), Post, locked)
    if comment_id is None:
        return post, None
    wanted = select(Comment).where(
        Comment.id == comment_id, Comment.post_id == post_id, Comment.community_id == here
    )
    return post, _one(wanted, Comment, locked)


def _one(wanted, table, locked: bool):
    if locked:
        # Not the keys, as in `contributions`.
        wanted = wanted.with_for_update(of=table, key_share=True).execution_options(populate_existing=True)
    found = db.session.scalars(wanted).one_or_none()
    if found is None:
        raise NotFound()
    return found


def about(post_id: int, comment_id: int | None) -> str:
    """Return what a contribution is called where a text names it: "post:12", "comment:3"."""
    return f"post:{post_id}" if comment_id is None else f"comment:{comment_id}"


def open_case(post: Post, comment: Comment | None) -> ModerationCase:
    """Return the case of a contribution, made when there is none, locked. One statement."""
    comment_id = comment.id if comment is not None else None
    values = {
        "community_id": post.community_id,
        "post_id": post.id,
        "comment_id": comment_id,
        "author_id": (comment or post).author_id,
        "version": 0,
    }
    return upsert(ModerationCase, {"about": about(post.id, comment_id)}, values, ())


def case_of(post_id: int, comment_id: int | None) -> ModerationCase | None:
    """Return the case of a contribution, if there is one. One statement."""
    wanted = select(ModerationCase).where(ModerationCase.about == about(post_id, comment_id))
    return db.session.scalars(wanted).one_or_none()


def note(
    member: ActingMember, case: ModerationCase, act: ModerationAct, reason: str, now: datetime
) -> ModerationStep:
    """Write down what was done; who decides on an older state of things is told so from here on."""
    step = ModerationStep(
        community_id=case.community_id, case_id=case.id, act=act, done_by_id=member.id, at=now, reason=reason
    )
    db.session.add(step)
    case.version += 1
    db.session.flush()
    return step


def is_twin(
    member: ActingMember, case: ModerationCase, act: ModerationAct, reason: str, now: datetime
) -> bool:
    """Tell whether the last thing that was done is the same, by the same person, a moment ago."""
    wanted = select(ModerationStep).where(ModerationStep.case_id == case.id)
    last = db.session.scalars(wanted.order_by(ModerationStep.id.desc()).limit(1)).one_or_none()
    return (
        last is not None
        and (last.act, last.done_by_id, last.reason) == (act, member.id, reason)
        and now - last.at < DOUBLE_CLICK
    )


def tell_whether_it_waits(case: ModerationCase) -> None:
    """Note since when the case waits: for its words, or its oldest report, to be looked at. One statement."""
    db.session.flush()
    reported = db.session.scalar(
        select(func.min(ContributionReport.at)).where(
            ContributionReport.case_id == case.id,
            ContributionReport.withdrawn_at.is_(None),
            ContributionReport.settled_at.is_(None),
        )
    )
    case.waits_since = min((at for at in (reported, case.watched_at) if at is not None), default=None)
    db.session.flush()


def author_edited(member: ActingMember, post: Post, comment: Comment | None, now: datetime) -> None:
    """Let staff look at other words that an author gave to something hidden."""
    case = open_case(post, comment)
    note(member, case, ModerationAct.EDITED, "", now)
    case.answered_since = case.answered_since or now


def author_deleted(member: ActingMember, post: Post, comment: Comment | None, now: datetime) -> None:
    """Close the case of something hidden that its author deleted."""
    case = open_case(post, comment)
    note(member, case, ModerationAct.DELETED, "", now)
    case.answered_since = None
