"""What a member is told of, as they read it: grouped by thread, read together, forgotten after a while."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    Subquery,
    and_,
    cast,
    delete,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.orm import aliased

from lti_tool.extensions import db
from lti_tool.models import Comment, Membership, Notification, NotificationKind, Post, Reaction, User
from lti_tool.models.notification import OF_THE_SPACE
from lti_tool.permissions import Act
from lti_tool.services import contributions, cursors, people
from lti_tool.services.acting import ActingMember
from lti_tool.services.people import Person
from lti_tool.services.telling import DATE_IN_ABOUT

PAGE = 60
AT_HOME = 6
IN_A_MAIL = 200  # rows; what is more is read in the tool
# Nobody needs to know whether 300 or 400 are unread: counting ends here, pages say "99+".
MOST_COUNTED = 99
# What is told of something although it is hidden: of it these tell.
_OF_MODERATION = (NotificationKind.MODERATED, NotificationKind.LOOKED_AT)
READ_ARE_KEPT_FOR, UNREAD_ARE_KEPT_FOR = timedelta(days=90), timedelta(days=365)


@dataclass(frozen=True)
class Line:
    """What somebody is told of one thread for one reason; `comment_id` is the first thing it tells of.

    `by` are those who did it, the latest first; `count` is of what they did; `note` what they said to it.
    `until` is the moment of the latest.
    """

    kind: str
    post_id: int | None  # None: of the space itself, or of one's membership
    comment_id: int | None
    title: str | None
    post_kind: str | None
    mine: bool  # the thread is the reader's own
    by: Sequence[Person]
    count: int
    note: str | None
    unread: bool
    until: datetime
    on: datetime | None = None  # of the space itself: the date that this is about


@dataclass(frozen=True)
class Page:
    """One page of them, the latest first; `older` is the cursor of the next, `unread` whether anything is."""

    lines: list[Line]
    older: str | None
    unread: bool


def page(member: ActingMember, before: str | None, now: datetime) -> Page:
    """Return a page of what the member was told. Two statements.

    A page is what stands of so many rows: there may be less on it, never more.
    """
    member.must(Act.READ)
    further = cursors.older(before, Notification.at, Notification.id)
    found = db.session.execute(_told(member, [further], PAGE + 1, now)).all()
    shown, older = found[:PAGE], None
    if len(found) > PAGE:
        older = cursors.cursor(shown[-1].Notification.at, shown[-1].Notification.id)
    lines = _lines(member, [row for row in shown if row.stands])
    return Page(lines, older, unread=count(member, now) > 0)


def at_home(member: ActingMember, now: datetime) -> list[Line]:
    """Return the latest that the member has not read, for their home. One statement."""
    member.must(Act.READ)
    found = db.session.execute(_told(member, [Notification.read_at.is_(None)], PAGE, now))
    return _lines(member, [row for row in found if row.stands])[:AT_HOME]


def count(member: ActingMember, now: datetime) -> int:
    """Return how many things the member has not read, one more than MOST_COUNTED at most. One statement."""
    return db.session.scalar(select(counted(member, now)))


def counted(member: ActingMember, now: datetime) -> ColumnElement[int]:
    """Return the same in SQL, for a statement that counts other things too: the latest that stand."""
    latest = _latest(member, [Notification.read_at.is_(None)], MOST_COUNTED + 1, now)
    standing = (
        select(literal(1))
        .select_from(latest)
        .outerjoin(Post, Post.id == latest.c.post_id)
        .outerjoin(Comment, Comment.id == latest.c.comment_id)
        .where(_stands(member, latest.c, now))
        .subquery()
    )
    return select(func.count()).select_from(standing).scalar_subquery()


def read(
    member: ActingMember,
    until: datetime,
    now: datetime,
    post_id: int | None = None,
    *,
    of_space: bool = False,
) -> None:
    """Call read what the member was told until a moment: of a thread, of the space, or all. One statement."""
    member.must(Act.KEEP)
    theirs = [
        Notification.member_id == member.id,
        Notification.read_at.is_(None),
        Notification.at <= min(until, now),
    ]
    if post_id is not None:
        theirs.append(Notification.post_id == post_id)
    elif of_space:
        theirs.append(Notification.post_id.is_(None))
    told = update(Notification).where(*theirs).values(read_at=now)
    db.session.execute(told.execution_options(synchronize_session=False))


def mailed(member: ActingMember, message_id: int, now: datetime) -> list[Line]:
    """Return what a mail tells a member that they have not read by now. One statement."""
    of_it = [Notification.mailed_in_id == message_id, Notification.read_at.is_(None)]
    found = db.session.execute(_told(member, of_it, IN_A_MAIL, now))
    return _lines(member, [row for row in found if row.stands])


def unread_between(
    member: ActingMember, after: datetime, until: datetime, kinds: Iterable[NotificationKind], now: datetime
) -> list[Line]:
    """Return what of these kinds the member was told in a time and has not read. One statement."""
    of_it = [
        Notification.read_at.is_(None),
        Notification.at > after,
        Notification.at <= until,
        Notification.kind.in_(tuple(kinds)),
    ]
    found = db.session.execute(_told(member, of_it, PAGE, now))
    return _lines(member, [row for row in found if row.stands])


def sweep(now: datetime) -> None:
    """Forget what was read long ago, and what nobody will read any more."""
    read_long_ago = and_(Notification.read_at.is_not(None), Notification.at <= now - READ_ARE_KEPT_FOR)
    old = or_(read_long_ago, Notification.at <= now - UNREAD_ARE_KEPT_FOR)
    db.session.execute(delete(Notification).where(old).execution_options(synchronize_session=False))


def _latest(
    member: ActingMember, conditions: Sequence[ColumnElement[bool]], most: int, now: datetime
) -> Subquery:
    """Select the newest rows of a member, before anything is asked of what they tell of."""
    return (
        select(Notification)
        .where(
            Notification.member_id == member.id,
            Notification.at <= now,
            # A newer release that runs beside this one may tell of what this one has no words for.
            Notification.kind.in_(tuple(NotificationKind)),
            *conditions,
        )
        .order_by(Notification.at.desc(), Notification.id.desc())
        .limit(most)
        .subquery("latest")
    )


def _told(
    member: ActingMember, conditions: Sequence[ColumnElement[bool]], most: int, now: datetime
) -> Select:
    """Select what the member was told, the latest first, with whoever did it, and whether it stands."""
    latest = _latest(member, conditions, most, now)
    told = aliased(Notification, latest, name="Notification")
    said = (
        select(Reaction.note)
        .where(
            Reaction.receiver_id == member.id,
            Reaction.post_id == told.post_id,
            told.about == literal("reaction:") + cast(Reaction.id, String),
        )
        .scalar_subquery()
    )
    return (
        select(
            told,
            Post.title,
            Post.kind.label("post_kind"),
            Post.author_id,
            Membership,
            User,
            said.label("note"),
            _stands(member, told, now).label("stands"),
        )
        .select_from(told)
        .outerjoin(Post, Post.id == told.post_id)
        .outerjoin(Comment, Comment.id == told.comment_id)
        .outerjoin(Membership, Membership.id == told.done_by_id)
        .outerjoin(User, User.id == Membership.user_id)
        .order_by(told.at.desc(), told.id.desc())
    )


def _stands(member: ActingMember, told, now: datetime) -> ColumnElement[bool]:
    """Whether what is told of was not deleted, and is open to the member by now.

    What is of no thread is; and what was decided about something, also where that is hidden, but not
    where its thread is for others by now.
    """
    reply_stands = or_(Comment.id.is_(None), Comment.deleted_at.is_(None))
    there = or_(told.kind.in_(_OF_MODERATION), and_(Post.deleted_at.is_(None), reply_stands))
    return or_(told.post_id.is_(None), and_(there, contributions.shown_to(member, now)))


def _lines(member: ActingMember, rows: Iterable) -> list[Line]:
    """Put together what is of one thread, for one reason, and read or unread alike; the latest first.

    What was decided is told of each contribution by itself.
    """
    together: dict[tuple, list] = {}
    for row in rows:
        told = row.Notification
        apart = told.comment_id if told.kind in _OF_MODERATION else None
        together.setdefault((told.kind, told.post_id, apart, told.read_at is None), []).append(row)
    return [_line(member, group) for group in together.values()]


def _line(member: ActingMember, rows: list) -> Line:
    latest, first = rows[0], rows[-1]
    told = latest.Notification
    by = {row.Membership.id: people.shown(row.Membership, row.User, None) for row in rows if row.Membership}
    return Line(
        kind=told.kind.value,
        post_id=told.post_id,
        comment_id=first.Notification.comment_id,
        title=latest.title,
        post_kind=latest.post_kind.value if latest.post_kind else None,
        mine=latest.author_id == member.id,
        by=tuple(by.values()),
        count=len(rows),
        note=next((row.note for row in rows if row.note), None),
        unread=told.read_at is None,
        until=told.at,
        on=_date_in(told) if told.kind in OF_THE_SPACE else None,
    )


def _date_in(told: Notification) -> datetime:
    """Return the date that members were told of (see `telling.of_space`)."""
    return datetime.strptime(told.about.partition(":")[2], DATE_IN_ABOUT).replace(tzinfo=UTC)
