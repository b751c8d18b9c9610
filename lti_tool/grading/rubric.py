"""The trainer's rubric: criteria, each judged on a level, and what they make together (peers F.2, J)."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

HIGHEST_LEVEL = 4
LEVELS = range(HIGHEST_LEVEL + 1)


class LevelsInvalid(ValueError):
    """Levels that are not exactly one of 0..4 for each criterion."""


@dataclass(frozen=True)
class Criterion:
    """One thing that is judged; `key` names it in what is stored, `weight` says how much it matters."""

    key: str
    weight: int


@dataclass(frozen=True)
class Rubric:
    """Criteria in the order in which they are judged."""

    criteria: tuple[Criterion, ...]

    def share(self, levels: Mapping[str, int]) -> Fraction:
        """Return J = Σ weight·level/4 ÷ Σ weight (0..1, exact). Raises LevelsInvalid."""
        if set(levels) != {criterion.key for criterion in self.criteria}:
            raise LevelsInvalid("each criterion needs a level, and nothing else has one")
        if any(type(level) is not int or level not in LEVELS for level in levels.values()):
            raise LevelsInvalid(f"a level is a whole number from 0 to {HIGHEST_LEVEL}")
        reached = sum(criterion.weight * levels[criterion.key] for criterion in self.criteria)
        return Fraction(reached, HIGHEST_LEVEL * sum(criterion.weight for criterion in self.criteria))


# Does it bear on the subject, does it teach the others something, does it help them, does it grow?
RUBRIC = Rubric(
    criteria=(
        Criterion("relevance", 1),
        Criterion("substance", 1),
        Criterion("care", 1),
        Criterion("progress", 1),
    )
)
