"""By what a community is graded: columns, policy, zone and periods, read in one statement."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from sqlalchemy import Row, bindparam, select

from lti_tool.extensions import db
from lti_tool.grading.columns import (
    PromptDates,
    PromptSpan,
    assessment_alone,
    dates_of_prompt,
    facts_of_prompt,
    prompt_alone,
    span_of_prompt,
)
from lti_tool.grading.facts import Fact, Kind
from lti_tool.grading.periods import Period as Span
from lti_tool.grading.policy import Policy
from lti_tool.models import ColumnKind, GradeColumn, GradingPolicy, Period, PostKind, Prompt
from lti_tool.services.calendar import as_spans

COMMENT = "answer"
# What a post brings points as (peers F.2); polls and announcements bring none.
KIND_OF_POST = {
    PostKind.DISCUSSION: Kind.QUESTION,
    PostKind.QUESTION: Kind.QUESTION,
    PostKind.IDEA: Kind.QUESTION,
    PostKind.EXPERIENCE: Kind.EXPERIENCE,
    PostKind.RESOURCE: Kind.RESOURCE,
}
KIND_OF_COMMENT = Kind.ANSWER


@dataclass(frozen=True)
class Rules:
    """What one column's grade is made from; `maximum` is what a full score is worth.

    `policy` and `periods` are the community's, narrowed to what the column measures; `prompt` is the one
    that a prompt's column is about.
    """

    community_id: int
    column_id: int
    column_uuid: str
    name: str
    maximum: Decimal
    policy: Policy
    zone: str
    periods: tuple[Span, ...]
    kind: ColumnKind = ColumnKind.PARTICIPATION
    prompt: PromptSpan | None = None
    policy_id: int | None = None
    automatic_at: datetime | None = None
    paused_at: datetime | None = None

    @property
    def dates(self) -> PromptDates | None:
        """The moments of a prompt's column, None for one that goes by weeks or by the rubric."""
        return None if self.prompt is None else dates_of_prompt(self.prompt, self.policy, self.periods[0])

    def begun(self, now: datetime) -> bool:
        """Tell whether the first period has begun."""
        return any(period.starts_at <= now for period in self.periods)

    @property
    def ends_at(self) -> datetime:
        """When the last period closes."""
        return max(period.ends_at for period in self.periods)

    def over(self, now: datetime) -> bool:
        """Tell whether the last period has closed."""
        return self.ends_at <= now

    def relevant(self, known: Iterable[Fact]) -> list[Fact]:
        """Return those of a member's facts that this column looks at."""
        return list(known) if self.prompt is None else facts_of_prompt(known, self.prompt.subject)


# Read for every score that is sent: to put it together takes longer than to send it.
_IN_FORCE = (
    select(GradeColumn, GradingPolicy, Period, Prompt)
    .join(GradingPolicy, GradingPolicy.id == GradeColumn.policy_id)
    .join(Period, Period.community_id == GradeColumn.community_id)
    .outerjoin(Prompt, Prompt.id == GradeColumn.prompt_id)
    .where(GradeColumn.community_id == bindparam("here"))
    .order_by(GradeColumn.id, Period.number)
)
_WHOLE_SCORE = _IN_FORCE.where(GradeColumn.kind == ColumnKind.PARTICIPATION)
_ONE_COLUMN = _IN_FORCE.where(GradeColumn.id == bindparam("column"))


def in_force(community_id: int) -> Rules | None:
    """Return the rules of a community's whole score, None while grading is off; one statement."""
    return _first(db.session.execute(_WHOLE_SCORE, {"here": community_id}).all())


def of_column(community_id: int, column_id: int | None) -> Rules | None:
    """Return the rules of one column here (None: of the whole score), None without it; one statement."""
    if column_id is None:
        return in_force(community_id)
    return _first(db.session.execute(_ONE_COLUMN, {"here": community_id, "column": column_id}).all())


def all_in_force(community_id: int) -> list[Rules]:
    """Return the rules of all columns of a community, the whole score first; one statement."""
    by_column: dict[int, list[Row]] = {}
    for row in db.session.execute(_IN_FORCE, {"here": community_id}):
        by_column.setdefault(row.GradeColumn.id, []).append(row)
    found = [_rules(rows) for rows in by_column.values()]
    return sorted(found, key=lambda by: (by.kind is not ColumnKind.PARTICIPATION, by.column_id))


def _first(rows: Sequence[Row]) -> Rules | None:
    return _rules(rows) if rows else None


def _rules(rows: Sequence[Row]) -> Rules:
    """Put the rules of one column together from its rows, one per period."""
    column, stored, _, prompt = rows[0]
    policy = policy_of(json.dumps(stored.settings))
    periods = as_spans(row.Period for row in rows)
    span = None if prompt is None else PromptSpan(prompt_subject(prompt.id), prompt.opens_at, prompt.deadline)
    if column.kind is ColumnKind.ASSESSMENT:
        policy = assessment_alone(policy)
    elif span is not None:
        policy, periods = prompt_alone(policy), span_of_prompt(span, policy, periods)
    return Rules(
        community_id=column.community_id,
        column_id=column.id,
        column_uuid=column.uuid,
        name=column.name,
        maximum=column.maximum,
        policy=policy,
        zone=stored.time_zone,
        periods=periods,
        kind=column.kind,
        prompt=span,
        policy_id=stored.id,
        automatic_at=column.automatic_at,
        paused_at=column.paused_at,
    )


def prompt_subject(prompt_id: int) -> str:
    """Return how facts name a prompt."""
    return f"prompt:{prompt_id}"


@lru_cache(maxsize=64)
def policy_of(settings: str) -> Policy:
    """Read a policy's settings, given as JSON; checked once, they are checked for good."""
    return Policy.from_settings(json.loads(settings))
