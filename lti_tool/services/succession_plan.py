"""Who and what of one registration is found under another: the plan of a succession, in SQL.

The same LMS registered anew sends the same context ids and subs. What an old course or person meets under
the new registration decides: they change places with it, they simply go there, or they stay and say why.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Select, Subquery, and_, case, func, literal, or_, select
from sqlalchemy.orm import aliased

from lti_tool.extensions import db
from lti_tool.models import Comment, Course, Deployment, Membership, Post, User

_MOST_EXAMPLES = 5


class Verdict(StrEnum):
    """What becomes of an old course or person."""

    EXCHANGED = "exchanged"  # known on both sides: the two rows change places
    MOVED = "moved"  # unknown to the new registration: goes there
    OWN_LIFE = "own-life"  # what stands there has contributions of its own: left alone
    EMPTY = "empty"  # the old course never had a community, the new one has: nothing to bring
    AMBIGUOUS = "ambiguous"  # the same context id in several deployments: nobody can tell which is which
    NO_DEPLOYMENT = "no-deployment"  # the new registration has no deployment to put it into


TAKEN = (Verdict.EXCHANGED, Verdict.MOVED)


@dataclass(frozen=True)
class Sides:
    """The two registrations, whose they are, and the new deployment for courses that fit no other."""

    old_id: int
    new_id: int
    organisation_id: int
    fallback_deployment: int | None


@dataclass(frozen=True)
class Group:
    """How many of the old courses or people share a fate, and the first few by name."""

    verdict: Verdict
    count: int
    examples: Sequence[str]


def courses(sides: Sides) -> Subquery:
    """Every old course: id, label, verdict, its partner under the new registration, its places."""
    partner, place = aliased(Course), aliased(Deployment)
    known, olds = _contexts(sides.new_id, sides), _contexts(sides.old_id, sides)
    target = func.coalesce(
        select(place.id)
        .where(
            place.platform_id == sides.new_id,
            place.organisation_id == sides.organisation_id,
            place.deployment_id == Deployment.deployment_id,
        )
        .correlate(Deployment)
        .scalar_subquery(),
        sides.fallback_deployment,
    )
    lives = select(Post.id).where(Post.community_id == partner.community_id).correlate(partner).exists()
    apart = or_(Course.community_id.is_(None), partner.community_id != Course.community_id)
    verdict = case(
        (or_(olds.c.times > 1, known.c.times > 1), Verdict.AMBIGUOUS.value),
        (and_(partner.id.is_(None), target.is_(None)), Verdict.NO_DEPLOYMENT.value),
        (partner.id.is_(None), Verdict.MOVED.value),
        (and_(partner.community_id.is_not(None), apart, lives), Verdict.OWN_LIFE.value),
        (and_(partner.community_id.is_not(None), Course.community_id.is_(None)), Verdict.EMPTY.value),
        else_=Verdict.EXCHANGED.value,
    )
    return (
        select(
            Course.id,
            func.coalesce(Course.title, Course.label, Course.context_id).label("label"),
            verdict.label("verdict"),
            partner.id.label("partner_id"),
            Course.deployment_id.label("before_id"),
            func.coalesce(partner.deployment_id, target).label("after_id"),
        )
        .join(Deployment, Deployment.id == Course.deployment_id)
        .join(olds, olds.c.context_id == Course.context_id)
        .outerjoin(known, known.c.context_id == Course.context_id)
        .outerjoin(partner, partner.id == known.c.id)
        .where(Deployment.platform_id == sides.old_id)
        .subquery("course_plan")
    )


def _contexts(platform_id: int, sides: Sides) -> Subquery:
    """The context ids of a platform, how often each is there, and one course that has it."""
    return (
        select(Course.context_id, func.min(Course.id).label("id"), func.count().label("times"))
        .join(Deployment, Deployment.id == Course.deployment_id)
        .where(Deployment.platform_id == platform_id, Deployment.organisation_id == sides.organisation_id)
        .group_by(Course.context_id)
        .subquery()
    )


def people(sides: Sides) -> Subquery:
    """Every old person: id, label, verdict, their twin under the new registration, the two platforms."""
    twin = aliased(User)
    verdict = case(
        (twin.id.is_(None), Verdict.MOVED.value),
        (or_(_has_written(Post, twin), _has_written(Comment, twin)), Verdict.OWN_LIFE.value),
        else_=Verdict.EXCHANGED.value,
    )
    return (
        select(
            User.id,
            func.coalesce(User.name, User.sub).label("label"),
            verdict.label("verdict"),
            twin.id.label("partner_id"),
            User.platform_id.label("before_id"),
            literal(sides.new_id).label("after_id"),
        )
        .outerjoin(twin, and_(twin.platform_id == sides.new_id, twin.sub == User.sub))
        # Who was erased stays where they were: nobody launches as them.
        .where(User.platform_id == sides.old_id, User.erased_at.is_(None))
        .subquery("people_plan")
    )


def _has_written(table: type[Post] | type[Comment], twin: type[User]):
    return (
        select(table.id)
        .join(Membership, Membership.id == table.author_id)
        .where(Membership.user_id == twin.id)
        .correlate(twin)
        .exists()
    )


def groups(plan: Subquery) -> list[Group]:
    """Count a plan by verdict, with the first few names of each; at most seven statements."""
    counted = dict(db.session.execute(select(plan.c.verdict, func.count()).group_by(plan.c.verdict)).all())
    return [
        Group(verdict, counted[verdict.value], db.session.scalars(_first_of(plan, verdict)).all())
        for verdict in Verdict
        if counted.get(verdict.value)
    ]


def _first_of(plan: Subquery, verdict: Verdict) -> Select:
    return (
        select(plan.c.label)
        .where(plan.c.verdict == verdict.value)
        .order_by(plan.c.label, plan.c.id)
        .limit(_MOST_EXAMPLES)
    )
