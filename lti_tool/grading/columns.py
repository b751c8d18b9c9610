"""What each kind of grade column measures: the whole score, the trainer's rubric alone, or one prompt.

A column has no rules of its own. It looks at the same facts through the community's policy, narrowed to what
it measures; so a change of the policy changes all columns alike.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fractions import Fraction

from .facts import Act, Fact, Kind
from .periods import Period
from .policy import Part, Policy

# An own contribution and so many replies are all of a prompt.
REPLIES_TO_A_PROMPT = 2


@dataclass(frozen=True)
class PromptSpan:
    """The prompt that a column measures: its ``subject`` among facts, and its (aware) moments.

    ``deadline`` None: until the course is over.
    """

    subject: str
    opens_at: datetime
    deadline: datetime | None


@dataclass(frozen=True)
class PromptDates:
    """The moments of a prompt's column: nothing of weeks applies to it.

    ``replies_until``: replies after the deadline lose nothing until then, None where there is no such window;
    ``counts_until``: nothing counts any more from then on.
    """

    opens_at: datetime
    deadline: datetime | None
    replies_until: datetime | None
    counts_until: datetime


def dates_of_prompt(prompt: PromptSpan, policy: Policy, period: Period) -> PromptDates:
    """Return the moments that matter for a prompt's column, ``period`` being its one period."""
    window = timedelta(hours=policy.deadlines.reply_hours)
    has_window = prompt.deadline is not None and window
    return PromptDates(
        opens_at=prompt.opens_at,
        deadline=prompt.deadline,
        replies_until=prompt.deadline + window if has_window else None,
        counts_until=period.ends_at,
    )


def assessment_alone(policy: Policy) -> Policy:
    """Return the policy of a column that shows the trainer's rubric and nothing else."""
    return replace(policy, weights={Part.ASSESSMENT: 100}, milestones=())


def prompt_alone(policy: Policy) -> Policy:
    """Return the policy of a column for one prompt: activity alone, full with one's own and two replies."""
    return replace(
        policy,
        weights={Part.ACTIVITY: 100},
        milestones=(),
        goal_per_period=full_marks_of_a_prompt(policy),
        buffer=Fraction(1),
    )


def full_marks_of_a_prompt(policy: Policy) -> Fraction:
    """Return the points that are all of a prompt; those of the period's goal where the kinds bring none."""
    own, reply = policy.rules.get(Kind.QUESTION), policy.rules.get(Kind.ANSWER)
    points = (own.base if own else Fraction(0)) + REPLIES_TO_A_PROMPT * (reply.base if reply else Fraction(0))
    return points or policy.goal_per_period


def span_of_prompt(prompt: PromptSpan, policy: Policy, periods: Sequence[Period]) -> tuple[Period, ...]:
    """Return the one period of a prompt's column: from its opening until nothing can count any more.

    That is when late days and reply window are over; without a deadline, when the last of ``periods`` is.
    """
    if prompt.deadline is None:
        ends_at = max((period.ends_at for period in periods), default=prompt.opens_at)
    else:
        rule = policy.deadlines
        ends_at = prompt.deadline + max(timedelta(days=rule.late_days), timedelta(hours=rule.reply_hours))
    at_least = prompt.opens_at + timedelta(seconds=1)
    return (Period(1, prompt.opens_at, max(ends_at, at_least)),)


def facts_of_prompt(facts: Iterable[Fact], subject: str) -> list[Fact]:
    """Return the facts about one prompt and about what answers it; excuses are of weeks, not of prompts."""
    known = list(facts)
    answers = {fact.subject for fact in known if fact.prompt == subject}
    return [
        fact
        for fact in known
        if fact.subject in answers or (fact.act is Act.SCHEDULED and fact.subject == subject)
    ]
