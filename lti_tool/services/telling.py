"""Who is told of what happens, and why: rows that say so, written with what they tell of.

Of each thing a person is told once, for the weightiest reason; nobody is told of what they did themselves.
What somebody may not read is not told when the rows are read (`notifications`).
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    case,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    union_all,
)

from lti_tool import settings
from lti_tool.extensions import UTCDateTime, db
from lti_tool.models import (
    Attention,
    Comment,
    Community,
    ContributionReport,
    MemberMeasure,
    Membership,
    MembershipState,
    Mention,
    ModerationCase,
    ModerationStep,
    Notification,
    NotificationKind,
    Post,
    PostKind,
    Reaction,
    ReactionKind,
    ThreadReader,
    TopicStanding,
    User,
)
from lti_tool.services.acting import ActingMember
from lti_tool.services.mail_rounds import WAIT
from lti_tool.services.upserts import INSERTS

# How a date stands in what names a thing of the space.
DATE_IN_ABOUT = "%Y%m%dT%H%M%S"

_RANKS = {kind: rank for rank, kind in enumerate(NotificationKind)}
# These reach also somebody who muted the thread: they are spoken to.
_ALWAYS = (_RANKS[NotificationKind.MENTION],)
_OF_REACTIONS = {
    ReactionKind.HELPED: NotificationKind.THANKS,
    ReactionKind.ENDORSED: NotificationKind.RECOGNISED,
}
_KIND = Notification.kind.type
_COLUMNS = (
    *("member_id", "kind", "about", "community_id", "post_id", "comment_id", "done_by_id", "at"),
    "mail_due_at",
)


def of_contribution(member: ActingMember, post: Post, comment: Comment | None, now: datetime) -> None:
    """Tell of something new: `comment`, else `post`. One statement, however many are told."""
    reasons = [_mentioned(post, comment)]
    if comment is not None:
        reasons += [_answered(post, comment), _following(post)]
    elif post.kind is PostKind.ANNOUNCEMENT:
        reasons += [_everybody(post)]
    elif post.topic_id is not None:
        reasons += _on_topic(post)
    _tell(member, post, comment, reasons, now)


def of_new_words(member: ActingMember, post: Post, comment: Comment | None, now: datetime) -> None:
    """Tell those whom an edit mentions for the first time. One statement."""
    _tell(member, post, comment, [_mentioned(post, comment)], now)


def of_reaction(member: ActingMember, said: Reaction, now: datetime) -> None:
    """Tell whoever is thanked or recognised. One statement, none for other reactions."""
    if said.kind in _OF_REACTIONS:
        thing = _Thing(f"reaction:{said.id}", said.post_id, said.comment_id, now)
        _tell_one(member, said.receiver_id, _OF_REACTIONS[said.kind], thing)


def of_acceptance(member: ActingMember, post: Post, comment: Comment, now: datetime) -> None:
    """Tell whoever wrote a reply that it solved the question."""
    thing = _Thing(f"accepted:{comment.id}", post.id, comment.id, now)
    _tell_one(member, comment.author_id, NotificationKind.ACCEPTED, thing)


def of_moderation(member: ActingMember, case: ModerationCase, step: ModerationStep, now: datetime) -> None:
    """Tell the author of a contribution what was decided about it."""
    thing = _Thing(f"moderation:{step.id}", case.post_id, case.comment_id, now)
    _tell_one(member, case.author_id, NotificationKind.MODERATED, thing)


def of_measure(member: ActingMember, measure: MemberMeasure, now: datetime) -> None:
    """Tell a member what was decided about their membership."""
    _tell_one(
        member, measure.member_id, NotificationKind.STANDING, _Thing(f"measure:{measure.id}", None, None, now)
    )


def of_reports(member: ActingMember, case: ModerationCase, step: ModerationStep, now: datetime) -> None:
    """Tell whoever reported a contribution that it was looked at just now. One statement."""
    thing = _Thing(f"looked-at:{step.id}", case.post_id, case.comment_id, now)
    kind = literal(NotificationKind.LOOKED_AT, _KIND)
    wanted = (
        select(ContributionReport.reported_by_id, kind, *thing.columns(member))
        .join(Membership, Membership.id == ContributionReport.reported_by_id)
        .join(User, User.id == Membership.user_id)
        .where(
            ContributionReport.case_id == case.id,
            ContributionReport.settled_at == now,
            ContributionReport.reported_by_id != member.id,
            Membership.state != MembershipState.REMOVED,
        )
    )
    _insert(wanted)


def no_longer_of_reaction(said: Reaction) -> None:
    """Forget what was told of thanks that are taken back."""
    _forget(said.receiver_id, f"reaction:{said.id}")


def no_longer_of_acceptance(comment: Comment) -> None:
    """Forget what was told of an acceptance that is taken back."""
    _forget(comment.author_id, f"accepted:{comment.id}")


def of_space(
    community: Community, kind: NotificationKind, at: datetime, now: datetime, by_id: int | None = None
) -> None:
    """Tell everybody of a community what becomes of it, once for each date that this is about. One statement.

    :param at: that date; :param by_id: who decided it, None: the clock.
    """
    everybody = select(
        Membership.id,
        literal(kind, _KIND),
        literal(f"{kind.value}:{at.astimezone(UTC):{DATE_IN_ABOUT}}"),
        literal(community.id),
        literal(None, Notification.post_id.type),
        literal(None, Notification.comment_id.type),
        literal(by_id, Notification.done_by_id.type),
        literal(now, UTCDateTime),
        _mail_due(now),
    )
    everybody = everybody.join(User, User.id == Membership.user_id).where(
        Membership.community_id == community.id,
        Membership.state != MembershipState.REMOVED,
        Membership.id != (by_id or 0),
    )
    _insert(everybody)


def no_longer_of_space(community_id: int, kind: NotificationKind) -> None:
    """Forget what members were told of a date that holds no longer."""
    gone = delete(Notification).where(Notification.community_id == community_id, Notification.kind == kind)
    db.session.execute(gone.execution_options(synchronize_session=False))


@dataclass(frozen=True)
class _Thing:
    """What is told: `about` names it among all that a member is told, `at` is when they learn of it."""

    about: str
    post_id: int | None
    comment_id: int | None
    at: datetime

    def columns(self, member: ActingMember) -> list:
        """Return it as columns, after those of the person and of the reason; `member` did it."""
        return [
            literal(self.about),
            literal(member.community.id),
            literal(self.post_id, Notification.post_id.type),
            literal(self.comment_id, Notification.comment_id.type),
            literal(member.id),
            literal(self.at, UTCDateTime),
            _mail_due(self.at),
        ]


def _mail_due(told_at: datetime) -> ColumnElement:
    """When a mail is thought of. Whom none can reach has none: not those whose address the LMS keeps."""
    due = literal(told_at + WAIT if settings.current().mail_url else None, UTCDateTime)
    return case((User.email.is_not(None), due), else_=None)


def _forget(member_id: int, about: str) -> None:
    gone = delete(Notification).where(Notification.member_id == member_id, Notification.about == about)
    db.session.execute(gone.execution_options(synchronize_session=False))


def _tell_one(member: ActingMember, receiver_id: int, kind: NotificationKind, thing: _Thing) -> None:
    if receiver_id != member.id:
        receiver = select(Membership.id, literal(kind, _KIND), *thing.columns(member))
        _insert(receiver.join(User, User.id == Membership.user_id).where(Membership.id == receiver_id))


def _tell(
    member: ActingMember, post: Post, comment: Comment | None, reasons: list[Select], now: datetime
) -> None:
    """Tell everybody who has one of these reasons, each for the weightiest of theirs."""
    each = union_all(*reasons).subquery("reasons")
    weightiest = func.min(each.c.rank).label("rank")
    told = select(each.c.member_id, weightiest).group_by(each.c.member_id).subquery("told")
    muted = exists().where(
        ThreadReader.member_id == told.c.member_id,
        ThreadReader.post_id == post.id,
        ThreadReader.attention == Attention.MUTED,
    )
    kind = case(*((told.c.rank == rank, literal(kind, _KIND)) for kind, rank in _RANKS.items()))
    wanted = (
        select(told.c.member_id, kind, *_thing(post, comment, now).columns(member))
        .join(Membership, Membership.id == told.c.member_id)
        .join(User, User.id == Membership.user_id)
        .where(
            Membership.community_id == member.community.id,
            Membership.state != MembershipState.REMOVED,
            Membership.id.not_in({member.id, (comment or post).author_id}),
            or_(told.c.rank.in_(_ALWAYS), ~muted),
        )
    )
    _insert(wanted)


def _thing(post: Post, comment: Comment | None, now: datetime) -> _Thing:
    if comment is not None:
        return _Thing(f"comment:{comment.id}", post.id, comment.id, now)
    # A prompt that has not opened is dated at its opening, and told then.
    return _Thing(f"post:{post.id}", post.id, None, max(now, post.created_at))


def _insert(wanted: Select) -> None:
    """Write down what is told; who was told of the same thing before is not told again."""
    insert = INSERTS[db.session.connection().dialect.name](Notification.__table__)
    db.session.execute(insert.from_select(_COLUMNS, wanted).on_conflict_do_nothing())


def _reason(kind: NotificationKind, member_id) -> Select:
    return select(member_id.label("member_id"), literal(_RANKS[kind]).label("rank"))


def _mentioned(post: Post, comment: Comment | None) -> Select:
    of = Mention.comment_id.is_(None) if comment is None else Mention.comment_id == comment.id
    return _reason(NotificationKind.MENTION, Mention.member_id).where(Mention.post_id == post.id, of)


def _answered(post: Post, comment: Comment) -> Select:
    """Whoever wrote the post, and the reply that this one stands under."""
    theirs = [post.author_id]
    if comment.parent_id is not None:
        theirs.append(select(Comment.author_id).where(Comment.id == comment.parent_id).scalar_subquery())
    return _reason(NotificationKind.REPLY, Membership.id).where(
        or_(*(Membership.id == author for author in theirs))
    )


def _following(post: Post) -> Select:
    return _reason(NotificationKind.FOLLOWED, ThreadReader.member_id).where(
        ThreadReader.post_id == post.id, ThreadReader.attention == Attention.FOLLOWED
    )


def _everybody(post: Post) -> Select:
    return _reason(NotificationKind.ANNOUNCEMENT, Membership.id).where(
        Membership.community_id == post.community_id
    )


def _on_topic(post: Post) -> list[Select]:
    """Whoever follows its topic; of a question also whoever likes to be asked about it."""
    here = TopicStanding.topic_id == post.topic_id
    follows = here & (TopicStanding.attention == Attention.FOLLOWED)
    found = [_reason(NotificationKind.TOPIC, TopicStanding.member_id).where(follows)]
    if post.kind is PostKind.QUESTION:
        unmuted = or_(TopicStanding.attention.is_(None), TopicStanding.attention != Attention.MUTED)
        helps = and_(here, TopicStanding.helps.is_(True), unmuted)
        found.append(_reason(NotificationKind.COULD_HELP, TopicStanding.member_id).where(helps))
    return found
