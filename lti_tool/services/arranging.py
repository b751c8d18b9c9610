"""What moving, splitting and merging threads share: how a decision begins and ends, and who can read what.

All three are decisions of staff about a thread (`moderation`): with a reason for those whose words it moves,
who are told and may answer; on the state of things that was seen, else `Stale`; in one transaction.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Subquery, and_, func, or_, select
from sqlalchemy.orm import joinedload

from lti_tool.errors import NotFound, Stale
from lti_tool.extensions import db
from lti_tool.models import Comment, Membership, ModerationAct, ModerationCase, Post
from lti_tool.permissions import Act, roles_that_may
from lti_tool.services import cases, changes, contributions, moderation, people, subgroups
from lti_tool.services.acting import ActingMember
from lti_tool.services.moderation import Decision
from lti_tool.services.people import Person
from lti_tool.services.standings import listed_in

# So many people a page names; of more it says how many.
NAMED = 12


@dataclass(frozen=True)
class Begun:
    """A decision that may be carried out: the thread and its case, both held until the transaction ends."""

    post: Post
    case: ModerationCase


def to_arrange(member: ActingMember, post_id: int, now: datetime) -> Post:
    """Return a thread that stands and that the member may move, split or merge. One statement.

    :raises NotFound: there is none here, it was deleted or hidden, or is not asked yet.
    """
    member.must(Act.MODERATE)
    post = contributions.post_with_author(member, post_id, now)
    _must_stand(post, now)
    return post


def _must_stand(post: Post, now: datetime) -> None:
    if post.deleted_at is not None or contributions.is_coming(post, now):
        raise NotFound("post-deleted" if post.deleted_at is not None else "prompt-not-open")


def version_of(post: Post) -> int:
    """Return the state of the case of a thread, which a form carries. One statement."""
    case = cases.case_of(post.id, None)
    return case.version if case is not None else 0


def begin(
    member: ActingMember, post_id: int, act: ModerationAct, wanted: Decision, now: datetime
) -> Begun | None:
    """Take the turn of the community and hold a thread with its case; None: it was just done, a double click.

    :raises NotFound: as `to_arrange`. :raises Stale: something was decided about it since the page was made.
    """
    member.must(Act.MODERATE)
    changes.in_order(member)
    post = contributions.post_here(member, post_id, now, locked=True)
    twin = cases.case_of(post.id, None)
    # Whoever saw what they did themselves means something else: another place, other replies.
    is_older = twin is not None and twin.version != wanted.version
    if is_older and cases.is_twin(member, twin, act, wanted.reason, now):
        return None
    _must_stand(post, now)
    case = cases.open_case(post, None)
    if case.version != wanted.version:
        raise Stale("decided-meanwhile")
    return Begun(post, case)


def tell_authors(
    member: ActingMember,
    things: Iterable[tuple[Post, Comment | None]],
    act: ModerationAct,
    wanted: Decision,
    now: datetime,
    *,
    but: int,
) -> None:
    """Note the decision with the first of these things of each author, who then may answer.

    It is one decision, that of the thread: the audit log has it once.

    :param but: whoever learns of it with the thread itself.
    """
    told = {but, member.id}
    for post, comment in things:
        author_id = (comment or post).author_id
        if author_id not in told:
            told.add(author_id)
            moderation.tell(member, cases.open_case(post, comment), act, wanted, now)


def replies_that_stand(post: Post) -> list[Comment]:
    """Return the replies of a thread that stand, in the order in which they were written. One statement."""
    wanted = select(Comment).where(Comment.post_id == post.id, Comment.deleted_at.is_(None))
    return list(db.session.scalars(wanted.order_by(Comment.created_at, Comment.id)))


def authors_of(post: Post, now: datetime) -> dict[int, Person]:
    """Return who wrote in a thread what stands, by number. Two statements."""
    wrote = select(Comment.author_id).where(Comment.post_id == post.id, Comment.deleted_at.is_(None))
    wanted = select(Membership).where(or_(Membership.id == post.author_id, Membership.id.in_(wrote)))
    return people.described(db.session.scalars(wanted.options(joinedload(Membership.user))), now)


def readers(member: ActingMember, subgroup_id: int | None, listed: Subquery) -> ColumnElement[bool]:
    """Return the condition on members (`listed_in`) who read what is for a sub-group; None: for everybody."""
    state = member.community.state
    reads = listed.c.role.in_(roles_that_may(Act.READ, state))
    if subgroup_id is None:
        return reads
    sees_all = listed.c.role.in_(roles_that_may(Act.SEE_ALL_SUBGROUPS, state))
    return and_(reads, or_(sees_all, listed.c.id.in_(subgroups.members_of(subgroup_id))))


@dataclass(frozen=True)
class Sight:
    """Who reads a thread by now and who would: how many of each, and who wrote in it and no longer would."""

    after: int
    gaining: int
    losing: int
    authors_losing: tuple[Person, ...]
    author_loses: bool  # whoever opened the thread


def sight(member: ActingMember, post: Post, subgroup_id: int | None, now: datetime) -> Sight:
    """Return what another room would change about who reads a thread. Four statements."""
    listed = listed_in(member.community.id, now)
    before, after = readers(member, post.subgroup_id, listed), readers(member, subgroup_id, listed)
    counted = (
        select(func.count()).select_from(listed).where(which).scalar_subquery()
        for which in (after, and_(after, ~before), and_(before, ~after))
    )
    numbers = db.session.execute(select(*counted)).one()
    authors = authors_of(post, now)
    stay = set(db.session.scalars(select(listed.c.id).where(listed.c.id.in_(authors), after)))
    # Who has left the space reads it in neither room.
    are_here = set(db.session.scalars(select(listed.c.id).where(listed.c.id.in_(authors), before)))
    losing = [person for number, person in sorted(authors.items()) if number in are_here - stay]
    return Sight(*numbers, tuple(losing), any(one.number == post.author_id for one in losing))
