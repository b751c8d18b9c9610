"""In what a community differs from the table of permissions: what it may decide, and about whom."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from lti_tool.errors import NotFound
from lti_tool.extensions import db
from lti_tool.models import Community, CommunityState, Membership, Role
from lti_tool.permissions import OVERRIDABLE, Act, Overrides, allows, by_default
from lti_tool.services import audit, people
from lti_tool.services.acting import ActingMember
from lti_tool.services.people import Person
from lti_tool.services.standings import listed_in, order_of

# So many of those whom a change concerns are named.
NAMED = 20


@dataclass(frozen=True)
class Decidable:
    """An act and a role about which a community may decide, in an open community."""

    act: str
    role: str
    by_default: bool
    here: bool

    @property
    def differs(self) -> bool:
        return self.here != self.by_default


@dataclass(frozen=True)
class Overview:
    """All of them, in their order; `may_change`: whoever looks may decide."""

    all: Sequence[Decidable]
    may_change: bool

    @property
    def differing(self) -> list[Decidable]:
        return [one for one in self.all if one.differs]


@dataclass(frozen=True)
class Concerned:
    """What a change is about: who has the role now (the first of them), and how many they are."""

    about: Decidable
    people: Sequence[Person]
    number: int


def overview(member: ActingMember) -> Overview:
    """Return what may be decided and what was, for those who arrange the space. No statement."""
    may_change = member.may(Act.SET_PERMISSIONS)
    if not may_change:
        member.must(Act.ARRANGE)
    return Overview(_all(member.community.permission_overrides), may_change)


def concerned(member: ActingMember, act: str, role: str, now: datetime) -> Concerned:
    """Return what to change this one would do, and to whom. Three statements at most.

    :raises NotFound: no community may decide about it.
    """
    member.must(Act.SET_PERMISSIONS)
    about = _one(member.community.permission_overrides, act, role)
    listed = listed_in(member.community.id, now)
    in_role = listed.c.role == Role(role)
    number = db.session.scalar(select(func.count()).select_from(listed).where(in_role))
    first = select(listed.c.id).where(in_role).order_by(*order_of(listed)).limit(NAMED)
    numbers = list(db.session.scalars(first)) if number else []
    wanted = select(Membership.id).where(Membership.id.in_(numbers))
    named = people.described_in_one(wanted, now) if numbers else {}
    return Concerned(about, [named[one] for one in numbers if one in named], number or 0)


def change(member: ActingMember, act: str, role: str, allowed: bool, now: datetime) -> None:
    """Let a role do an act here, or not; what holds already is not noted.

    :raises NotFound: no community may decide about it.
    """
    member.must(Act.SET_PERMISSIONS)
    community = _held(member)
    about = _one(community.permission_overrides, act, role)
    if about.here == allowed:
        return
    kept = {name: dict(roles) for name, roles in (community.permission_overrides or {}).items()}
    if allowed == about.by_default:
        kept.get(act, {}).pop(role, None)
    else:
        kept.setdefault(act, {})[role] = allowed
    community.permission_overrides = {name: roles for name, roles in kept.items() if roles} or None
    told = {"permission": act, "role": role, "allowed": allowed}
    audit.record(member, "community.permission-changed", f"community:{community.id}", now, **told)


def back_to_usual(member: ActingMember, now: datetime) -> None:
    """Let everything be as the table says; nothing is noted where it is."""
    member.must(Act.SET_PERMISSIONS)
    community = _held(member)
    number = sum(one.differs for one in _all(community.permission_overrides))
    community.permission_overrides = None
    if number:
        audit.record(member, "community.permissions-usual", f"community:{community.id}", now, number=number)


def _held(member: ActingMember) -> Community:
    """Return the community as it is by now, held until the transaction ends: two changes both stay."""
    wanted = select(Community).where(Community.id == member.community.id)
    held = wanted.with_for_update(key_share=True).execution_options(populate_existing=True)
    return db.session.scalars(held).one()


def _all(overrides: Overrides | None) -> list[Decidable]:
    return [
        Decidable(
            act.value, role.value, by_default(role, act), allows(role, act, CommunityState.OPEN, overrides)
        )
        for act, roles in OVERRIDABLE.items()
        for role in roles
    ]


def _one(overrides: Overrides | None, act: str, role: str) -> Decidable:
    found = [one for one in _all(overrides) if (one.act, one.role) == (act, role)]
    if not found:
        raise NotFound()
    return found[0]
