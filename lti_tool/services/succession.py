"""One registration takes the place of another: the same LMS registered anew, its communities kept.

Rows keep their ids; what changes is where they belong. An old course and the new one of the same context id
change places, and so do the two rows of a person: what the new registration's launches find is what people
knew, also in courses that stay with it (`succession_belongings`). All of it is one transaction, a constant
number of statements, and reversible for thirty days.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from sqlalchemy import or_, select

from lti_tool.errors import NotFound, Stale
from lti_tool.extensions import db
from lti_tool.models import Deployment, MovedKind, Platform, PlatformState, Succession, SuccessionMove
from lti_tool.services import audit, platforms, succession_belongings, succession_plan
from lti_tool.services.succession_moves import (
    Moved,
    begin_duplicates_again,
    carry_out,
    end_duplicates,
    let_the_planner_look,
    note_late_arrivals,
    note_moves,
)
from lti_tool.services.succession_plan import Group, Sides

REVERSIBLE_FOR = timedelta(days=30)


@dataclass(frozen=True)
class Preview:
    """What a succession would do: courses by context id, people by sub."""

    old: Platform
    new: Platform
    courses: Sequence[Group]
    people: Sequence[Group]


def preview(old_id: int, new_id: int, deployment_id: str | None) -> Preview:
    """Say what `succeed` would do, and what it would leave alone, without doing it.

    :param deployment_id: of the new registration, for courses that none of its deployments fits by id.
    :raises NotFound: `no-such-platform`, `no-such-deployment`.
    :raises Stale: it is refused, see `succeed`.
    """
    old, new = _platforms(old_id, new_id, lock=False)
    sides = _sides(old, new, deployment_id)
    return Preview(
        old=old,
        new=new,
        courses=succession_plan.groups(succession_plan.courses(sides)),
        people=succession_plan.groups(succession_plan.people(sides)),
    )


def succeed(
    old_id: int, new_id: int, deployment_id: str | None, now: datetime, by: int | None = None
) -> Moved:
    """Put one registration into the place of another; the old one is suspended from here on.

    Sessions go on: a seat belongs to rows, and rows keep their ids.

    :raises NotFound: `no-such-platform`, `no-such-deployment`.
    :raises Stale: `same-platform`, `other-lms`, `other-organisation`, `new-suspended`, `replaced-already`,
        `shared-by-organisations`; `overtaken`: a launch came in between, try again.
    """
    old, new = _platforms(old_id, new_id, lock=True)
    sides = _sides(old, new, deployment_id)
    succession = Succession(
        old_platform_id=old.id, new_platform_id=new.id, at=now, reversible_until=now + REVERSIBLE_FOR
    )
    db.session.add(succession)
    db.session.flush()
    let_the_planner_look()
    for kind, plan in (
        (MovedKind.COURSE, succession_plan.courses(sides)),
        (MovedKind.USER, succession_plan.people(sides)),
    ):
        note_moves(succession.id, kind, plan)
    let_the_planner_look()
    moved = carry_out(succession, SuccessionMove.after_id, now)
    succession_belongings.hand_over(succession)
    end_duplicates(succession)
    old.state = PlatformState.SUSPENDED
    _record("platform.succeeded", succession, old, now, moved, by)
    return moved


def undo(old_id: int, new_id: int, now: datetime, by: int | None = None) -> Moved:
    """Put everything back where it was, also when people came by the new registration in between.

    The old registration takes launches again.

    :raises NotFound: `no-such-platform`, `no-such-succession`.
    :raises Stale: `too-late` after thirty days, `later-first` when one of the two was replaced since.
    """
    old, _ = _platforms(old_id, new_id, lock=True)
    succession = _in_force(old_id, new_id)
    if now > succession.reversible_until:
        raise Stale("too-late")
    if _later_than(succession) is not None:
        raise Stale("later-first")
    let_the_planner_look()
    begin_duplicates_again(succession)
    succession_belongings.give_back(succession)
    note_late_arrivals(succession)
    moved = carry_out(succession, SuccessionMove.before_id, now)
    # What was removed stays so: its secrets are gone, and another registration may have its client id.
    succession.reverted_at = now
    old.state = PlatformState.ACTIVE if old.removed_at is None else PlatformState.SUSPENDED
    _record("platform.succession-undone", succession, old, now, moved, by)
    return moved


def _platforms(old_id: int, new_id: int, *, lock: bool) -> tuple[Platform, Platform]:
    wanted = select(Platform).where(Platform.id.in_((old_id, new_id))).order_by(Platform.id)
    if lock:
        # Not the key: a launch that makes a row of the platform would wait for us with its course in hand.
        wanted = wanted.with_for_update(key_share=True)
    found = {one.id: one for one in db.session.scalars(wanted)}
    for number in (old_id, new_id):
        if number not in found:
            raise NotFound("no-such-platform", id=number)
    return found[old_id], found[new_id]


def _sides(old: Platform, new: Platform, deployment_id: str | None) -> Sides:
    """Refuse what must not be; say where courses go."""
    if old.id == new.id:
        raise Stale("same-platform")
    if _host(old.issuer) != _host(new.issuer):
        raise Stale("other-lms")
    if old.organisation_id != new.organisation_id:
        raise Stale("other-organisation")
    if platforms.replacement_of(old.id) is not None:
        raise Stale("replaced-already")
    if new.state is not PlatformState.ACTIVE:
        raise Stale("new-suspended")
    if _serves_others(old):
        raise Stale("shared-by-organisations")
    return Sides(old.id, new.id, old.organisation_id, _fallback(new, deployment_id))


def _host(issuer: str) -> str:
    """The host of an issuer; one that is no web address stands for itself."""
    return urlsplit(issuer).hostname or issuer


def _serves_others(platform: Platform) -> bool:
    foreign = select(Deployment.id).where(
        Deployment.platform_id == platform.id, Deployment.organisation_id != platform.organisation_id
    )
    return db.session.scalars(foreign.limit(1)).first() is not None


def _fallback(new: Platform, deployment_id: str | None) -> int | None:
    """The new deployment that was named, or the only one there is."""
    there = select(Deployment.id).where(
        Deployment.platform_id == new.id, Deployment.organisation_id == new.organisation_id
    )
    if deployment_id is None:
        found = db.session.scalars(there.limit(2)).all()
        return found[0] if len(found) == 1 else None
    named = db.session.scalars(there.where(Deployment.deployment_id == deployment_id)).one_or_none()
    if named is None:
        raise NotFound("no-such-deployment", id=deployment_id)
    return named


def _in_force(old_id: int, new_id: int) -> Succession:
    found = db.session.scalars(
        select(Succession)
        .where(Succession.old_platform_id == old_id, Succession.new_platform_id == new_id)
        .where(Succession.reverted_at.is_(None))
        .with_for_update()
    ).one_or_none()
    if found is None:
        raise NotFound("no-such-succession")
    return found


def _later_than(succession: Succession) -> int | None:
    both = (succession.old_platform_id, succession.new_platform_id)
    return db.session.scalars(
        select(Succession.id).where(
            Succession.id > succession.id,
            Succession.reverted_at.is_(None),
            or_(Succession.old_platform_id.in_(both), Succession.new_platform_id.in_(both)),
        )
    ).first()


def _record(
    act: str, succession: Succession, old: Platform, now: datetime, moved: Moved, by: int | None
) -> None:
    audit.record_administration(
        by,
        act,
        f"platform:{old.id}",
        now,
        old.organisation_id,
        successor=succession.new_platform_id,
        courses=moved.courses,
        people=moved.people,
    )
    db.session.flush()
