"""What became of the charter: its versions with what each changed, and who accepted which, and when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Subquery, and_, func, select, tuple_
from sqlalchemy.orm import aliased, joinedload

from lti_tool.extensions import db
from lti_tool.knowledge.differences import Passage
from lti_tool.models import Charter, CharterAcceptance, Membership
from lti_tool.permissions import Act, roles_that_may
from lti_tool.services import people
from lti_tool.services.acting import ActingMember
from lti_tool.services.charters import CharterText, text_of
from lti_tool.services.people import Person
from lti_tool.services.standings import listed_in, order_of

VERSIONS, MEMBERS = 20, 100
WAITING, ACCEPTED = "waiting", "accepted"


@dataclass(frozen=True)
class Version:
    """A version of the charter; `former` is what it changed, None for the first."""

    number: int
    text: CharterText
    former: CharterText | None
    by: Person
    at: datetime
    accepted: int  # by how many
    current: bool

    def changes(self, language: str) -> Sequence[Passage]:
        """Return what it changed, in a language in which both can be read; nothing where there is none."""
        return self.text.changed_since(self.former, language) if self.former else ()


@dataclass(frozen=True)
class Versions:
    """A page of them, the newest first; `older` is the number before which the next page begins."""

    versions: list[Version]
    older: int | None


def versions(member: ActingMember, before: int, now: datetime) -> Versions:
    """Return the versions below a number, 0: the newest ones. Two statements, three where there are any."""
    member.must(Act.READ)
    accepted = (
        select(func.count())
        .where(CharterAcceptance.charter_id == Charter.id)
        .correlate(Charter)
        .scalar_subquery()
    )
    latest = select(func.max(Charter.number)).where(Charter.community_id == member.community.id)
    wanted = select(Charter, accepted, latest.correlate(None).scalar_subquery()).where(
        Charter.community_id == member.community.id
    )
    if before:
        wanted = wanted.where(Charter.number < before)
    found = db.session.execute(wanted.order_by(Charter.number.desc()).limit(VERSIONS + 1)).all()
    authors = people.described_in_one(
        select(Charter.written_by_id).where(Charter.id.in_([charter.id for charter, *_ in found])), now
    )
    former = [*(text_of(charter) for charter, *_ in found[1:]), None]
    made = [
        Version(
            number=charter.number,
            text=text_of(charter),
            former=text_before,
            by=authors[charter.written_by_id],
            at=charter.written_at,
            accepted=count,
            current=charter.number == newest,
        )
        for (charter, count, newest), text_before in zip(found, former, strict=False)
    ]
    return Versions(made[:VERSIONS], made[VERSIONS - 1].number if len(made) > VERSIONS else None)


@dataclass(frozen=True)
class Standing:
    """What one member accepted last, None for nothing, and when."""

    person: Person
    number: int | None
    at: datetime | None


@dataclass(frozen=True)
class Acceptances:
    """A page of members, in the order of the members page, with what each accepted last.

    `following` is the number of the member after whom the next page begins, None at the end.
    """

    number: int  # of the charter in force, 0 for none
    rows: list[Standing]
    waiting: int
    accepted: int
    show: str
    following: int | None


def acceptances(member: ActingMember, show: str, after: int, now: datetime) -> Acceptances:
    """Return who has accepted the charter in force, or who has not yet. A constant number of statements.

    Of those whom it is asked of: whoever may read here.

    :param show: WAITING or ACCEPTED; anything else is WAITING. :param after: the member before, 0 for none.
    """
    member.must(Act.ARRANGE)
    show = show if show == ACCEPTED else WAITING
    listed, last = _asked(member, now), _last_accepted(member)
    newest = select(func.coalesce(func.max(Charter.number), 0)).where(
        Charter.community_id == member.community.id
    )
    number = db.session.scalar(newest)
    joined = select(listed.c.id, last.c.number, last.c.accepted_at).outerjoin(
        last, last.c.member_id == listed.c.id
    )
    has = func.coalesce(last.c.number, 0) == number
    counted = joined.with_only_columns(func.count(), func.count().filter(has))
    everybody, accepted = db.session.execute(counted).one()
    page = joined.where(has if show == ACCEPTED else ~has, _is_after(listed, after))
    found = db.session.execute(page.order_by(*order_of(listed)).limit(MEMBERS + 1)).all()
    shown = found[:MEMBERS]
    persons = _persons([row.id for row in shown], now)
    return Acceptances(
        number=number,
        rows=[Standing(persons[row.id], row.number, row.accepted_at) for row in shown],
        waiting=everybody - accepted,
        accepted=accepted,
        show=show,
        following=shown[-1].id if len(found) > MEMBERS else None,
    )


def _asked(member: ActingMember, now: datetime) -> Subquery:
    """Select those of whom the charter is asked."""
    listed = listed_in(member.community.id, now)
    readers = roles_that_may(Act.READ, member.community.state)
    return select(listed).where(listed.c.role.in_(readers)).subquery("asked")


def _last_accepted(member: ActingMember) -> Subquery:
    """Select the last version that each member accepted, and when."""
    later = aliased(Charter)
    last = (
        select(CharterAcceptance.member_id, func.max(later.number).label("number"))
        .join(later, later.id == CharterAcceptance.charter_id)
        .where(later.community_id == member.community.id)
        .group_by(CharterAcceptance.member_id)
        .subquery("last_number")
    )
    mine = and_(CharterAcceptance.charter_id == Charter.id, CharterAcceptance.member_id == last.c.member_id)
    return (
        select(last.c.member_id, last.c.number, CharterAcceptance.accepted_at)
        .join(Charter, and_(Charter.number == last.c.number, Charter.community_id == member.community.id))
        .join(CharterAcceptance, mine)
        .subquery("last_accepted")
    )


def _is_after(listed: Subquery, after: int) -> ColumnElement[bool]:
    place = db.session.execute(select(*order_of(listed)).where(listed.c.id == after)).one_or_none()
    return tuple_(*order_of(listed)) > tuple_(*place) if place else listed.c.id.is_not(None)


def _persons(numbers: Sequence[int], now: datetime) -> dict[int, Person]:
    wanted = select(Membership).where(Membership.id.in_(numbers)).options(joinedload(Membership.user))
    return people.described(db.session.scalars(wanted), now)
