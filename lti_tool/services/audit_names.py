"""What the audit log knows by number, as people know it: names and titles, read once for a whole page."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from sqlalchemy import and_, func, select
from sqlalchemy.orm import aliased

from lti_tool.extensions import db
from lti_tool.models import (
    Administrator,
    AuditEntry,
    Comment,
    Community,
    Course,
    Deployment,
    GradeColumn,
    GuestInvitation,
    LineItem,
    Membership,
    Platform,
    Post,
    Prompt,
    RegistrationInvitation,
    ScoreDelivery,
    ScoreQuestion,
    Subgroup,
    Topic,
    User,
)
from lti_tool.services import people

# Of an act about many people, as many are named.
MOST_NAMED = 20
# What a detail about several members calls its rows, and where each of them has the member's number.
_MEMBERS_IN = {"members": 0, "marks": 1}


@dataclass(frozen=True)
class Named:
    """Somebody or something by name.

    `name` is None where it has none, or is gone; `former`: somebody who was erased. `of` is what it belongs
    to (the post of a reply, the platform of a deployment, the member whose score it is), `there` whether its
    page can still be opened, `hidden` whether staff hid it.
    """

    name: str | None
    of: int | None = None
    there: bool = True
    former: bool = False
    hidden: bool = False


@dataclass(frozen=True)
class Names:
    """Names by what the log calls them: `names.get("membership", 12)`."""

    found: Mapping[tuple[str, int], Named] = field(default_factory=dict)

    def get(self, table: str, number: int) -> Named | None:
        return self.found.get((table, number))


def subject_of(entry: AuditEntry) -> tuple[str, int] | None:
    """Return what an entry is about: a kind of thing and its number; None when it names none."""
    table, _, number = (entry.subject or "").partition(":")
    return (table, int(number)) if number.isascii() and number.isdigit() else None


def members_in(entry: AuditEntry) -> list[int]:
    """Return the members whom an entry about several names, the first of them."""
    found: list[int] = []
    for name, place in _MEMBERS_IN.items():
        rows = (entry.detail or {}).get(name)
        for row in rows if isinstance(rows, list) else ():
            number = row[place] if isinstance(row, list) and len(row) > place else row
            if isinstance(number, int) and number not in found:
                found.append(number)
    return found[:MOST_NAMED]


def of_community(entries: Collection[AuditEntry], community_id: int) -> Names:
    """Return the names of what is in a community. A statement for each kind of thing that is mentioned."""
    wanted = _mentioned(entries)
    found = _found(wanted, _IN_COMMUNITY, community_id)
    # Scores and questions are known by those whose they are.
    whose = {one.of for (table, _), one in found.items() if table in _OF_MEMBERS and one.of}
    missing = {number for number in whose if ("membership", number) not in found}
    return Names(found | _found({"membership": missing}, _IN_COMMUNITY, community_id))


def member(number: int, community_id: int) -> Named | None:
    """Return a member of a community by name, None when nobody there has this number."""
    return next((named for _, named in _members({number}, community_id)), None)


def of_console(entries: Collection[AuditEntry]) -> Names:
    """Return the names of what administrators look after. Nobody in a community is named."""
    wanted = _mentioned(entries)
    wanted["community"] = {entry.community_id for entry in entries if entry.community_id}
    return Names(_found(wanted, _IN_CONSOLE, None))


def _mentioned(entries: Iterable[AuditEntry]) -> dict[str, set[int]]:
    """Return the numbers of what entries mention, by kind."""
    wanted: dict[str, set[int]] = {}
    for entry in entries:
        for table, number in _mentions(entry):
            wanted.setdefault(table, set()).add(number)
    return wanted


def _mentions(entry: AuditEntry) -> Iterator[tuple[str, int]]:
    if entry.actor_id is not None:
        yield {"member": "membership"}.get(entry.actor_kind, entry.actor_kind), entry.actor_id
    if (subject := subject_of(entry)) is not None:
        yield subject
    yield from (("membership", number) for number in members_in(entry))
    told = entry.detail or {}
    for name, table in _NAMED_IN.items():
        if isinstance(told.get(name), int):
            yield table, told[name]


Rows = Iterator[tuple[int, Named]]
Reader = Callable[[set[int], int | None], Rows]


def _found(
    wanted: Mapping[str, set[int]], readers: Mapping[str, Reader], community_id: int | None
) -> dict[tuple[str, int], Named]:
    return {
        (table, number): named
        for table, read in readers.items()
        if wanted.get(table)
        for number, named in read(wanted[table], community_id)
    }


def _members(numbers: set[int], community_id: int | None) -> Rows:
    wanted = select(Membership, User).join(User, User.id == Membership.user_id)
    here = wanted.where(Membership.id.in_(numbers), Membership.community_id == community_id)
    for membership, user in db.session.execute(here):
        person = people.shown(membership, user, None)
        yield membership.id, Named(person.name, former=person.former)


def _posts(numbers: set[int], community_id: int | None) -> Rows:
    wanted = select(Post.id, Post.title, Post.deleted_at, Post.hidden_at)
    for row in db.session.execute(wanted.where(Post.id.in_(numbers), Post.community_id == community_id)):
        there = row.deleted_at is None
        yield row.id, Named(row.title if there else None, there=there, hidden=row.hidden_at is not None)


def _comments(numbers: set[int], community_id: int | None) -> Rows:
    wanted = (
        select(
            *(Comment.id, Comment.post_id, Comment.deleted_at, Comment.hidden_at),
            *(Post.title, Post.deleted_at.label("post_gone")),
        )
        .join(Post, Post.id == Comment.post_id)
        .where(Comment.id.in_(numbers), Post.community_id == community_id)
    )
    for row in db.session.execute(wanted):
        there = row.deleted_at is None and row.post_gone is None
        hidden = row.hidden_at is not None
        yield row.id, Named(row.title if there else None, of=row.post_id, there=there, hidden=hidden)


def _prompts(numbers: set[int], community_id: int | None) -> Rows:
    wanted = (
        select(Prompt.id, Post.id.label("post_id"), Post.title, Post.deleted_at)
        .join(Post, and_(Post.prompt_id == Prompt.id, Post.opens_prompt.is_(True)))
        .where(Prompt.id.in_(numbers), Prompt.community_id == community_id)
    )
    for row in db.session.execute(wanted):
        there = row.deleted_at is None
        yield row.id, Named(row.title if there else None, of=row.post_id, there=there)


def _subgroups(numbers: set[int], community_id: int | None) -> Rows:
    wanted = select(Subgroup.id, Subgroup.name)
    for row in db.session.execute(
        wanted.where(Subgroup.id.in_(numbers), Subgroup.community_id == community_id)
    ):
        yield row.id, Named(row.name)


def _parts(numbers: set[int], community_id: int | None) -> Rows:
    """The spaces of groups of the courses that lead to a community, by the rows of their courses."""
    part, whole = aliased(Course), aliased(Course)
    wanted = select(part.id, part.title).join(whole, whole.id == part.part_of_id)
    for row in db.session.execute(wanted.where(part.id.in_(numbers), whole.community_id == community_id)):
        yield row.id, Named(row.title)


def _topics(numbers: set[int], community_id: int | None) -> Rows:
    wanted = select(Topic.id, Topic.name).where(Topic.id.in_(numbers), Topic.community_id == community_id)
    for row in db.session.execute(wanted):
        yield row.id, Named(row.name)


def _columns(numbers: set[int], community_id: int | None) -> Rows:
    wanted = select(GradeColumn.id, GradeColumn.name)
    for row in db.session.execute(
        wanted.where(GradeColumn.id.in_(numbers), GradeColumn.community_id == community_id)
    ):
        yield row.id, Named(row.name)


def _line_items(numbers: set[int], community_id: int | None) -> Rows:
    wanted = (
        select(LineItem.id, GradeColumn.name)
        .join(GradeColumn, GradeColumn.id == LineItem.column_id)
        .where(LineItem.id.in_(numbers), GradeColumn.community_id == community_id)
    )
    for row in db.session.execute(wanted):
        yield row.id, Named(row.name)


def _courses(numbers: set[int], community_id: int | None) -> Rows:
    wanted = select(Course.id, func.coalesce(Course.title, Course.label)).where(Course.id.in_(numbers))
    for number, title in db.session.execute(wanted.where(Course.community_id == community_id)):
        yield number, Named(title)


def _deliveries(numbers: set[int], community_id: int | None) -> Rows:
    wanted = (
        select(ScoreDelivery.id, ScoreDelivery.member_id)
        .join(Membership, Membership.id == ScoreDelivery.member_id)
        .where(ScoreDelivery.id.in_(numbers), Membership.community_id == community_id)
    )
    for number, member_id in db.session.execute(wanted):
        yield number, Named(None, of=member_id)


def _questions(numbers: set[int], community_id: int | None) -> Rows:
    wanted = select(ScoreQuestion.id, ScoreQuestion.member_id).where(ScoreQuestion.id.in_(numbers))
    for number, member_id in db.session.execute(wanted.where(ScoreQuestion.community_id == community_id)):
        yield number, Named(None, of=member_id)


def _guests(numbers: set[int], community_id: int | None) -> Rows:
    wanted = select(GuestInvitation.id, GuestInvitation.name).where(GuestInvitation.id.in_(numbers))
    for row in db.session.execute(wanted.where(GuestInvitation.community_id == community_id)):
        yield row.id, Named(row.name)


def _administrators(numbers: set[int], _community_id: int | None) -> Rows:
    wanted = select(Administrator.id, Administrator.name, Administrator.email)
    for row in db.session.execute(wanted.where(Administrator.id.in_(numbers))):
        yield row.id, Named(row.name or row.email)


def _platforms(numbers: set[int], _community_id: int | None) -> Rows:
    wanted = select(Platform.id, Platform.name, Platform.removed_at).where(Platform.id.in_(numbers))
    for row in db.session.execute(wanted):
        yield row.id, Named(row.name, there=row.removed_at is None)


def _deployments(numbers: set[int], _community_id: int | None) -> Rows:
    wanted = (
        select(Deployment, Platform.removed_at)
        .join(Platform, Platform.id == Deployment.platform_id)
        .where(Deployment.id.in_(numbers))
    )
    for one, removed_at in db.session.execute(wanted):
        yield (
            one.id,
            Named(one.note or one.deployment_id, of=one.platform_id, there=removed_at is None),
        )


def _invitations(numbers: set[int], _community_id: int | None) -> Rows:
    wanted = select(RegistrationInvitation.id, RegistrationInvitation.name)
    for row in db.session.execute(wanted.where(RegistrationInvitation.id.in_(numbers))):
        yield row.id, Named(row.name)


def _communities(numbers: set[int], _community_id: int | None) -> Rows:
    for row in db.session.execute(select(Community.id, Community.name).where(Community.id.in_(numbers))):
        yield row.id, Named(row.name)


# What the detail of an entry names by a number of its own.
_NAMED_IN = {
    "of": "membership",
    "column": "column",
    "successor": "platform",
    "made": "post",
    **{f"{way}_{table}": table for way in ("from", "to") for table in ("subgroup", "topic")},
}
_OF_MEMBERS = frozenset({"delivery", "question"})
_IN_COMMUNITY: dict[str, Reader] = {
    "membership": _members,
    "guest": _guests,
    "post": _posts,
    "comment": _comments,
    "prompt": _prompts,
    "subgroup": _subgroups,
    "part": _parts,
    "topic": _topics,
    "column": _columns,
    "line-item": _line_items,
    "course": _courses,
    "delivery": _deliveries,
    "question": _questions,
}
_IN_CONSOLE: dict[str, Reader] = {
    "administrator": _administrators,
    "platform": _platforms,
    "deployment": _deployments,
    "invitation": _invitations,
    "community": _communities,
}
