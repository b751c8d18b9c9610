"""The five ways of grading that a trainer may start from (peers F.1); every number stays a setting."""

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

from .facts import Kind
from .policy import POINTS_AND_PACE, KindRule, Part, Policy
from .rules import Milestone

# The formula of the model (peers F.2).
BALANCED = replace(
    POINTS_AND_PACE,
    preset="balanced",
    weights={Part.ACTIVITY: 50, Part.HELP: 15, Part.REGULARITY: 15, Part.ASSESSMENT: 20},
)

# Contributions are listed with their points, which weigh nothing: the rubric alone does.
TRAINER_ONLY = replace(POINTS_AND_PACE, preset="trainer-only", weights={Part.ASSESSMENT: 100})

# Each contribution is one, so the points of a week are how many it had, and no cap is ever met.
CHECKLIST = replace(
    POINTS_AND_PACE,
    preset="checklist",
    goal_per_period=Fraction(10_000),
    rules={kind: KindRule(Fraction(1), rule.min_words, 1000) for kind, rule in POINTS_AND_PACE.rules.items()},
    weights={Part.MILESTONES: 100},
    milestones=(
        Milestone(Kind.QUESTION, 2),
        Milestone(Kind.ANSWER, 4),
        Milestone(Kind.EXPERIENCE, 1),
    ),
)

UNGRADED = replace(POINTS_AND_PACE, preset="ungraded", weights={}, graded=False)

PRESETS: Mapping[str, Policy] = {
    policy.preset: policy for policy in (BALANCED, TRAINER_ONLY, CHECKLIST, POINTS_AND_PACE, UNGRADED)
}
