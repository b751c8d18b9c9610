"""What a member has begun to write: kept until it is published, for every device of theirs, for nobody else.

A draft belongs to a place: a new contribution, the answer to a prompt, the reply under a post, an edit. Two
devices that write at one place tell by its version: what stands there is never overwritten without asking.
"""

import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import and_, delete, func, or_, select, update

from lti_tool.errors import NotFound, Stale, Unfit
from lti_tool.extensions import db
from lti_tool.knowledge.cleaning import clean_name
from lti_tool.knowledge.markdown import excerpt
from lti_tool.knowledge.typed_fields import Typed, first_of, told
from lti_tool.models import Draft, Post
from lti_tool.permissions import Act
from lti_tool.services import contributions, mentions
from lti_tool.services.acting import ActingMember
from lti_tool.services.upserts import insert_unless_there

MOST = 50
LONGEST_TEXT = 20_000
LARGEST = 64 * 1024
MOST_VALUES = 200
KEPT_FOR = timedelta(days=60)
# A discarded one can be brought back for so long.
DISCARDED_FOR = timedelta(days=1)
BEGINNING = 160

_NUMBER = "[1-9][0-9]{0,8}"
_PLACE = re.compile(
    rf"(new)-[0-9a-f]{{32}}|(answer|reply|edit|prompt)-({_NUMBER})|(prompt)-new"
    rf"|(reply|edit-reply)-({_NUMBER})-({_NUMBER})",
    re.ASCII,
)


class Place(NamedTuple):
    """Where a draft was begun: `kind` is new, answer, reply, edit, edit-reply or prompt.

    The numbers are of the post and of the reply below it; of an answer and of a prompt, of the prompt alone.
    """

    kind: str
    number: int | None = None
    comment: int | None = None

    @classmethod
    def read(cls, written: str) -> "Place | None":
        """Read the place that a form names; None for what is none."""
        found = _PLACE.fullmatch(written)
        if found is None:
            return None
        kind, *numbers = [part for part in found.groups() if part is not None]
        return cls(kind, *map(int, numbers))


@dataclass(frozen=True)
class ToKeep:
    """What a form sends to be kept; `version` is the one it knows, `page` tells a page from every other."""

    place: str
    fields: Typed
    version: int = 0
    page: str | None = None


@dataclass(frozen=True)
class Outcome:
    """What stands at a place afterwards; `kept` is False when something else was written there meanwhile."""

    draft: Draft
    kept: bool


@dataclass(frozen=True)
class DraftLine:
    """A draft in the list. `about` is the title of what it belongs to, None when it cannot be read."""

    id: int
    place: Place
    about: str | None
    kind: str  # of a new contribution: which
    title: str
    beginning: str
    text: str  # all of it, for when no form takes it any more
    updated_at: datetime

    @property
    def reachable(self) -> bool:
        """Whether there is still a form to go on with it."""
        return self.about is not None or self.place.number is None


def keep(member: ActingMember, sent: ToKeep, now: datetime) -> Outcome:
    """Keep what somebody has written so far. Sent once more it changes nothing.

    :raises Unfit: it is too long, or there are too many already.
    :raises Stale: the draft was published or discarded meanwhile, from another page.
    :raises CommunityClosed: nothing can be published here any more.
    """
    member.must(Act.WRITE_COMMENT)
    _must_fit(sent)
    standing = _at(member, sent.place, locked=True)
    if standing is None or standing.discarded_at is not None:
        if sent.version:
            raise Stale("draft-gone")
        return _begin(member, sent, standing, now)
    if standing.fields == sent.fields:
        return Outcome(standing, kept=True)
    # The answer to this very page may have been lost on its way: what it wrote last is no other device's.
    if sent.version != standing.version and (sent.page is None or sent.page != standing.page):
        return Outcome(standing, kept=False)
    standing.fields, standing.page = sent.fields, sent.page
    standing.version, standing.updated_at = standing.version + 1, now
    db.session.flush()
    return Outcome(standing, kept=True)


def _begin(member: ActingMember, sent: ToKeep, discarded: Draft | None, now: datetime) -> Outcome:
    if _count(member) >= MOST:
        raise Unfit({"draft": ["too-many-drafts"]})
    if discarded is not None:
        db.session.delete(discarded)
        db.session.flush()
    begun = insert_unless_there(
        Draft,
        {"member_id": member.id, "place": sent.place},
        {
            "community_id": member.community.id,
            "fields": sent.fields,
            "page": sent.page,
            "version": 1,
            "created_at": now,
            "updated_at": now,
        },
    )
    standing = _at(member, sent.place, locked=True)
    return Outcome(standing, kept=begun or standing.fields == sent.fields)


def _must_fit(sent: ToKeep) -> None:
    if Place.read(sent.place) is None:
        raise NotFound()
    values = [value for values in sent.fields.values() for value in values]
    if any(len(value) > LONGEST_TEXT for value in values):
        raise Unfit({"draft": ["draft-too-long"]})
    size = len(json.dumps(sent.fields, ensure_ascii=False).encode())
    if size > LARGEST or len(values) > MOST_VALUES:
        raise Unfit({"draft": ["draft-too-large"]})


def _count(member: ActingMember) -> int:
    mine = select(func.count()).select_from(Draft)
    return db.session.scalar(mine.where(Draft.member_id == member.id, Draft.discarded_at.is_(None)))


