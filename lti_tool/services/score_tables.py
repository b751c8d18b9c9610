"""The gradebook as a table to be taken along: a row for each learner, read page by page."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from lti_tool.errors import NotFound
from lti_tool.grading.decided import decided_from
from lti_tool.grading.facts import Fact, known_at
from lti_tool.grading.policy import Part
from lti_tool.grading.score import Statement
from lti_tool.models import GradeDecision, Membership
from lti_tool.permissions import Act
from lti_tool.services import course_groups, delivery_views, facts, people, roles, rules, running_scores
from lti_tool.services.acting import ActingMember
from lti_tool.services.course_groups import CourseGroupView
from lti_tool.services.decisions import DecisionsInForce, decisions_in_force
from lti_tool.services.delivery_views import DeliveryView
from lti_tool.services.evidence import page_after
from lti_tool.services.rules import Rules


@dataclass(frozen=True)
class ByHand:
    """A score that was set by hand, with the reason that was given for it."""

    value: Decimal
    reason: str
    at: datetime


@dataclass(frozen=True)
class ScoreRow:
    """One learner: the score as it stands, its parts (0..1), the assessment (0..1), what the LMS has.

    `computed` is what the rules make of the contributions; where somebody set another score by hand, that one
    stands, and `by_hand` says why and when.
    """

    number: int
    name: str | None
    score: Decimal
    computed: Decimal
    by_hand: ByHand | None
    maximum: Decimal
    at_close: Decimal
    parts: dict[Part, Fraction]
    assessment: Fraction | None
    counted: int
    last_at: datetime | None
    delivery: DeliveryView
    groups: tuple[CourseGroupView, ...]


@dataclass(frozen=True)
class ScoreTable:
    """The parts that are weighed, in their order, and the rows, read as one goes through them.

    `has_groups`: the LMS has groups in this community's courses.
    """

    parts: tuple[Part, ...]
    zone: str
    has_groups: bool
    rows: Iterator[ScoreRow]


def score_table(member: ActingMember, now: datetime) -> ScoreTable:
    """Return everybody's score for the staff who grade: two statements, and seven for each page of members.

    :raises NotFound: grading is off.
    """
    member.must(Act.MANAGE_GRADES)
    by = rules.in_force(member.community.id)
    if by is None:
        raise NotFound("grading-off")
    groups = course_groups.of_community(by.community_id)
    return ScoreTable(tuple(by.policy.weighed), by.zone, bool(groups), _rows(by, groups, now))


def _rows(by: Rules, groups: Sequence[CourseGroupView], now: datetime) -> Iterator[ScoreRow]:
    last = 0
    while page := page_after(last, by.community_id, Membership.id > 0):
        yield from _page_of_rows(by, page, groups, now)
        last = page[-1].id


def _page_of_rows(
    by: Rules, page: Sequence[Membership], groups: Sequence[CourseGroupView], now: datetime
) -> Iterator[ScoreRow]:
    enrolments = people.enrolments_of(by.community_id, [one.user_id for one in page])
    graded = [one for one in page if roles.is_scored(enrolments.get(one.user_id, []), now)]
    numbers = [one.id for one in graded]
    known = facts.facts_of(by.community_id, numbers)
    statements = {number: running_scores.statement_for(by, known[number], now) for number in numbers}
    deliveries = delivery_views.by_member(by, statements, numbers)
    decided = decisions_in_force(by.column_id, numbers)
    are_in = course_groups.of_members(by.community_id, numbers) if groups else {}
    for one in graded:
        theirs = tuple(group for group in groups if group.id in are_in.get(one.id, ()))
        yield _row(one, statements[one.id], known[one.id], deliveries[one.id], decided[one.id], theirs)


def _row(
    one: Membership,
    stands: Statement,
    known: list[Fact],
    delivery: DeliveryView,
    decided: DecisionsInForce,
    groups: tuple[CourseGroupView, ...],
) -> ScoreRow:
    # Rules that grade nothing leave what was decided aside: the delivery knows what stands.
    by_hand = _as_by_hand(decided.override) if delivery.set_by_hand else None
    return ScoreRow(
        number=one.id,
        name=people.shown(one, one.user, None).name,
        score=by_hand.value if by_hand else stands.score,
        computed=stands.score,
        by_hand=by_hand,
        maximum=stands.maximum,
        at_close=by_hand.value if by_hand else stands.at_close,
        parts=dict(stands.parts),
        assessment=decided_from(known_at(known, stands.as_of)).rubric,
        counted=sum(1 for line in stands.lines if line.counted),
        last_at=max((line.at for line in stands.lines), default=None),
        delivery=delivery,
        groups=groups,
    )


def _as_by_hand(decision: GradeDecision) -> ByHand:
    return ByHand(decision.value, decision.reason, decision.decided_at)
