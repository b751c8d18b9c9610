"""The parts of the score and what they make together (peers F.2: N, A, H, R, J and S)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from .entries import Entry
from .facts import Kind
from .ledger import Measure
from .milestones import Tally, reached_and_asked
from .policy import Part, Policy


@dataclass(frozen=True)
class Standing:
    """Everything that the parts are measured from, at one moment.

    ``kept`` holds E′ of each period that has begun (0 in an excused one), ``closed`` the numbers of the
    periods that are over, ``total`` how many the course has (T), ``rubric`` the trainer's assessment.
    """

    policy: Policy
    total: int
    kept: Mapping[int, Fraction]
    closed: frozenset[int]
    excused: frozenset[int]
    open: int | None
    helped: int
    rubric: Fraction | None
    tally: Tally

    @property
    def measured(self) -> int:
        """N: closed periods that are not excused, at least one."""
        return max(1, len(self.closed - self.excused))

    @property
    def points(self) -> Fraction:
        """Σ E′ over the closed and the open period, in points."""
        return sum(self.kept.values(), Fraction(0))

    @property
    def target(self) -> Fraction:
        """g × N, in points."""
        return self.policy.goal_per_period * self.measured

    @property
    def measures(self) -> tuple[Measure, ...]:
        """What each part that is weighed and available is made of."""
        found = []
        for part, weight in self.policy.weighed.items():
            have, target = _HAVE_AND_TARGET[part](self)
            if target:
                found.append(Measure(part, weight, Fraction(have), Fraction(target)))
        return tuple(found)


def share_of(measures: Sequence[Measure]) -> Fraction:
    """S = Σ wᵢ·partᵢ / Σ wᵢ over the available parts (0..1); 0 when there is none."""
    weights = sum(measure.weight for measure in measures)
    weighed = sum((measure.weight * measure.share for measure in measures), Fraction(0))
    return weighed / weights if weights else Fraction(0)


def at_close(standing: Standing) -> Standing:
    """Return what becomes of a standing when the open period closes and nothing is added."""
    if standing.open is None:
        return standing
    return replace(standing, closed=standing.closed | {standing.open}, open=None)


def members_helped(entries: Sequence[Entry]) -> int:
    """Return how many distinct members were answered by answers that stand (H: breadth, not volume).

    An answer over a limit helped all the same, and so did a late one; one that was rated 0, removed,
    too short or copied did not.
    """
    return len(
        {
            entry.item.helped
            for entry in entries
            if entry.item.kind is Kind.ANSWER and entry.item.helped is not None and entry.worth.stands
        }
    )


Pair = tuple[Fraction | int, Fraction | int]


def _activity(standing: Standing) -> Pair:
    return standing.points, standing.target


def _help(standing: Standing) -> Pair:
    target = standing.policy.targets.helped_members
    return standing.helped, Fraction(target * standing.measured, standing.total)


def _regularity(standing: Standing) -> Pair:
    targets = standing.policy.targets
    active = sum(1 for points in standing.kept.values() if points >= targets.active_points)
    return active, targets.active_share * standing.measured


def _assessment(standing: Standing) -> Pair:
    return (0, 0) if standing.rubric is None else (standing.rubric, 1)


def _milestones(standing: Standing) -> Pair:
    return reached_and_asked(
        standing.policy.milestones,
        standing.tally,
        standing.closed,
        standing.excused,
        over=len(standing.closed) == standing.total,
    )


# What a part has and what would be all of it; a target of 0 says that the part is not available (yet).
_HAVE_AND_TARGET: Mapping[Part, Callable[[Standing], Pair]] = {
    Part.ACTIVITY: _activity,
    Part.HELP: _help,
    Part.REGULARITY: _regularity,
    Part.ASSESSMENT: _assessment,
    Part.MILESTONES: _milestones,
}
