"""Who is mentioned: members who may read it, by name or by number; nobody outside, and at most twenty."""

import re
from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from sqlalchemy import ColumnElement, delete, false, or_, select

from lti_tool.errors import Unfit
from lti_tool.extensions import db
from lti_tool.knowledge import mentions as tokens
from lti_tool.knowledge.cleaning import clean_name, clean_text
from lti_tool.knowledge.folding import folded
from lti_tool.knowledge.markdown import mentioned_in
from lti_tool.models import (
    Comment,
    CommunityState,
    Membership,
    Mention,
    Post,
    User,
)
from lti_tool.permissions import Act, roles_that_may
from lti_tool.services import people, subgroups
from lti_tool.services.acting import ActingMember
from lti_tool.services.people import Person
from lti_tool.services.standings import listed_in, order_of

MOST = 20
SUGGESTED = 8
LONGEST_SEARCH = 60
# More numbers than this on one page are not looked up: they stay numbers.
MOST_ON_A_PAGE = 500

Draft = TypeVar("Draft")


def suggested(
    member: ActingMember, search: str, now: datetime, *, subgroup_id: int | None = None
) -> list[Person]:
    """Return a few who can be mentioned and have a name that begins so, or a word of it; or that number.

    Accents and capitals do not matter. Two statements, three for a sub-group.

    :raises NotFound: a sub-group that the member may not know of.
    """
    member.must(Act.READ)
    if subgroup_id is not None:
        subgroups.here(member, subgroup_id)
    listed = listed_in(member.community.id, now)
    found = db.session.scalars(
        select(listed.c.id)
        .where(_can_be_mentioned(listed, subgroup_id), _is_called(listed, search), listed.c.id != member.id)
        .order_by(*order_of(listed))
        .limit(SUGGESTED)
    ).all()
    persons = _persons(member, found)
    return [persons[number] for number in found if number in persons]


def _is_called(listed, search: str) -> ColumnElement[bool]:
    wanted = folded(clean_name(search, LONGEST_SEARCH))
    if not wanted:
        return listed.c.nameless == 0
    number = listed.c.id == int(wanted) if re.fullmatch(tokens.NUMBER, wanted, re.ASCII) else false()
    name = listed.c.name
    return or_(name.startswith(wanted, autoescape=True), name.contains(f" {wanted}", autoescape=True), number)


def settled(
    member: ActingMember,
    draft: Draft,
    now: datetime,
    *,
    subgroup_id: int | None = None,
    before: Iterable[str] = (),
) -> Draft:
    """Return what somebody wrote with every mention as a number: `body`, and `parts` where there are any.

    Names typed after an "@" become numbers where exactly one member is called so. A number of nobody who can
    be mentioned here becomes plain text, unless it stood in the texts `before` an edit. One statement, none
    without an "@".

    :raises Unfit: more than twenty members are mentioned.
    """
    parts = getattr(draft, "parts", None) or {}
    texts = {None: draft.body} | {name: text for name, text in parts.items() if isinstance(text, str)}
    if not any("@" in text for text in texts.values()):
        return draft
    made = _settled(member, texts, subgroup_id, set(_numbers(before)), now)
    if len(set(_numbers(made.values()))) > MOST:
        raise Unfit({"body": ["too-many-mentions"]})
    changed = {"body": made.pop(None)} | ({"parts": parts | made} if parts else {})
    return replace(draft, **changed)


def _settled(
    member: ActingMember, texts: dict, subgroup_id: int | None, earlier: set[int], now: datetime
) -> dict:
    typed = {name: folded(name) for text in texts.values() for name in tokens.typed_names(text)}
    numbers = {number for text in texts.values() for number in tokens.numbers_in(text)}
    listed = listed_in(member.community.id, now)
    called = or_(
        listed.c.id.in_(sorted(numbers)[:MOST_ON_A_PAGE]), listed.c.name.in_(sorted(set(typed.values())))
    )
    found = db.session.execute(
        select(listed.c.id, listed.c.name).where(_can_be_mentioned(listed, subgroup_id), called)
    ).all()
    by_name: dict[str, list[int]] = {}
    for number, name in found:
        by_name.setdefault(name, []).append(number)
    sure = {name: by_name[plain][0] for name, plain in typed.items() if len(by_name.get(plain, ())) == 1}
    strangers = numbers - {row.id for row in found} - earlier
    return {name: tokens.with_numbers(tokens.without(text, strangers), sure) for name, text in texts.items()}


