"""The rows behind a contribution that goes to another place: all that hangs on it goes along.

Reactions, mentions, files, former wordings, what members are told, cases, facts, the search and drafts point
to a post, or to a comment and its post. Facts keep what they say (`facts`): nobody's score changes by this.
The caller holds `changes.in_order`, and flushes and expires what it has read before.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, func, insert, literal, null, select, update

from lti_tool.extensions import db
from lti_tool.models import (
    Attachment,
    Attention,
    Comment,
    ContributionFact,
    Draft,
    Mention,
    ModerationCase,
    Notification,
    Post,
    Reaction,
    ReactionKind,
    Revision,
    SearchDocument,
    ThreadReader,
)
from lti_tool.services.drafts import Place

# What names the post of a contribution, and the comment where it is one.
_PLACED = (Attachment, ContributionFact, Mention, ModerationCase, Notification, Reaction, SearchDocument)


def replies(numbers: Collection[int], to: Post, now: datetime, **values: object) -> None:
    """Let replies stand under another post. What was accepted there solves nothing here.

    :param values: what else changes of them, such as the reply that they hang on.
    """
    for table in _PLACED:
        _run(update(table).where(table.comment_id.in_(numbers)).values(post_id=to.id))
    unsolving = {"solves_id": None, "accepted_at": None, "accepted_by_id": None}
    moved = update(Comment).where(Comment.id.in_(numbers))
    _run(moved.values(post_id=to.id, moved_at=now, **unsolving, **values))


def reply_into_post(comment: Comment, to: Post) -> None:
    """Let what belongs to a reply belong to the post that it became."""
    _facts_named(ContributionFact.comment_id == comment.id, f"comment:{comment.id}")
    for table in _PLACED:
        _run(update(table).where(table.comment_id == comment.id).values(post_id=to.id, comment_id=None))
    former = update(Revision).where(Revision.comment_id == comment.id)
    _run(former.values(post_id=to.id, comment_id=None, title=to.title))
    _case_named(f"comment:{comment.id}", f"post:{to.id}")


def post_into_reply(post: Post, to: Post, comment: Comment) -> None:
    """Let what belongs to a post itself belong to the reply that it became, under another post."""
    of_post = and_(ContributionFact.post_id == post.id, ContributionFact.comment_id.is_(None))
    _facts_named(of_post, f"post:{post.id}")
    for table in _PLACED:
        itself = and_(table.post_id == post.id, table.comment_id.is_(None))
        _run(update(table).where(itself).values(post_id=to.id, comment_id=comment.id))
    former = update(Revision).where(Revision.post_id == post.id)
    _run(former.values(post_id=None, comment_id=comment.id, title=None, parts=null()))
    _case_named(f"post:{post.id}", f"comment:{comment.id}")


def _facts_named(which: ColumnElement[bool], first_name: str) -> None:
    """Let facts name what they are about as they did at first, wherever it stands."""
    _run(update(ContributionFact).where(which, ContributionFact.subject.is_(None)).values(subject=first_name))


def _case_named(before: str, after: str) -> None:
    _run(update(ModerationCase).where(ModerationCase.about == before).values(about=after))


def drafts(community_id: int, from_post: int, to_post: int, numbers: dict[int, int | None]) -> None:
    """Let drafts go along: replies to these replies, and edits of them.

    :param numbers: what each reply is called by now; None: it is the other post itself.
    """
    here = Draft.community_id == community_id
    named = Draft.place.like(f"reply-{from_post}-%") | Draft.place.like(f"edit-reply-{from_post}-%")
    going = []
    for draft in db.session.scalars(select(Draft).where(here, named)).all():
        place = Place.read(draft.place)
        if place is None or place.comment not in numbers:
            continue
        comment = numbers[place.comment]
        kind = place.kind if comment is not None else {"edit-reply": "edit"}.get(place.kind, place.kind)
        going.append((draft, "-".join(map(str, filter(None, (kind, to_post, comment))))))
    _lead(going)


def drafts_of_post(community_id: int, from_post: int, to_post: int, comment: int) -> None:
    """Let drafts under a post, or of other words for it, go along to the reply that it became."""
    before = {f"reply-{from_post}": "reply", f"edit-{from_post}": "edit-reply"}
    wanted = select(Draft).where(Draft.community_id == community_id, Draft.place.in_(before))
    found = db.session.scalars(wanted).all()
    _lead([(draft, f"{before[draft.place]}-{to_post}-{comment}") for draft in found])


def _lead(going: Sequence[tuple[Draft, str]]) -> None:
    """Let drafts stand at other places, each of one member and place.

    A page may name any place, also one where nothing stood yet. Where its writer has begun something else at
    the new one, both stay where they are: the list of their drafts has the words of either.
    """
    if not going:
        return
    there = and_(
        Draft.member_id.in_({draft.member_id for draft, _ in going}),
        Draft.place.in_({place for _, place in going}),
    )
    discarded = delete(Draft).where(there, Draft.discarded_at.is_not(None))
    db.session.execute(discarded.execution_options(synchronize_session="fetch"))
    taken = {(one.member_id, one.place) for one in db.session.scalars(select(Draft).where(there))}
    for draft, place in going:
        if (draft.member_id, place) not in taken:
            draft.place = place
    db.session.flush()


def readers_of_part(post: Post, part: Post) -> None:
    """Let a thread that was a part of another be as read, followed or muted as that. Bookmarks stay there."""
    copied = select(ThreadReader.member_id, literal(part.id), ThreadReader.read_at, ThreadReader.attention)
    names = ["member_id", "post_id", "read_at", "attention"]
    _run(insert(ThreadReader).from_select(names, copied.where(ThreadReader.post_id == post.id)))
    follows = {"member_id": part.author_id, "post_id": part.id, "attention": Attention.FOLLOWED}
    is_there = select(ThreadReader.member_id).where(
        ThreadReader.member_id == part.author_id, ThreadReader.post_id == part.id
    )
    if db.session.scalar(is_there) is None:
        _run(insert(ThreadReader).values(**follows))


def readers_of_whole(post: Post, to: Post) -> None:
    """Let whoever followed, muted or bookmarked a thread do so with the one that it became a part of.

    What they chose there stays. What they have read of either stays as read as it was there.
    """
    mine = ThreadReader.__table__
    theirs = mine.alias("theirs")
    former = and_(theirs.c.post_id == post.id, theirs.c.member_id == mine.c.member_id)

    def chosen(name: str):
        return func.coalesce(mine.c[name], select(theirs.c[name]).where(former).scalar_subquery())

    both = select(theirs.c.member_id).where(theirs.c.post_id == post.id)
    there = update(mine).where(mine.c.post_id == to.id, mine.c.member_id.in_(both))
    _run(there.values(attention=chosen("attention"), bookmarked_at=chosen("bookmarked_at")))
    known = select(ThreadReader.member_id).where(ThreadReader.post_id == to.id)
    new = select(ThreadReader.member_id, literal(to.id), *_chosen_columns()).where(
        ThreadReader.post_id == post.id,
        ThreadReader.member_id.not_in(known),
        ThreadReader.attention.is_not(None) | ThreadReader.bookmarked_at.is_not(None),
    )
    _run(insert(ThreadReader).from_select(["member_id", "post_id", "attention", "bookmarked_at"], new))
    gone = update(ThreadReader).where(ThreadReader.post_id == post.id)
    _run(gone.values(attention=None, bookmarked_at=None))


def _chosen_columns():
    return (ThreadReader.attention, ThreadReader.bookmarked_at)


def recount(post: Post) -> None:
    """Bring the numbers of a post into line with what is said to it and under it. Three statements."""
    stands = (Comment.post_id == post.id, Comment.deleted_at.is_(None))
    counted = select(
        func.count(),
        func.count().filter(Comment.author_id != post.author_id),
        func.coalesce(func.sum(Comment.helped_count), 0),
    ).where(*stands)
    latest = select(Comment.author_id, Comment.created_at).where(*stands)
    post.comment_count, post.answer_count, helped = db.session.execute(counted).one()
    post.thread_helped_count = post.helped_count + helped
    met = select(func.count()).where(
        Reaction.post_id == post.id, Reaction.comment_id.is_(None), Reaction.kind == ReactionKind.MET
    )
    post.met_count = db.session.scalars(met).one()
    last = db.session.execute(latest.order_by(Comment.created_at.desc(), Comment.id.desc()).limit(1)).first()
    by, at = (post.author_id, post.created_at) if last is None else last
    post.last_activity_at, post.last_activity_by_id = at, by
    db.session.flush()


def _run(statement) -> None:
    db.session.execute(statement.execution_options(synchronize_session=False))
