"""The full-text index: what stands in it for a contribution, and how each database is asked.

In it stand whole terms (`knowledge.searching`), each with its community before it: `c42_entretien` of all
that a contribution says, `t42_entretien` of its title. So the community is part of the index, and what a
search reads is bounded by the matches inside it, however many others there are. What the databases do:

* SQLite: a virtual table of FTS5 gives the highest numbers first and stops when there are enough;
* PostgreSQL: a table of tsvectors with a GIN index finds all matches, then takes the highest numbers.

Whatever publishes, rewords, takes back or brings back calls `keep` in the same transaction. What was written
before there was an index, `search_filling` brings in.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Select,
    Text,
    bindparam,
    cast,
    column,
    func,
    literal_column,
    select,
    table,
    text,
)
from sqlalchemy.dialects.postgresql import TSQUERY

from lti_tool.extensions import db
from lti_tool.knowledge import searching
from lti_tool.knowledge.markdown import plain
from lti_tool.knowledge.searching import Query, Wanted
from lti_tool.models import Attachment, Comment, Post, PostTag, SearchDocument, Tag

INDEX = table("search_index", column("rowid"), column("terms"))
_NUMBER = bindparam("number")
_INSERT = {
    "sqlite": INDEX.insert().values(rowid=_NUMBER, terms=bindparam("terms")),
    "postgresql": INDEX.insert().values(
        rowid=_NUMBER, terms=func.array_to_tsvector(bindparam("terms", type_=ARRAY(Text)))
    ),
}
# The number of a match, written so that no database can look a number up by it: each match is asked for its
# document, never each document whether it is among the matches.
_FOUND = literal_column("+search_index.rowid")


@dataclass(frozen=True)
class Texts:
    """What a contribution is found by: its title, "" of a reply, and all else that belongs to it."""

    community_id: int
    title: str
    others: Sequence[str]


def keep(post: Post, comment: Comment | None) -> None:
    """Bring the index in line with a contribution as it stands now: `comment`, else `post`.

    What was deleted leaves it; its number stays, for the case that it comes back.
    """
    number = _number_of(post, comment)
    forget([number])
    if (comment or post).deleted_at is None:
        more = belongings([post.id]).get((post.id, comment.id if comment else None), ())
        insert([(number, texts_of(post, comment, more))])


def _number_of(post: Post, comment: Comment | None) -> int:
    of_it = SearchDocument.post_id == post.id, SearchDocument.comment_id.is_(None)
    wanted = select(SearchDocument.id).where(*of_it)
    if comment is not None:
        wanted = select(SearchDocument.id).where(SearchDocument.comment_id == comment.id)
    number = db.session.scalar(wanted)
    if number is None:
        names = {"post_id": post.id, "comment_id": comment.id if comment else None}
        document = SearchDocument(community_id=post.community_id, **names)
        db.session.add(document)
        db.session.flush()
        number = document.id
    return number


def forget(numbers: Sequence[int]) -> None:
    """Take documents out of the index."""
    db.session.execute(INDEX.delete().where(INDEX.c.rowid.in_(numbers)))


def insert(documents: Iterable[tuple[int, Texts]]) -> None:
    """Put documents into the index that are not in it, by their numbers."""
    insert_terms((number, terms_of(texts)) for number, texts in documents)


def insert_terms(documents: Iterable[tuple[int, Iterable[str]]]) -> None:
    """Put documents into the index by their terms."""
    dialect = db.engine.dialect.name
    written = list if dialect == "postgresql" else " ".join
    rows = [{"number": number, "terms": written(terms)} for number, terms in documents]
    if rows:
        db.session.execute(_INSERT[dialect], rows)


def terms_of(texts: Texts) -> list[str]:
    """Return the terms of a contribution, as they stand in the index."""
    of_title = searching.terms_of([texts.title])
    of_all = of_title | searching.terms_of(texts.others)
    return as_terms(texts.community_id, of_title, of_all)


def as_terms(community_id: int, of_title: Iterable[str], of_all: Iterable[str]) -> list[str]:
    """Put the community before words of a title and of all of a contribution."""
    whole, title = f"c{community_id}_", f"t{community_id}_"
    return [*(whole + word for word in of_all), *(title + word for word in of_title)]


def texts_of(post: Post, comment: Comment | None, more: Iterable[str]) -> Texts:
    """Return what a contribution is found by; `more` are the names of its tags and files."""
    if comment is not None:
        return Texts(post.community_id, "", [own_words(comment.body), *more])
    preview = post.link_preview or {}
    linked = [text for text in map(preview.get, ("title", "description", "site")) if isinstance(text, str)]
    return Texts(post.community_id, post.title, [own_words(post.body), *linked, *more])


def own_words(body: str) -> str:
    """Return what somebody said, as plain text: without quotations of others, and the numbers of mentions."""
    return plain(searching.without_tokens(body))


def belongings(post_ids: Sequence[int]) -> dict[tuple[int, int | None], list[str]]:
    """Return the names of tags and files by post and comment. Two statements."""
    found: dict[tuple[int, int | None], list[str]] = {}
    tags = select(PostTag.post_id, Tag.name).join(Tag, Tag.id == PostTag.tag_id)
    for post_id, name in db.session.execute(tags.where(PostTag.post_id.in_(post_ids))):
        found.setdefault((post_id, None), []).append(name)
    files = select(Attachment.post_id, Attachment.comment_id, Attachment.name).where(
        Attachment.post_id.in_(post_ids), Attachment.deleted_at.is_(None)
    )
    for post_id, comment_id, name in db.session.execute(files):
        found.setdefault((post_id, comment_id), []).append(name)
    return found


def drop_index() -> None:
    """Take the index of terms away while very many rows come in; only PostgreSQL makes one in one go."""
    if db.engine.dialect.name == "postgresql":
        db.session.execute(text("DROP INDEX IF EXISTS ix_search_index_terms"))


def make_index() -> None:
    """Make the index of terms, where it was taken away."""
    if db.engine.dialect.name == "postgresql":
        db.session.execute(text("SET LOCAL maintenance_work_mem = '256MB'"))
        made = "CREATE INDEX IF NOT EXISTS ix_search_index_terms ON search_index USING gin (terms)"
        db.session.execute(text(f"{made} WITH (fastupdate = off)"))


@dataclass(frozen=True)
class _Notation:
    """How a database wants to be told what to look for. Terms hold letters, digits and `_` alone."""

    quote: str
    beginning: str
    both: str
    either: str
    without: str

    def term(self, term: str, *, beginning: bool = False) -> str:
        return f"{self.quote}{term}{self.quote}{self.beginning if beginning else ''}"

    def all_of(self, parts: Iterable[str]) -> str:
        return f"({self.both.join(parts)})"

    def any_of(self, parts: Iterable[str]) -> str:
        return f"({self.either.join(parts)})"


_NOTATION = {
    "sqlite": _Notation('"', " *", " AND ", " OR ", " NOT "),
    "postgresql": _Notation("'", ":*", " & ", " | ", " & !"),
}


def all_wanted(community_id: int, query: Query) -> str:
    """Say what has all words of a query in a community and none of those that it excludes."""
    notation, before = _notation(), f"c{community_id}_"
    said = notation.all_of(_either_form(notation, before, one) for one in query.wanted)
    if not query.excluded:
        return said
    excluded = notation.any_of(_either_form(notation, before, one) for one in query.excluded)
    return f"{said}{notation.without}{excluded}"


def two_in_title(community_id: int, query: Query) -> str:
    """Say what has two of the words of a query in its title, or the only one."""
    notation, before = _notation(), f"t{community_id}_"
    words = [_either_form(notation, before, one) for one in query.wanted]
    if len(words) == 1:
        return words[0]
    pairs = ((one, other) for place, one in enumerate(words) for other in words[:place])
    return notation.any_of(map(notation.all_of, pairs))


def _either_form(notation: _Notation, before: str, wanted: Wanted) -> str:
    terms = [notation.term(before + form) for form in sorted(wanted.forms)]
    if wanted.beginning:
        terms.append(notation.term(before + searching.plain(wanted.word), beginning=True))
    return notation.any_of(terms)


def matching(said: str, *columns) -> Select:
    """Select columns of the search documents that the index finds, the newest first.

    Whoever adds a LIMIT gets the newest; SQLite then reads no further. To be joined to what else is needed.
    """
    newest = INDEX.c.rowid if db.engine.dialect.name == "sqlite" else _FOUND
    return (
        select(*columns)
        .select_from(INDEX)
        .join(SearchDocument, SearchDocument.id == _FOUND)
        .where(_matches(said))
        .order_by(newest.desc())
    )


@contextmanager
def one_by_one() -> Iterator[None]:
    """Have each match asked for its rows while the block runs.

    Of a common word PostgreSQL would rather read all contributions of all communities once than those of a
    tenth of one community by their numbers.
    """
    is_postgresql = db.engine.dialect.name == "postgresql"
    if is_postgresql:
        db.session.execute(_ONE_BY_ONE, {"joins": "off"})
    yield
    if is_postgresql:
        db.session.execute(_ONE_BY_ONE, {"joins": "on"})


_ONE_BY_ONE = text(
    "SELECT set_config('enable_hashjoin', :joins, true), set_config('enable_mergejoin', :joins, true)"
)


def _matches(said: str) -> ColumnElement[bool]:
    if db.engine.dialect.name == "postgresql":
        return INDEX.c.terms.op("@@")(cast(said, TSQUERY))
    return literal_column("search_index").op("MATCH")(said)


def _notation() -> _Notation:
    return _NOTATION[db.engine.dialect.name]