def _can_be_mentioned(listed, subgroup_id: int | None) -> ColumnElement[bool]:
    """Whoever may read what is written there: of a sub-group, who is in it and who looks after it."""
    readers = listed.c.role.in_(roles_that_may(Act.READ, CommunityState.OPEN))
    if subgroup_id is None:
        return readers
    inside = listed.c.id.in_(subgroups.members_of(subgroup_id))
    lookers_after = roles_that_may(Act.SEE_ALL_SUBGROUPS, CommunityState.OPEN)
    return readers & or_(inside, listed.c.role.in_(lookers_after))


def follow(member: ActingMember, post: Post, comment: Comment | None, now: datetime) -> None:
    """Bring the rows about whom `comment`, else `post`, mentions in line with its words as they stand.

    Whoever was mentioned before keeps the moment at which it happened; to mention oneself tells nobody.
    """
    place = Mention.post_id == post.id, _of(comment)
    standing = set(db.session.scalars(select(Mention.member_id).where(*place)))
    wanted = _members_among(member, _mentioned_by(comment or post)) - {(comment or post).author_id}
    if standing - wanted:
        gone = delete(Mention).where(*place, Mention.member_id.in_(standing - wanted))
        db.session.execute(gone.execution_options(synchronize_session=False))
    for number in sorted(wanted - standing):
        db.session.add(
            Mention(
                community_id=member.community.id,
                post_id=post.id,
                comment_id=comment.id if comment is not None else None,
                member_id=number,
                written_by_id=(comment or post).author_id,
                at=now,
            )
        )
    db.session.flush()


def _of(comment: Comment | None) -> ColumnElement[bool]:
    return Mention.comment_id.is_(None) if comment is None else Mention.comment_id == comment.id


def _mentioned_by(contribution: Post | Comment) -> list[int]:
    """Return whom a contribution that stands mentions."""
    if contribution.deleted_at is not None:
        return []
    return list(dict.fromkeys(_numbers(texts_of(contribution))))[:MOST]


def texts_of(contribution: Post | Comment) -> list[str]:
    """Return every text of a contribution in which somebody may be mentioned."""
    parts = getattr(contribution, "parts", None) or {}
    return [contribution.body, *(text for text in parts.values() if isinstance(text, str))]


def _numbers(texts: Iterable[str]) -> Iterable[int]:
    return (number for text in texts for number in mentioned_in(text))


def _members_among(member: ActingMember, numbers: Collection[int]) -> set[int]:
    if not numbers:
        return set()
    here = select(Membership.id).where(
        Membership.id.in_(numbers), Membership.community_id == member.community.id
    )
    return set(db.session.scalars(here))


def expect(*texts: str) -> None:
    """Note who is mentioned in texts that a page is going to show: all are then read at once."""
    numbers = {number for text in texts for number in tokens.numbers_in(text)}
    if numbers:
        db.session.info.setdefault("mentioned", set()).update(numbers)


def named(member: ActingMember, numbers: Collection[int]) -> dict[int, Person]:
    """Return who stands behind these numbers and those that are expected: members of this community alone.

    One statement.
    """
    return _persons(member, {*numbers, *db.session.info.pop("mentioned", ())})


def _persons(member: ActingMember, numbers: Collection[int]) -> dict[int, Person]:
    if not numbers:
        return {}
    wanted = (
        select(Membership, User)
        .join(User, User.id == Membership.user_id)
        .where(
            Membership.id.in_(sorted(numbers)[:MOST_ON_A_PAGE]),
            Membership.community_id == member.community.id,
        )
    )
    return {
        row.Membership.id: people.shown(row.Membership, row.User, None) for row in db.session.execute(wanted)
    }


def without_names(fields: dict[str, list[str]]) -> dict[str, list[str]]:
    """Return the fields of a form as they are kept: no name of anybody who is mentioned in them."""
    return {name: [tokens.stored(clean_text(value)) for value in values] for name, values in fields.items()}
