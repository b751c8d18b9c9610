"""Bringing into the full-text index what was written before there was one, and making it anew.

The database says what is wanted (`SearchDocument.wanted_at`); a worker does it, the newest first, a few
documents in a transaction, so that nobody who writes waits long.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    delete,
    exists,
    func,
    insert,
    literal,
    select,
    union_all,
    update,
)

from lti_tool.extensions import UTCDateTime, db
from lti_tool.models import Comment, Post, SearchDocument
from lti_tool.services import search_index

Clock = Callable[[], datetime]
Transaction = Callable[[], AbstractContextManager[None]]

# Documents of one transaction; how long one run goes on (the next one begins a minute later at the most).
PER_TRANSACTION = 200
ONE_RUN = timedelta(seconds=40)
# Of the newest contributions it is looked whether each has a document: one that code of the release before
# wrote during a change of releases has none.
LOOKED_BACK = 500
# Numbers that are told in one transaction when all is to be made anew.
RANGE = 20_000


def fill(now: Clock, transaction: Transaction) -> int:
    """Bring in what is wanted, for a while; return how many documents were done."""
    until, done = now() + ONE_RUN, 0
    with transaction():
        _add_missing(now(), LOOKED_BACK)
    while now() < until:
        with transaction():
            some = _bring_some_in(now())
        done += some
        if some < PER_TRANSACTION:
            break
    return done


def rebuild(now: Clock, transaction: Transaction) -> Iterator[tuple[int, int]]:
    """Make the index anew, of everything; tell on the way how many documents are done, and of how many.

    What is searched meanwhile is found as before. One that is interrupted is ended by the worker.
    """
    with transaction():
        _add_missing(now(), None)
        _forget_strangers()
        search_index.make_index()
        highest = db.session.scalar(select(func.max(SearchDocument.id))) or 0
        total = db.session.scalar(select(func.count(SearchDocument.id)))
    for first in range(0, highest + 1, RANGE):
        with transaction():
            some = SearchDocument.id.between(first, first + RANGE - 1)
            db.session.execute(_plain(update(SearchDocument).where(some).values(wanted_at=now())))
    done = 0
    while True:
        with transaction():
            some = _bring_some_in(now())
        done += some
        yield min(done, total), total
        if some < PER_TRANSACTION:
            return


def _bring_some_in(now: datetime) -> int:
    documents = list(db.session.scalars(_wanted(now)))
    if not documents:
        return 0
    posts = _rows(Post, {document.post_id for document in documents})
    comments = _rows(Comment, {document.comment_id for document in documents} - {None})
    more = search_index.belongings(list(posts))
    search_index.forget([document.id for document in documents])
    search_index.insert(
        (document.id, search_index.texts_of(post, comment, more.get((post.id, document.comment_id), ())))
        for document in documents
        for post, comment in [(posts[document.post_id], comments.get(document.comment_id))]
        if (comment or post).deleted_at is None
    )
    for document in documents:
        document.wanted_at = None
    db.session.flush()
    return len(documents)


def _wanted(now: datetime) -> Select:
    """The newest documents that are wanted; on PostgreSQL those that no other worker has in hand.

    Held so that a writer, who holds the contribution, can still point to them: no one waits for the other.
    """
    return (
        select(SearchDocument)
        .where(SearchDocument.wanted_at <= now)
        .order_by(SearchDocument.wanted_at.desc(), SearchDocument.id.desc())
        .limit(PER_TRANSACTION)
        .with_for_update(skip_locked=True, key_share=True)
        .execution_options(populate_existing=True)
    )


def _rows(table: type, numbers: set[int]) -> dict[int, Post | Comment]:
    """Read what is to be brought in and hold it: whoever rewords it meanwhile comes after us."""
    wanted = select(table).where(table.id.in_(numbers)).order_by(table.id)
    held = wanted.with_for_update(of=table, key_share=True).execution_options(populate_existing=True)
    return {row.id: row for row in db.session.scalars(held)}


def _add_missing(now: datetime, looked_back: int | None) -> None:
    """Give a document to what stands and has none, the oldest first: of the newest so many, or of all."""
    its_own = and_(SearchDocument.post_id == Post.id, SearchDocument.comment_id.is_(None))
    nothing = literal(None, SearchDocument.comment_id.type)
    posts = _without(Post, its_own, (Post.id.label("post_id"), nothing.label("comment_id")), looked_back)
    its_own = SearchDocument.comment_id == Comment.id
    comments = _without(Comment, its_own, (Comment.post_id, Comment.id), looked_back)
    missing = union_all(posts, comments).subquery()
    wanted = select(
        missing.c.community_id, missing.c.post_id, missing.c.comment_id, literal(now, UTCDateTime)
    )
    columns = ["community_id", "post_id", "comment_id", "wanted_at"]
    added = wanted.order_by(missing.c.created_at, missing.c.post_id)
    db.session.execute(insert(SearchDocument).from_select(columns, added))


def _without(table: type, its_own: ColumnElement[bool], numbers: tuple, looked_back: int | None) -> Select:
    """Select what stands and has no document of its own, with its two numbers and its age."""
    standing = select(table.community_id, *numbers, table.created_at).where(
        table.deleted_at.is_(None), ~exists().where(its_own)
    )
    if looked_back is None:
        return standing
    newest = select(table.id).order_by(table.id.desc()).limit(looked_back).subquery()
    return standing.where(table.id.in_(select(newest.c.id)))


def _forget_strangers() -> None:
    """Take out of the index what no document stands for."""
    known = select(SearchDocument.id)
    db.session.execute(delete(search_index.INDEX).where(search_index.INDEX.c.rowid.not_in(known)))


def _plain(statement):
    return statement.execution_options(synchronize_session=False)
