"""By what a community is graded: column, policy, zone and periods, read in one statement."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select

from lti_tool.extensions import db
from lti_tool.grading.facts import Kind
from lti_tool.grading.periods import Period as Span
from lti_tool.grading.policy import Policy
from lti_tool.models import GradeColumn, GradingPolicy, Period, PostKind
from lti_tool.services.calendar import as_spans

COMMENT = "answer"
KIND_OF_POST = {PostKind.DISCUSSION: Kind.QUESTION, PostKind.QUESTION: Kind.QUESTION}
KIND_OF_COMMENT = Kind.ANSWER


@dataclass(frozen=True)
class Rules:
    """What one community's grade is made from; `maximum` is what a full score is worth."""

    community_id: int
    column_id: int
    column_uuid: str
    name: str
    maximum: Decimal
    policy: Policy
    zone: str
    periods: tuple[Span, ...]

    def begun(self, now: datetime) -> bool:
        """Tell whether the first period has begun."""
        return any(period.starts_at <= now for period in self.periods)


def in_force(community_id: int) -> Rules | None:
    """Return the rules of a community, None while grading is off; one statement."""
    found = db.session.execute(
        select(GradeColumn, GradingPolicy, Period)
        .join(GradingPolicy, GradingPolicy.id == GradeColumn.policy_id)
        .join(Period, Period.community_id == GradeColumn.community_id)
        .where(GradeColumn.community_id == community_id)
        .order_by(Period.number)
    ).all()
    if not found:
        return None
    column, policy, _ = found[0]
    return Rules(
        community_id=community_id,
        column_id=column.id,
        column_uuid=column.uuid,
        name=column.name,
        maximum=column.maximum,
        policy=Policy.from_settings(policy.settings),
        zone=policy.time_zone,
        periods=as_spans(period for _, _, period in found),
    )
