"""Which replies of a thread stand on which page, and in which order.

The accepted reply stands first, on the first page. The others stand page by page with the first replies to
each; what more there is to one reply has pages of its own (`under`).
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import joinedload

from lti_tool.errors import NotFound
from lti_tool.extensions import db
from lti_tool.models import Comment, Membership, Post, PostKind
from lti_tool.permissions import Act
from lti_tool.services import contributions
from lti_tool.services.acting import ActingMember

# So many replies make a page, and so many replies to a reply are shown with it.
PAGE, BELOW = 50, 10
USEFUL, BY_DATE = "useful", "date"
_WITH_AUTHOR = joinedload(Comment.author).joinedload(Membership.user)


@dataclass(frozen=True)
class View:
    """What is asked for in an address. Without an order, that of the kind of the post."""

    order: str | None = None
    page: int = 1
    under: int | None = None  # only this reply, with all replies to it
    reply: int | None = None  # which reply is being answered
    quote: bool = False  # with its words


@dataclass(frozen=True)
class Place:
    """Where a reply stands in the usual order of its thread."""

    page: int
    under: int | None = None


@dataclass
class Replies:
    """The replies of one page. `below` and `hidden` (how many more) are by the number of the reply above."""

    order: str
    page: int
    pages: int
    top: list[Comment]
    below: dict[int, list[Comment]]
    hidden: dict[int, int]
    accepted: Comment | None = None
    branch: Comment | None = None

    @property
    def all(self) -> list[Comment]:
        """Every reply that is on the page."""
        accepted = [self.accepted] if self.accepted is not None else []
        return [*accepted, *self.top, *(one for replies in self.below.values() for one in replies)]


def usual_order(post: Post) -> str:
    """Return how replies are put in order unless the reader chose: answers by use, talk as it went."""
    return USEFUL if post.kind is PostKind.QUESTION else BY_DATE


def replies_of(post: Post, view: View) -> Replies:
    """Return one page of the replies under a post. Four statements at most.

    :raises NotFound: it asks for the replies to one that is not here.
    """
    order = view.order if view.order in (USEFUL, BY_DATE) else usual_order(post)
    if view.under is not None:
        return _branch(post, view.under, order, view.page)
    pages = _pages(_top(post))
    page = min(max(view.page, 1), pages)
    top = _page(_top(post), order, page)
    accepted = _accepted(post) if post.solved_at is not None and page == 1 else None
    below, hidden = _below([*top, *([accepted] if accepted is not None else [])])
    return Replies(order, page, pages, top, below, hidden, accepted=accepted)


def place_of(member: ActingMember, post_id: int, comment_id: int, now: datetime) -> Place:
    """Return where a reply stands. Four statements at most.

    :raises NotFound: there is none with these numbers here, or not for this member.
    """
    member.must(Act.READ)
    comment = contributions.comment_here(member, post_id, comment_id, now)
    if comment.parent_id is not None and comment.solves_id is None:
        rank = _rank(_under(comment.parent_id), comment, BY_DATE)
        if rank >= BELOW:
            return Place(rank // PAGE + 1, under=comment.parent_id)
        comment = db.session.get_one(Comment, comment.parent_id)
    if comment.solves_id is not None:
        return Place(1)
    post = db.session.get_one(Post, post_id)
    return Place(_rank(_top(post), comment, usual_order(post)) // PAGE + 1)


def _branch(post: Post, comment_id: int, order: str, page: int) -> Replies:
    wanted = select(Comment).where(
        Comment.id == comment_id, Comment.post_id == post.id, Comment.parent_id.is_(None)
    )
    branch = db.session.scalars(wanted.options(_WITH_AUTHOR)).one_or_none()
    if branch is None:
        raise NotFound()
    pages = _pages(_under(branch.id))
    page = min(max(page, 1), pages)
    below = {branch.id: _page(_under(branch.id), BY_DATE, page)}
    return Replies(order, page, pages, [branch], below, {}, branch=branch)


def _top(post: Post) -> ColumnElement[bool]:
    return and_(Comment.post_id == post.id, Comment.parent_id.is_(None), Comment.solves_id.is_(None))


def _under(comment_id: int) -> ColumnElement[bool]:
    return and_(Comment.parent_id == comment_id, Comment.solves_id.is_(None))


def _pages(which: ColumnElement[bool]) -> int:
    replies = db.session.scalars(select(func.count(Comment.id)).where(which)).one()
    return max(1, -(-replies // PAGE))


def _page(which: ColumnElement[bool], order: str, page: int) -> list[Comment]:
    wanted = _in_order(select(Comment).where(which), order)
    wanted = wanted.limit(PAGE).offset((page - 1) * PAGE).options(_WITH_AUTHOR)
    return list(db.session.scalars(wanted))


def _in_order(wanted: Select, order: str) -> Select:
    by_date = (Comment.created_at, Comment.id)
    return wanted.order_by(*((Comment.helped_count.desc(), *by_date) if order == USEFUL else by_date))


def _rank(which: ColumnElement[bool], comment: Comment, order: str) -> int:
    """Count what stands before a reply."""
    earlier = or_(
        Comment.created_at < comment.created_at,
        and_(Comment.created_at == comment.created_at, Comment.id < comment.id),
    )
    if order == USEFUL:
        helped = Comment.helped_count
        earlier = or_(helped > comment.helped_count, and_(helped == comment.helped_count, earlier))
    return db.session.scalars(select(func.count(Comment.id)).where(which, earlier)).one()


def _accepted(post: Post) -> Comment | None:
    wanted = select(Comment).where(Comment.solves_id == post.id).options(_WITH_AUTHOR)
    return db.session.scalars(wanted).one_or_none()


def _below(top: list[Comment]) -> tuple[dict[int, list[Comment]], dict[int, int]]:
    """Return the first replies to each of these, and how many more there are."""
    by_parent = {"partition_by": Comment.parent_id}
    ranked = (
        select(
            Comment.id,
            func.row_number().over(**by_parent, order_by=(Comment.created_at, Comment.id)).label("place"),
            func.count().over(**by_parent).label("total"),
        )
        .where(Comment.parent_id.in_([one.id for one in top]), Comment.solves_id.is_(None))
        .subquery()
    )
    wanted = (
        select(Comment, ranked.c.total)
        .join(ranked, ranked.c.id == Comment.id)
        .where(ranked.c.place <= BELOW)
        .order_by(Comment.created_at, Comment.id)
        .options(_WITH_AUTHOR)
    )
    below: dict[int, list[Comment]] = {}
    hidden: dict[int, int] = {}
    for comment, total in db.session.execute(wanted):
        below.setdefault(comment.parent_id, []).append(comment)
        hidden[comment.parent_id] = max(0, total - BELOW)
    return below, hidden