def at(member: ActingMember, place: str) -> Draft | None:
    """Return what a member has begun at a place, None when it is nothing. One statement."""
    found = _at(member, place)
    return found if found is not None and found.discarded_at is None else None


def _at(member: ActingMember, place: str, *, locked: bool = False) -> Draft | None:
    wanted = select(Draft).where(Draft.member_id == member.id, Draft.place == place)
    if locked:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    return db.session.scalars(wanted).one_or_none()


def one(member: ActingMember, draft_id: int) -> Draft | None:
    """Return a member's own draft, None when there is none with this number. One statement."""
    wanted = select(Draft).where(
        Draft.id == draft_id, Draft.member_id == member.id, Draft.discarded_at.is_(None)
    )
    return db.session.scalars(wanted).one_or_none()


def lately_begun(member: ActingMember) -> DraftLine | None:
    """Return the new contribution on which a member wrote last, here or on another device. One statement."""
    wanted = (
        select(Draft)
        .where(Draft.member_id == member.id, Draft.place.like("new-%"), Draft.discarded_at.is_(None))
        .order_by(Draft.updated_at.desc(), Draft.id.desc())
        .limit(1)
    )
    draft = db.session.scalars(wanted).one_or_none()
    return None if draft is None else _line(draft, Place("new"), {})


def of(member: ActingMember, now: datetime) -> list[DraftLine]:
    """Return a member's drafts, what was changed last first. Two statements."""
    member.must(Act.KEEP)
    wanted = (
        select(Draft)
        .where(Draft.member_id == member.id, Draft.discarded_at.is_(None))
        .order_by(Draft.updated_at.desc(), Draft.id.desc())
        .limit(MOST)
    )
    found = [(draft, Place.read(draft.place)) for draft in db.session.scalars(wanted)]
    found = [(draft, place) for draft, place in found if place is not None]
    titles = _titles(member, [place for _, place in found], now)
    return [_line(draft, place, titles) for draft, place in found]


def _titles(member: ActingMember, places: Collection[Place], now: datetime) -> dict[tuple[bool, int], str]:
    """Return the titles of what drafts belong to, by whether that is a prompt, and its number."""
    prompts = {place.number for place in places if place.kind in ("answer", "prompt")} - {None}
    posts = {place.number for place in places if place.kind in ("reply", "edit", "edit-reply")}
    if not prompts and not posts:
        return {}
    wanted = select(Post.id, Post.prompt_id, Post.opens_prompt, Post.title).where(
        Post.community_id == member.community.id,
        Post.deleted_at.is_(None),
        contributions.shown_to(member, now),
        or_(Post.id.in_(posts), and_(Post.prompt_id.in_(prompts), Post.opens_prompt.is_(True))),
    )
    titles = {}
    for row in db.session.execute(wanted):
        titles[False, row.id] = row.title
        if row.opens_prompt:
            titles[True, row.prompt_id] = row.title
    return titles


def _line(draft: Draft, place: Place, titles: dict[tuple[bool, int], str]) -> DraftLine:
    text = first_of(draft.fields, "body") or "\n\n".join(told(draft.fields))
    words = excerpt(text, BEGINNING)
    mentions.expect(words)
    return DraftLine(
        id=draft.id,
        place=place,
        about=titles.get((place.kind in ("answer", "prompt"), place.number)),
        kind=first_of(draft.fields, "kind"),
        title=clean_name(first_of(draft.fields, "title"), 140),
        beginning=words,
        text=text,
        updated_at=draft.updated_at,
    )


def discard(member: ActingMember, draft_id: int, now: datetime) -> None:
    """Put a draft away; for a day it can be brought back, unless very many were after it.

    :raises NotFound: it is none of this member's.
    """
    member.must(Act.KEEP)
    _set_discarded(member, draft_id, now)
    thrown = (Draft.member_id == member.id, Draft.discarded_at.is_not(None))
    latest = select(Draft.id).where(*thrown).order_by(Draft.discarded_at.desc(), Draft.id.desc()).limit(MOST)
    gone = delete(Draft).where(*thrown, Draft.id.not_in(latest.scalar_subquery()))
    db.session.execute(_plain(gone))


def restore(member: ActingMember, draft_id: int) -> None:
    """Bring a draft back that was discarded.

    :raises NotFound: it is none of this member's, or it is gone.
    """
    member.must(Act.KEEP)
    _set_discarded(member, draft_id, None)


def _set_discarded(member: ActingMember, draft_id: int, at: datetime | None) -> None:
    mine = update(Draft).where(Draft.id == draft_id, Draft.member_id == member.id)
    if not db.session.execute(mine.values(discarded_at=at)).rowcount:
        raise NotFound()


def published(member: ActingMember, place: str, version: int, page: str | None) -> None:
    """Forget the draft of what was just published; one that goes on from another device stays."""
    if Place.read(place) is None:
        return
    known = Draft.version <= version
    if page:
        known = or_(known, Draft.page == page)
    db.session.execute(_plain(delete(Draft).where(Draft.member_id == member.id, Draft.place == place, known)))


def sweep(now: datetime) -> None:
    """Delete what nobody went on with for sixty days, and what was discarded."""
    old = Draft.updated_at <= now - KEPT_FOR
    db.session.execute(_plain(delete(Draft).where(old)))
    db.session.execute(_plain(delete(Draft).where(Draft.discarded_at <= now - DISCARDED_FOR)))


def _plain(statement):
    return statement.execution_options(synchronize_session=False)
